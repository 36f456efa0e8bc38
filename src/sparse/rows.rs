//! [`RowTile`]: some rows of a sparse matrix, unpacked for the kernels.

use std::ops::Range;

use super::SparseRows;
use crate::kernels::{Rows, Unpacked};
use crate::{Float, kernels};

/// A few rows, gathered: as many as a block of what they are multiplied with leaves in the first-level cache.
#[derive(Debug)]
pub(crate) struct RowTile<A> {
    /// Entries one by one, and by pairs of columns: row after row.
    unpacked: Unpacked<A>,
    /// Where each row's entries of a tile of columns begin.
    bounds: Vec<u32>,
    /// Where each row's pairs end.
    ends: Vec<usize>,
    /// What each byte stands for.
    bytes: Box<[A; 256]>,
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
    /// With room for tiles of `x`, and of smaller matrices.
    pub(crate) fn of(x: &SparseRows<'_, A>) -> Self {
        let mut bytes = Box::new([A::zero(); 256]);
        for (byte, float) in (0..=255).zip(&mut bytes[..]) {
            *float = kernels::pixel(byte);
        }
        let mut tile = Self { unpacked: Unpacked::default(), bounds: Vec::new(), ends: Vec::new(), bytes };
        tile.reserve(x);
        tile
    }

    /// Makes room for tiles of `x`, so that none allocates later.
    pub(crate) fn reserve(&mut self, x: &SparseRows<'_, A>) {
        let rows = most_rows(x.len());
        self.unpacked.reserve(x.columns(), rows * x.longest());
        self.bounds.clear();
        self.bounds.reserve((x.column_tiles().count + 1) * rows);
        self.ends.clear();
        self.ends.reserve(rows);
    }

    /// Takes these rows of `x`.
    pub(crate) fn gather(&mut self, x: &SparseRows<'_, A>, rows: Range<usize>) {
        // Rows lie anywhere: all of them come from memory while the first ones are unpacked.
        rows.clone().for_each(|row| x.prefetch_start(row));
        rows.clone().for_each(|row| x.prefetch(row));
        let tiles = x.column_tiles();
        self.unpacked.clear();
        self.bounds.clear();
        self.ends.clear();
        for row in rows {
            let start = self.unpacked.places().len();
            x.unpack(row, &self.bytes, &mut self.unpacked);
            let places = &self.unpacked.places()[start..];
            for tile in 0..=tiles.count {
                let first = tile * tiles.width;
                let before = places.partition_point(|&place| (place as usize) < first);
                self.bounds.push((start + before) as u32);
            }
            self.ends.push(self.unpacked.pairs().len());
        }
    }

    pub(crate) fn view(&self) -> Rows<'_, A> {
        let (places, values) = (self.unpacked.places(), self.unpacked.values());
        Rows { rows: self.ends.len(), places, values, bounds: &self.bounds }
    }

    pub(crate) fn unpacked(&self) -> &Unpacked<A> {
        &self.unpacked
    }

    /// Where each row's pairs end.
    pub(crate) fn ends(&self) -> &[usize] {
        &self.ends
    }
}
