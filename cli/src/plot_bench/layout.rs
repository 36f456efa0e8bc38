//! [`Layout`]: where things lie across the page, by how long the words are.

use super::table::{Table, columns};
use crate::chart::LETTER;

pub const MARGIN: i32 = 24;
/// Between columns.
pub const GAP: i32 = 18;
/// How long an axis is.
pub const AXIS: i32 = 440;
/// On both sides of the axis, whose numbers reach beyond it.
const EDGE: i32 = 32;
/// Legends need it.
const LEAST_WIDTH: i32 = 900;

/// As wide as so many letters.
pub fn letters(count: usize) -> i32 {
    (count as f64 * LETTER).ceil() as i32
}

/// Where things lie across the page.
pub struct Layout {
    /// Where the columns in front of the axis end.
    pub front: Vec<i32>,
    /// Where the axis begins.
    pub axis: i32,
    pub width: i32,
}

impl Layout {
    /// Wide enough for all tables, and their axes below each other.
    pub fn of(about: &str, tables: &[Table]) -> Self {
        let mut front: Vec<usize> = Vec::new();
        for table in tables {
            let widths = table.widths(0);
            front.resize(front.len().max(widths.len()), 0);
            front.iter_mut().zip(widths).for_each(|(widest, width)| *widest = width.max(*widest));
        }
        let front = ends(MARGIN - GAP, front);
        let axis = front.last().map_or(MARGIN, |end| end + EDGE);

        let behind = tables.iter().filter_map(|table| behind(axis, table).pop()).max().unwrap_or(axis + AXIS);
        let groups = tables.iter().flat_map(|table| &table.groups);
        let names = groups.map(|group| columns(&group.name) + columns(&group.note) + 2);
        let longest = names.chain([columns(about)]).max().unwrap_or(0);
        let width = LEAST_WIDTH.max(behind + MARGIN).max(letters(longest) + 2 * MARGIN);
        Self { front, axis, width }
    }

    /// Where a table's columns behind the axis end.
    pub fn behind(&self, table: &Table) -> Vec<i32> {
        behind(self.axis, table)
    }

    /// Where a number is on a table's axis.
    pub fn at(&self, table: &Table, number: f64) -> i32 {
        self.axis + (table.scale.place(number) * f64::from(AXIS)).round() as i32
    }
}

fn behind(axis: i32, table: &Table) -> Vec<i32> {
    ends(axis + AXIS + EDGE - GAP, table.widths(1))
}

/// Where columns of such widths end that lie side by side.
fn ends(start: i32, widths: Vec<usize>) -> Vec<i32> {
    let end = |x: &mut i32, width| {
        *x += GAP + letters(width);
        Some(*x)
    };
    widths.into_iter().scan(start, end).collect()
}
