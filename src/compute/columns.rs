//! [`Columns`] and [`ColumnsMut`]: some columns of a row-major matrix, for kernels.
//!
//! Threads share a matrix out by its columns. A thread's columns are no slice, as other threads' elements lie
//! between its rows; ndarray's views say the same, but take longer to give a row than a kernel has time for.
#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2};

/// Some columns of a matrix, to be read row by row.
#[derive(Debug)]
pub(crate) struct Columns<'a, A> {
    start: *const A,
    rows: usize,
    columns: usize,
    /// Elements from one row to the next.
    stride: usize,
    matrix: PhantomData<&'a [A]>,
}

/// Some columns of a matrix, to be read and written row by row.
#[derive(Debug)]
pub(crate) struct ColumnsMut<'a, A> {
    start: *mut A,
    rows: usize,
    columns: usize,
    stride: usize,
    matrix: PhantomData<&'a mut [A]>,
}

// SAFETY: it is a shared view of elements.
unsafe impl<A: Sync> Send for Columns<'_, A> {}
// SAFETY: as above.
unsafe impl<A: Sync> Sync for Columns<'_, A> {}
// SAFETY: it is the only view of its elements.
unsafe impl<A: Send> Send for ColumnsMut<'_, A> {}

impl<A> Clone for Columns<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Columns<'_, A> {}

impl<'a, A> Columns<'a, A> {
    /// The view's columns.
    ///
    /// # Panics
    ///
    /// Unless the elements of a row lie side by side, and rows one after the other.
    pub(crate) fn of(view: ArrayView2<'a, A>) -> Self {
        let stride = stride(view.dim(), view.strides());
        let (rows, columns) = view.dim();
        Self { start: view.as_ptr(), rows, columns, stride, matrix: PhantomData }
    }

    pub(crate) fn width(&self) -> usize {
        self.columns
    }

    /// All elements, if they lie side by side.
    pub(crate) fn to_slice(self) -> Option<&'a [A]> {
        if self.rows > 1 && self.stride != self.columns {
            return None;
        }
        // SAFETY: rows of so many columns lie one after the other, as the view that this was made of says.
        Some(unsafe { std::slice::from_raw_parts(self.start, self.rows * self.columns) })
    }

    #[inline(always)]
    pub(crate) fn row(&self, row: usize) -> &'a [A] {
        if row >= self.rows {
            no_such_row(row, self.rows);
        }
        // SAFETY: the view that this was made of has this row, at this distance.
        unsafe { std::slice::from_raw_parts(self.start.add(row * self.stride), self.columns) }
    }

    /// Some of the columns.
    pub(crate) fn some(self, columns: Range<usize>) -> Self {
        assert!(columns.start <= columns.end && columns.end <= self.columns, "some of the columns");
        // SAFETY: the first of these columns is one of these, or the end of its first row.
        Self { start: unsafe { self.start.add(columns.start) }, columns: columns.len(), ..self }
    }
}

impl<'a, A> ColumnsMut<'a, A> {
    /// The view's columns.
    ///
    /// # Panics
    ///
    /// As [`Columns::of`].
    pub(crate) fn of(mut view: ArrayViewMut2<'a, A>) -> Self {
        let stride = stride(view.dim(), view.strides());
        let (rows, columns) = view.dim();
        Self { start: view.as_mut_ptr(), rows, columns, stride, matrix: PhantomData }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn width(&self) -> usize {
        self.columns
    }

    #[inline(always)]
    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [A] {
        if row >= self.rows {
            no_such_row(row, self.rows);
        }
        // SAFETY: as in `Columns::row`; nothing else refers to these elements while `self` is borrowed.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(row * self.stride), self.columns) }
    }

    /// Some of the columns.
    pub(crate) fn some(&mut self, columns: Range<usize>) -> ColumnsMut<'_, A> {
        assert!(columns.start <= columns.end && columns.end <= self.columns, "some of the columns");
        ColumnsMut {
            // SAFETY: as in `Columns::columns_of`.
            start: unsafe { self.start.add(columns.start) },
            columns: columns.len(),
            rows: self.rows,
            stride: self.stride,
            matrix: PhantomData,
        }
    }
}

/// Apart, so that a kernel's loop need not keep the numbers for it.
#[cold]
#[inline(never)]
fn no_such_row(row: usize, rows: usize) -> ! {
    panic!("columns of {rows} rows have no row {row}");
}

/// Elements from one row to the next.
#[track_caller]
fn stride((rows, columns): (usize, usize), strides: &[isize]) -> usize {
    let stride = usize::try_from(strides[0]).unwrap_or(0);
    // ndarray's strides say nothing where there are no elements.
    if rows == 0 || columns == 0 {
        return 0;
    }
    let side_by_side = columns == 1 || strides[1] == 1;
    assert!(side_by_side && (rows == 1 || stride >= columns), "columns of a matrix need row-major elements");
    if rows == 1 { 0 } else { stride }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Axis, s};

    use super::{Columns, ColumnsMut};

    #[test]
    fn rows_and_columns_are_those_of_the_view() {
        let mut x = Array2::from_shape_fn((3, 5), |(row, column)| 10 * row + column);
        let strip = Columns::of(x.slice(s![1.., 1..4]));
        assert_eq!(strip.width(), 3);
        assert_eq!(strip.row(1), [21, 22, 23]);
        assert_eq!(strip.some(1..3).row(0), [12, 13]);
        assert_eq!(strip.some(3..3).row(0), [0; 0]);
        assert_eq!(strip.to_slice(), None);
        assert_eq!(Columns::of(x.slice(s![1..2, 1..3])).to_slice(), Some(&[11, 12][..]));
        assert_eq!(Columns::of(x.view()).to_slice(), x.as_slice());

        let (left, right) = x.view_mut().split_at(Axis(1), 2);
        let (mut left, mut right) = (ColumnsMut::of(left), ColumnsMut::of(right));
        left.row_mut(2)[1] = 7;
        right.some(1..3).row_mut(2)[1] = 8;
        right.row_mut(1)[0] = 9;
        assert_eq!((x[[2, 1]], x[[2, 4]], x[[1, 2]]), (7, 8, 9));
    }

    #[test]
    fn empty_views_have_no_rows_or_no_columns() {
        let x = Array2::<u8>::zeros((0, 4));
        assert_eq!(Columns::of(x.view()).width(), 4);
        let x = Array2::<u8>::zeros((4, 0));
        assert_eq!(Columns::of(x.view()).row(3), [0; 0]);
    }

    #[test]
    #[should_panic(expected = "row-major")]
    fn columns_that_lie_apart_are_refused() {
        let x = Array2::<u8>::zeros((4, 4));
        Columns::of(x.t());
    }

    #[test]
    #[should_panic(expected = "have no row 3")]
    fn a_row_too_many_is_refused() {
        let x = Array2::<u8>::zeros((3, 4));
        Columns::of(x.view()).row(3);
    }
}
