//! [`SparseMatrix`]: rows of the entries that are not zero, each beside its column (CSR).

mod check;
mod dense;
mod places;
#[cfg(test)]
mod tests;

use std::fmt;

use ndarray::{Array2, ArrayRef2};

use super::{Value, ValueAs};
use crate::{Error, Float, Result};
use check::{wrong_place, wrong_start};
pub(crate) use places::RowPlaces;
use places::{NARROW, Place, Places, can_be_numbered};

/// A matrix that is mostly zeros, row by row (CSR): entries that are not zero, each beside its column.
///
/// The entries are bytes, `f32` or `f64`; a byte b stands for b / 255, as the pixels of a
/// [`Dataset`](crate::Dataset) do. Nothing changes a matrix once it is made.
///
/// Columns are kept in two bytes where there are up to 65,536 of them, else in four. An entry that is a byte
/// thus takes 3 bytes of memory, and a row takes 8 more: MNIST's 60,000 training images, of whose pixels
/// 19.1 % are not zero, take 27 MB.
///
/// ```
/// use blasnet::SparseMatrix;
/// use ndarray::array;
///
/// let x = SparseMatrix::from_dense(&array![[0_u8, 255, 0], [0, 0, 0], [51, 0, 102]]);
/// assert_eq!((x.dim(), x.entries()), ((3, 3), 3));
/// assert_eq!(x.row(2).collect::<Vec<_>>(), [(0, 51), (2, 102)]);
/// assert_eq!(x.to_dense::<f64>(), array![[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.2, 0.0, 0.4]]);
/// ```
#[derive(Clone, PartialEq)]
pub struct SparseMatrix<V> {
    columns: usize,
    /// Where each row's entries begin, and at last where all of them end.
    starts: Vec<usize>,
    /// The column of each entry, ascending in a row.
    places: Places,
    values: Vec<V>,
}

impl<V: Value> SparseMatrix<V> {
    /// A matrix of `shape: [rows, columns]` from the three lists of the CSR format: row `r` has the entries
    /// `starts[r]..starts[r + 1]`, and entry `k` is `values[k]` in column `places[k]`.
    ///
    /// So `starts` has `rows + 1` numbers, from 0 up to the number of entries, and the columns of a row
    /// ascend, none of them twice. Zeros among the values stay entries, which does no harm.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there are more columns than a `u32` can number; [`Error::Shape`] for a list of
    /// the wrong length; [`Error::Data`], with the row, for starts or columns that are not as said above.
    ///
    /// ```
    /// use blasnet::SparseMatrix;
    /// use ndarray::array;
    ///
    /// let x = SparseMatrix::from_csr([3, 2], vec![0, 1, 1, 3], &[1, 0, 1], vec![0.5, 2.0, 3.0])?;
    /// assert_eq!(x.to_dense(), array![[0.0, 0.5], [0.0, 0.0], [2.0, 3.0]]);
    ///
    /// let error = SparseMatrix::from_csr([1, 2], vec![0, 2], &[1, 0], vec![0.5, 2.0]).unwrap_err();
    /// assert!(error.to_string().ends_with("row 0 has column 0 after column 1, expected ascending columns"));
    /// # Ok::<(), blasnet::Error>(())
    /// ```
    pub fn from_csr(shape: [usize; 2], starts: Vec<usize>, places: &[usize], values: Vec<V>) -> Result<Self> {
        let [rows, columns] = shape;
        if !can_be_numbered(columns) {
            return Err(Error::Invalid {
                what: "the number of columns",
                found: columns.to_string(),
                expected: format!("at most {}, as many as a u32 can number", 1_u64 << 32),
            });
        }
        let wrong_length = |what, found, expected| {
            Err(Error::Shape { op: "SparseMatrix::from_csr", what, found: vec![found], expected })
        };
        if starts.len().checked_sub(1) != Some(rows) {
            return wrong_length("starts", starts.len(), format!("[{rows} + 1], for {rows} rows"));
        }
        if places.len() != values.len() {
            return wrong_length("places", places.len(), format!("[{}], as `values`", values.len()));
        }
        if let Some(problem) =
            wrong_start(&starts, values.len()).or_else(|| wrong_place(columns, &starts, places))
        {
            return Err(Error::Data { file: "SparseMatrix::from_csr".into(), problem });
        }
        Ok(Self { columns, starts, places: Places::new(columns, places), values })
    }

    /// The entries of `x` that are not zero. NaN is kept; −0 is a zero.
    ///
    /// The rows are shared out on rayon's current pool. `x` is read twice, first to count, so that no more
    /// memory is taken than the matrix has in the end.
    ///
    /// # Panics
    /// If there are more columns than a `u32` can number.
    #[must_use]
    #[track_caller]
    pub fn from_dense(x: &ArrayRef2<V>) -> Self {
        let columns = x.ncols();
        assert!(
            can_be_numbered(columns),
            "SparseMatrix::from_dense: {columns} columns, expected as many as a u32 can number"
        );
        let starts = dense::starts(x);
        let mut values = vec![V::default(); starts[x.nrows()]];
        let places = if columns <= NARROW {
            Places::Narrow(dense::fill(x, &starts, &mut values))
        } else {
            Places::Wide(dense::fill(x, &starts, &mut values))
        };
        Self { columns, starts, places, values }
    }

