//! [`RowTile`]: some rows of a sparse matrix, unpacked for the kernels.

use std::ops::Range;

use super::SparseRows;
use crate::Float;
use crate::compute::kernels::Rows;

/// A few rows, gathered: as many as a block of what they are multiplied with leaves in the first-level cache.
#[derive(Debug)]
pub(crate) struct RowTile<A> {
    rows: usize,
    /// Columns and values of the entries, row after row; more may lie behind the last one.
    places: Vec<u32>,
    values: Vec<A>,
    /// Where each row's entries of a tile of columns begin.
    bounds: Vec<u32>,
}

/// How columns are cut into tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ColumnTiles {
    pub(crate) count: usize,
    pub(crate) width: usize,
}

/// Rows of a tile, at most.
const ROWS: usize = 112;

/// Columns of a tile, at most, as long as a row has [`VISIT`] entries in each.
const COLUMNS: usize = 112;

/// Entries of a row in a tile, on the average, at least: fewer are not worth going there.
const VISIT: usize = 16;

impl ColumnTiles {
    /// For a matrix of so many columns, with so many entries in a row on the average.
    pub(crate) fn of(columns: usize, entries: usize) -> Self {
        let count = columns.div_ceil(COLUMNS).min(entries / VISIT).max(1);
        Self { count, width: columns.div_ceil(count) }
    }
}

/// So many rows in tiles of nearly the same size.
pub(crate) fn row_tiles(rows: usize) -> impl Iterator<Item = Range<usize>> {
    let count = rows.div_ceil(ROWS);
    (0..count).map(move |tile| rows * tile / count..rows * (tile + 1) / count)
}

/// The most rows that one of these has.
pub(crate) fn most_rows(rows: usize) -> usize {
    rows.min(ROWS)
}

impl<A: Float> RowTile<A> {
    pub(crate) fn new() -> Self {
        Self { rows: 0, places: Vec::new(), values: Vec::new(), bounds: Vec::new() }
    }

    /// Makes room for tiles of `x`.
    pub(crate) fn reserve(&mut self, x: &SparseRows<'_, A>) {
        let rows = most_rows(x.len());
        let entries = 2 * rows * x.longest();
        assert!(
            u32::try_from(entries).is_ok(),
            "{rows} rows of up to {} entries are too many",
            2 * x.longest()
        );
        if self.places.len() < entries {
            (self.places, self.values) = (vec![0; entries], vec![A::zero(); entries]);
        }
        self.bounds.clear();
        self.bounds.reserve((x.column_tiles().count + 1) * rows);
    }

    /// Takes these rows of `x`, for which there is room.
    pub(crate) fn gather(&mut self, x: &SparseRows<'_, A>, rows: Range<usize>) {
        // Rows lie anywhere: all of them come from memory while the first ones are unpacked.
        rows.clone().for_each(|row| x.prefetch_start(row));
        rows.clone().for_each(|row| x.prefetch(row));
        let tiles = x.column_tiles();
        self.rows = rows.len();
        self.bounds.clear();
        let mut start = 0;
        for row in rows {
            let found = x.unpack(row, &mut self.places[start..], &mut self.values[start..]);
            let places = &self.places[start..start + found];
            for tile in 0..=tiles.count {
                let first = tile * tiles.width;
                let before = places.partition_point(|&place| (place as usize) < first);
                self.bounds.push((start + before) as u32);
            }
            start += found;
        }
    }

    pub(crate) fn view(&self) -> Rows<'_, A> {
        Rows { rows: self.rows, places: &self.places, values: &self.values, bounds: &self.bounds }
    }
}
