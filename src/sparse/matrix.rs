//! [`SparseMatrix`]: rows of the entries that are not zero, each beside its column (CSR).

mod check;
mod dense;
mod pairs;
#[cfg(test)]
mod tests;

use std::fmt;

use ndarray::{Array2, ArrayRef2};

use super::{Value, ValueAs};
use crate::compute::kernels;
use crate::{Error, Float, Result};
use check::{wrong_place, wrong_start};
pub(crate) use pairs::RowPairs;
use pairs::{NARROW, Number, Pairs, can_be_numbered};

/// A matrix that is mostly zeros, row by row (CSR): entries that are not zero, each beside its column.
///
/// The entries are bytes, `f32` or `f64`; a byte b stands for b / 255, as the pixels of a
/// [`Dataset`](crate::Dataset) do. Nothing changes a matrix once it is made.
///
/// Two neighbouring columns (0 and 1, 2 and 3, …) are kept together, as in most data that is worth storing so
/// one that is not zero rarely comes alone. Such a pair takes two values and two bytes for its number, four where
/// there are more than 131,072 columns; a row takes 8 more. MNIST's 60,000 training images, of whose pixels
/// 19.1 % are not zero, take 22 MB.
///
/// Training on it needs room for as many entries as a hundred of its longest rows would have, for each thread: cut rows
/// that are much longer than all others.
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
    entries: usize,
    /// The most pairs in a row.
    longest: usize,
    /// Whether no entry is NaN or infinite.
    finite: bool,
    /// Where each row's pairs begin, and at last where all of them end.
    starts: Vec<usize>,
    /// The number of each pair of columns, ascending in a row: pair p is columns 2 · p and 2 · p + 1.
    pairs: Pairs,
    /// What is in both; one of them may be zero.
    values: Vec<[V; 2]>,
}

