//! Sparklines: a curve in a line of text.

use crate::blocks::upright;

/// Where there is nothing yet.
const NOTHING: char = '·';

/// What is less than this share of the largest is drawn as if it were as much.
const SMALLEST: f64 = 1e-4;

/// From the bottom to the top at least: noise alone does not fill the height.
const LEAST_SPAN: f64 = std::f64::consts::LN_2;

/// Heights from 0 to 1 on a logarithmic scale, from the least value to the largest.
pub fn logarithmic(values: &[Option<f64>]) -> Vec<Option<f64>> {
    let finite = |value: &Option<f64>| value.filter(|value| value.is_finite());
    let largest = values.iter().filter_map(finite).fold(f64::MIN_POSITIVE, f64::max);
    let logarithm = |value: f64| (value.max(f64::MIN_POSITIVE) / largest).max(SMALLEST).ln();
    let logarithms: Vec<_> = values.iter().map(|value| finite(value).map(logarithm)).collect();
    let least = logarithms.iter().flatten().copied().fold(-LEAST_SPAN, f64::min);
    logarithms.into_iter().map(|value| value.map(|value| 1.0 - value / least)).collect()
}

/// One sign for each height. A gap is filled by what is before it.
pub fn sparkline(heights: &[Option<f64>]) -> String {
    let filled = heights.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
    let mut sign = NOTHING;
    let drawn = heights[..filled].iter().map(|height| {
        if let Some(height) = height {
            sign = upright(*height);
        }
        sign
    });
    drawn.chain(heights[filled..].iter().map(|_| NOTHING)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(values: &[f64]) -> String {
        sparkline(&logarithmic(&values.iter().copied().map(Some).collect::<Vec<_>>()))
    }

    #[test]
    fn equal_factors_are_equal_steps() {
        assert_eq!(drawn(&[128.0, 64.0, 32.0, 16.0, 8.0, 4.0, 2.0, 1.0]), "█▇▆▅▄▃▂▁");
        assert_eq!(drawn(&[0.01, 1.0, 0.1]), "▁█▅");
    }

    #[test]
    fn noise_looks_like_noise() {
        assert_eq!(drawn(&[2.33, 2.31, 2.32]), "███");
    }

    #[test]
    fn what_has_no_logarithm_is_drawn_all_the_same() {
        assert_eq!(drawn(&[1.0, 0.0]), "█▁");
        assert_eq!(drawn(&[0.0, 0.0]), drawn(&[3.0, 3.0]));
        assert_eq!(drawn(&[f64::NAN, 2.0, f64::INFINITY, 1.0, f64::NAN]), "·██▁·");
        assert_eq!(drawn(&[f64::NAN]), "·");
        assert_eq!(drawn(&[1e300, 1e-300, 1e299]), "█▁▆");
    }

    #[test]
    fn gaps_are_filled_and_the_future_is_not() {
        assert_eq!(sparkline(&[None, Some(1.0), None, Some(0.0), None, None]), "·██▁··");
        assert_eq!(sparkline(&[None; 3]), "···");
    }
}
