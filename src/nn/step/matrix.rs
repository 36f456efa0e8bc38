//! [`Matrix`]: what a layer makes of a batch.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2, Axis, s};

use crate::Float;
use crate::compute::aligned::Aligned;

/// Numbers of each row of a batch for each unit of a layer, beginning at a cache line in each row, and with
/// [room](super::cuts::room) for the last block.
#[derive(Debug)]
pub(super) struct Matrix<A> {
    numbers: Aligned<A>,
    rows: usize,
    /// Units, and units that are none.
    columns: usize,
}

impl<A: Float> Matrix<A> {
    pub(super) fn zeros(rows: usize, columns: usize) -> Self {
        Self { numbers: Aligned::zeros(rows * columns), rows, columns }
    }

    /// The first rows and units.
    pub(super) fn view(&self, rows: usize, units: usize) -> ArrayView2<'_, A> {
        let all = ArrayView2::from_shape((self.rows, self.columns), &self.numbers[..]);
        all.expect("as many numbers as places").slice_move(s![..rows, ..units])
    }

    /// The first rows, to be made row by row, or strip by strip with so many units and units that are none.
    pub(super) fn make(&mut self, rows: usize, by_strips: Option<usize>) -> Made<'_, A> {
        if let Some(columns) = by_strips {
            return Made::Strips { rows, numbers: &mut self.numbers[..rows * columns] };
        }
        let all = ArrayViewMut2::from_shape((self.rows, self.columns), &mut self.numbers[..]);
        Made::Rows(all.expect("as many numbers as places").slice_move(s![..rows, ..]))
    }
}

/// Columns of a [`Matrix`] that are being made.
pub(super) enum Made<'a, A> {
    /// As rows of a matrix, which the next layer's products read.
    Rows(ArrayViewMut2<'a, A>),
    /// Each strip by itself: so it takes the fewest pages and places in the cache.
    Strips { rows: usize, numbers: &'a mut [A] },
}

impl<A: Float> Made<'_, A> {
    /// A strip of these units, with the room after it if it is a piece's last.
    pub(super) fn strip(&mut self, units: Range<usize>, is_last: bool) -> ArrayViewMut2<'_, A> {
        match self {
            Self::Rows(made) => {
                let end = if is_last { made.ncols() } else { units.end };
                made.slice_mut(s![.., units.start..end])
            }
            Self::Strips { rows, numbers } => {
                let width = if is_last { numbers.len() / *rows - units.start } else { units.len() };
                let numbers = &mut numbers[*rows * units.start..][..*rows * width];
                ArrayViewMut2::from_shape((*rows, width), numbers).expect("cut to this shape")
            }
        }
    }

    /// The first units and the rest.
    pub(super) fn split(self, units: usize) -> (Self, Self) {
        match self {
            Self::Rows(made) => {
                let (made, rest) = made.split_at(Axis(1), units);
                (Self::Rows(made), Self::Rows(rest))
            }
            Self::Strips { rows, numbers } => {
                let (numbers, rest) = numbers.split_at_mut(rows * units);
                (Self::Strips { rows, numbers }, Self::Strips { rows, numbers: rest })
            }
        }
    }
}