impl<V: Value> SparseMatrix<V> {
    /// A matrix of `shape: [rows, columns]` from the three lists of the CSR format: row `r` has the entries
    /// `starts[r]..starts[r + 1]`, and entry `k` is `values[k]` in column `places[k]`.
    ///
    /// So `starts` has `rows + 1` numbers, from 0 up to the number of entries, and the columns of a row
    /// ascend, none of them twice. Zeros among the values are dropped.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there are more columns than a `u32` can number; [`Error::Shape`] for a list of
    /// the wrong length; [`Error::Sparse`], with the row, for starts or columns that are not as said above.
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
            return Err(Error::Sparse { op: "SparseMatrix::from_csr", problem });
        }
        let mut pair_starts = Vec::with_capacity(starts.len());
        pair_starts.push(0);
        let (mut pairs, mut pair_values) = (Vec::new(), Vec::new());
        for ends in starts.windows(2) {
            let first = pairs.len();
            for (&place, &value) in places[ends[0]..ends[1]].iter().zip(&values[ends[0]..ends[1]]) {
                if value == V::default() {
                    continue;
                }
                if pairs[first..].last() != Some(&(place / 2)) {
                    pairs.push(place / 2);
                    pair_values.push([V::default(); 2]);
                }
                let last = pair_values.len() - 1;
                pair_values[last][place % 2] = value;
            }
            pair_starts.push(pairs.len());
        }
        Ok(Self::new(columns, pair_starts, Pairs::new(columns, &pairs), pair_values))
    }

    fn new(columns: usize, starts: Vec<usize>, pairs: Pairs, values: Vec<[V; 2]>) -> Self {
        let entries = values.as_flattened().iter().filter(|&&value| value != V::default()).count();
        let longest = starts.windows(2).map(|ends| ends[1] - ends[0]).max().unwrap_or(0);
        let finite = values.as_flattened().iter().all(|&value| value.is_finite_value());
        Self { columns, entries, longest, finite, starts, pairs, values }
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
        let starts = Self::find_starts(x);
        Self::from_dense_at(x, starts)
    }

    /// [`from_dense`](Self::from_dense) if a network's step is faster on it than on `x`.
    ///
    /// Forward costs by the entry, the update by the pair, and for data of any pattern both together are what a
    /// dense step costs where this sum is 1.18 on one thread and 1.25 on two: by `cargo bench --bench limits --
    /// "sparse against dense"`, on AVX-512, steps of [784, 500, 10] on 100 rows.
    #[track_caller]
    pub(crate) fn from_dense_if_faster(x: &ArrayRef2<V>) -> Option<Self> {
        let starts = Self::find_starts(x);
        is_faster(x.dim(), dense::entries(x), starts[x.nrows()], usize::MAX)
            .then(|| Self::from_dense_at(x, starts))
    }

    /// Whether a step of a network whose first layer has so many units is faster on this than on the dense matrix.
    pub(crate) fn is_faster_for(&self, units: usize) -> bool {
        is_faster(self.dim(), self.entries, self.values.len(), units)
    }

    #[track_caller]
    fn find_starts(x: &ArrayRef2<V>) -> Vec<usize> {
        let columns = x.ncols();
        assert!(
            can_be_numbered(columns),
            "SparseMatrix::from_dense: {columns} columns, expected as many as a u32 can number"
        );
        dense::starts(x)
    }

    fn from_dense_at(x: &ArrayRef2<V>, starts: Vec<usize>) -> Self {
        let columns = x.ncols();
        let mut values = vec![[V::default(); 2]; starts[x.nrows()]];
        let pairs = if columns <= NARROW {
            Pairs::Narrow(dense::fill(x, &starts, &mut values))
        } else {
            Pairs::Wide(dense::fill(x, &starts, &mut values))
        };
        Self::new(columns, starts, pairs, values)
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
        let mut end = 0;
        for &row in rows {
            end += self.starts[row + 1] - self.starts[row];
            starts.push(end);
        }
        let pairs = match &self.pairs {
            Pairs::Narrow(pairs) => Pairs::Narrow(self.gather(rows, pairs, end)),
            Pairs::Wide(pairs) => Pairs::Wide(self.gather(rows, pairs, end)),
        };
        let values = self.gather(rows, &self.values, end);
        Ok(Self::new(self.columns, starts, pairs, values))
    }

    /// What `all` has for the pairs of these rows, of which there are so many.
    fn gather<T: Copy>(&self, rows: &[usize], all: &[T], pairs: usize) -> Vec<T> {
        let mut some = Vec::with_capacity(pairs);
        for &row in rows {
            some.extend_from_slice(&all[self.starts[row]..self.starts[row + 1]]);
        }
        some
    }

    /// The same matrix with its values as floats: a byte b becomes b / 255, correctly rounded.
    #[must_use]
    pub fn to_floats<A: Float>(&self) -> SparseMatrix<A>
    where
        V: ValueAs<A>,
    {
        SparseMatrix {
            columns: self.columns,
            entries: self.entries,
            longest: self.longest,
            finite: self.finite,
            starts: self.starts.clone(),
            pairs: self.pairs.clone(),
            values: self.values.iter().map(|both| both.map(V::float)).collect(),
        }
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

    /// Whether no entry is NaN or infinite.
    pub(crate) fn is_finite(&self) -> bool {
        self.finite
    }

    /// The most pairs of columns in which a row has entries.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// The number of entries: of all that are not zero.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.entries
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
    pub fn row(&self, row: usize) -> impl Iterator<Item = (usize, V)> {
        let (pairs, values) = self.row_parts(row);
        let both = values.iter().enumerate().flat_map(move |(place, &[even, odd])| {
            let column = 2 * pairs.number(place);
            [(column, even), (column + 1, odd)]
        });
        both.filter(|&(_, value)| value != V::default())
    }

    /// The pairs of columns in which a row has entries, and what is in them.
    ///
    /// # Panics
    /// If the row is not below [`nrows`](Self::nrows).
    #[inline]
    #[track_caller]
    pub(crate) fn row_parts(&self, row: usize) -> (RowPairs<'_>, &[[V; 2]]) {
        if row >= self.nrows() {
            no_such_row(row, self.nrows());
        }
        let pairs = self.starts[row]..self.starts[row + 1];
        (self.pairs.of_row(pairs.clone()), &self.values[pairs])
    }

    /// Asks for what [`row_parts`](Self::row_parts) will read to find this row.
    #[inline]
    pub(crate) fn prefetch_start(&self, row: usize) {
        kernels::prefetch(&self.starts, row);
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

/// Whether a step on a matrix of this shape, with so many entries in so many pairs of columns, is faster than on all of
/// its elements.
fn is_faster((rows, columns): (usize, usize), entries: usize, pairs: usize, units: usize) -> bool {
    let share = |found: usize, of: usize| found as f64 / of.max(1) as f64;
    let most = if units < FEW { 0.6 } else { 1.21 };
    share(entries, rows * columns) + 0.8 * share(pairs, rows * columns.div_ceil(2)) < most
}

/// Units of a first layer which fill so few registers that finding an entry takes longer than multiplying by it.
const FEW: usize = 32;

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
            .field("entries", &self.entries)
            .finish_non_exhaustive()
    }
}