    /// A matrix of these rows: its row `k` is row `rows[k]`. Any order, and each as often as you like.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a row that is not below [`nrows`](Self::nrows).
    ///
    /// ```
    /// use blasnet::SparseMatrix;
    /// use ndarray::array;
    ///
    /// let x = SparseMatrix::from_dense(&array![[0.5, 0.0], [0.0, 2.0]]);
    /// let repeated = x.select(&[1, 1, 0])?;
    /// assert_eq!(repeated.to_dense(), array![[0.0, 2.0], [0.0, 2.0], [0.5, 0.0]]);
    /// # Ok::<(), blasnet::Error>(())
    /// ```
    pub fn select(&self, rows: &[usize]) -> Result<Self> {
        if let Some(row) = rows.iter().find(|&&row| row >= self.nrows()) {
            return Err(Error::Invalid {
                what: "a row to select",
                found: row.to_string(),
                expected: format!("one below {}", self.nrows()),
            });
        }
        let mut starts = Vec::with_capacity(rows.len() + 1);
        starts.push(0);
        let mut entries = 0;
        for &row in rows {
            entries += self.starts[row + 1] - self.starts[row];
            starts.push(entries);
        }
        let places = match &self.places {
            Places::Narrow(places) => Places::Narrow(self.gather(rows, places, entries)),
            Places::Wide(places) => Places::Wide(self.gather(rows, places, entries)),
        };
        let values = self.gather(rows, &self.values, entries);
        Ok(Self { columns: self.columns, starts, places, values })
    }

    /// What `all` has for the entries of these rows, of which there are so many.
    fn gather<T: Copy>(&self, rows: &[usize], all: &[T], entries: usize) -> Vec<T> {
        let mut some = Vec::with_capacity(entries);
        for &row in rows {
            some.extend_from_slice(&all[self.starts[row]..self.starts[row + 1]]);
        }
        some
    }

    /// The shape: rows and columns.
    #[must_use]
    pub fn dim(&self) -> (usize, usize) {
        (self.nrows(), self.columns)
    }

    /// The number of rows.
    #[must_use]
    pub fn nrows(&self) -> usize {
        self.starts.len() - 1
    }

    /// The number of columns.
    #[must_use]
    pub fn ncols(&self) -> usize {
        self.columns
    }

    /// The number of entries that are stored: all that are not zero, and zeros that were handed in as entries.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.values.len()
    }

    /// [`entries`](Self::entries) / (rows · columns); 0 for a matrix without rows or columns.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a ratio needs no more digits")]
    pub fn density(&self) -> f64 {
        match self.entries() {
            0 => 0.0,
            entries => entries as f64 / self.nrows() as f64 / self.columns as f64,
        }
    }

    /// The entries of a row, each with its column, which ascend.
    ///
    /// # Panics
    /// If the row is not below [`nrows`](Self::nrows).
    #[track_caller]
    pub fn row(&self, row: usize) -> impl ExactSizeIterator<Item = (usize, V)> {
        let (places, values) = self.row_parts(row);
        values.iter().enumerate().map(move |(entry, &value)| (places.column(entry), value))
    }

    /// The columns of a row's entries, and their values.
    ///
    /// # Panics
    /// If the row is not below [`nrows`](Self::nrows).
    #[inline]
    #[track_caller]
    pub(crate) fn row_parts(&self, row: usize) -> (RowPlaces<'_>, &[V]) {
        if row >= self.nrows() {
            no_such_row(row, self.nrows());
        }
        let entries = self.starts[row]..self.starts[row + 1];
        (self.places.of_row(entries.clone()), &self.values[entries])
    }

    /// The whole matrix, zeros too, as floats: a byte b becomes b / 255, correctly rounded.
    ///
    /// For MNIST's 60,000 training images that is 188 MB as `f32`.
    #[must_use]
    pub fn to_dense<A: Float>(&self) -> Array2<A>
    where
        V: ValueAs<A>,
    {
        let mut dense = Array2::zeros(self.dim());
        for (row, mut floats) in dense.rows_mut().into_iter().enumerate() {
            for (column, value) in self.row(row) {
                floats[column] = value.float();
            }
        }
        dense
    }
}

#[cold]
#[track_caller]
fn no_such_row(row: usize, rows: usize) -> ! {
    panic!("SparseMatrix: row {row} was asked for, expected rows below {rows}");
}

/// Sizes, not contents: nine million pixels help nobody.
impl<V> fmt::Debug for SparseMatrix<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SparseMatrix")
            .field("shape", &[self.starts.len() - 1, self.columns])
            .field("entries", &self.values.len())
            .finish_non_exhaustive()
    }
}
