//! [`MarkedAxis`]: an axis whose numbers are chosen, not computed.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};

/// Runs along a range, and names these places of it, each by its own words. For scales that plotters has not; its own `with_key_points` does
/// for whole numbers alone.
#[derive(Debug, Clone)]
pub struct MarkedAxis {
    pub range: Range<f64>,
    pub marks: Vec<(f64, String)>,
}

impl MarkedAxis {
    /// The words for one of its places.
    pub fn label(&self, place: f64) -> String {
        self.marks.iter().find(|(at, _)| *at == place).map_or(String::new(), |(_, label)| label.clone())
    }
}

impl Ranged for MarkedAxis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (first, last): (i32, i32)) -> i32 {
        let Range { start, end } = self.range;
        let way = (value - start) / (end - start);
        first + (way * f64::from(last - first)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        match hint.weight().allow_light_points() {
            true => Vec::new(),
            false => self.marks.iter().map(|&(at, _)| at).collect(),
        }
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}
