//! [`Table`]: rows of words with a mark on an axis in each, and how much room they take.

use crate::chart::Scale;

/// Rows under a title.
pub struct Table {
    pub title: &'static str,
    /// What the axis measures, with its unit.
    pub axis: &'static str,
    pub scale: Scale,
    /// How the axis' numbers are written.
    pub label: fn(f64) -> String,
    /// A number that all are to be compared with.
    pub base: Option<f64>,
    /// What signs mean.
    pub legend: Vec<(Sign, &'static str)>,
    /// Names of the columns in front of the axis and behind it.
    pub heads: [Vec<&'static str>; 2],
    pub groups: Vec<Group>,
}

/// Rows that belong together.
pub struct Group {
    pub name: String,
    pub note: String,
    pub rows: Vec<Row>,
}

pub struct Row {
    /// Cells in front of the axis and behind it.
    pub cells: [Vec<String>; 2],
    pub mark: Mark,
}

/// What is drawn on the axis.
pub struct Mark {
    pub form: Form,
    pub value: f64,
    pub whisker: (f64, f64),
    /// A number that the value is to be compared with.
    pub tick: Option<f64>,
}

/// A mark's form, which has its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Full,
    Hollow,
    Pale,
}

/// What the legend explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Mark(Form),
    Whisker,
    Tick,
}

impl Table {
    /// Letters that each column needs, in front of the axis (0) or behind it (1).
    pub fn widths(&self, side: usize) -> Vec<usize> {
        let mut widths: Vec<_> = self.heads[side].iter().map(|head| columns(head)).collect();
        for row in self.groups.iter().flat_map(|group| &group.rows) {
            for (width, cell) in widths.iter_mut().zip(&row.cells[side]) {
                *width = columns(cell).max(*width);
            }
        }
        widths
    }
}

/// How many letters of equal width a text is as wide as; those of other alphabets may have double width.
pub fn columns(text: &str) -> usize {
    text.chars().map(|sign| if sign.is_ascii() || "µ…÷".contains(sign) { 1 } else { 2 }).sum()
}
