//! [`Input`]: what a layer reads, dense or sparse.

use ndarray::{ArrayBase, ArrayRef2, Data, Ix2};

use super::{ColumnTiles, RowPairs, SparseMatrix, ValueAs};
use crate::Float;
use crate::compute::kernels;

/// The rows that a layer reads: a dense array, or a [`SparseMatrix`] of which only the stored entries are
/// multiplied. Both give the same results up to rounding, unless a weight is infinite or NaN: 0 times that is NaN
/// where 0 is multiplied.
///
/// References to arrays and to matrices turn into it by themselves. [`Input::auto`] measures which is faster.
///
/// ```
/// use blasnet::{Affine, Input, SparseMatrix};
/// use ndarray::array;
///
/// let affine = Affine::new(array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], array![0.5, 0.5])?;
/// let x = array![[0.0, 0.0, 1.0], [0.0, 2.0, 0.0]];
/// let dense = affine.apply(&x)?;
/// assert_eq!(affine.apply(&SparseMatrix::from_dense(&x))?, dense);
/// assert_eq!(affine.apply(Input::auto(&x))?, dense);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug)]
pub struct Input<'a, A>(Kind<'a, A>);

#[derive(Debug)]
enum Kind<'a, A> {
    Dense(&'a ArrayRef2<A>),
    Sparse(SparseRows<'a, A>),
    /// What `auto` has made of a dense array, beside it.
    Both(&'a ArrayRef2<A>, SparseMatrix<A>),
}

/// What an [`Input`] turns out to be.
#[derive(Clone, Copy)]
pub(crate) enum Form<'a, A> {
    Dense(&'a ArrayRef2<A>),
    Sparse(SparseRows<'a, A>),
}

impl<'a, A: Float> Input<'a, A> {
    /// Sparse where that is faster, else dense: by how much of the array is not 0, and how much of that comes in
    /// neighbouring columns. The two meet at 55 to 65 % where a network of [784, 500, 10] is trained on 100 rows
    /// at a time.
    ///
    /// A sparse copy of the array is made for it. For rows that are used more than once, make it yourself
    /// ([`SparseMatrix::from_dense`]) and keep it.
    pub fn auto(x: &'a ArrayRef2<A>) -> Self {
        Self(SparseMatrix::from_dense_if_faster(x).map_or(Kind::Dense(x), |sparse| Kind::Both(x, sparse)))
    }

    /// Whether only stored entries will be multiplied.
    pub fn is_sparse(&self) -> bool {
        !matches!(self.0, Kind::Dense(_))
    }

    /// Rows and columns.
    pub fn dim(&self) -> (usize, usize) {
        self.form(usize::MAX).dim()
    }

    /// As a layer of so many units reads it.
    pub(crate) fn form(&self, units: usize) -> Form<'_, A> {
        match &self.0 {
            Kind::Sparse(x) => Form::Sparse(*x),
            Kind::Both(_, x) if x.is_faster_for(units) => Form::Sparse(x.into()),
            Kind::Dense(x) | Kind::Both(x, _) => Form::Dense(x),
        }
    }
}

impl<A: Float> Form<'_, A> {
    pub(crate) fn dim(self) -> (usize, usize) {
        match self {
            Self::Dense(x) => x.dim(),
            Self::Sparse(x) => (x.len(), x.columns()),
        }
    }
}

impl<'a, A> From<&'a ArrayRef2<A>> for Input<'a, A> {
    fn from(x: &'a ArrayRef2<A>) -> Self {
        Self(Kind::Dense(x))
    }
}

impl<'a, A, S: Data<Elem = A>> From<&'a ArrayBase<S, Ix2>> for Input<'a, A> {
    fn from(x: &'a ArrayBase<S, Ix2>) -> Self {
        Self(Kind::Dense(x))
    }
}

impl<'a, A: Float> From<&'a SparseMatrix<A>> for Input<'a, A> {
    fn from(x: &'a SparseMatrix<A>) -> Self {
        Self(Kind::Sparse(x.into()))
    }
}

/// A byte b stands for b / 255.
impl<'a, A: Float> From<&'a SparseMatrix<u8>> for Input<'a, A> {
    fn from(x: &'a SparseMatrix<u8>) -> Self {
        Self(Kind::Sparse(x.into()))
    }
}

/// Rows of a sparse matrix of bytes or floats: all, or those of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SparseRows<'a, A> {
    source: Source<'a, A>,
    rows: Option<&'a [usize]>,
}

#[derive(Debug, Clone, Copy)]
enum Source<'a, A> {
    Bytes(&'a SparseMatrix<u8>),
    Floats(&'a SparseMatrix<A>),
}

impl<'a, A> From<&'a SparseMatrix<A>> for SparseRows<'a, A> {
    fn from(matrix: &'a SparseMatrix<A>) -> Self {
        Self { source: Source::Floats(matrix), rows: None }
    }
}

impl<'a, A: Float> From<&'a SparseMatrix<u8>> for SparseRows<'a, A> {
    fn from(matrix: &'a SparseMatrix<u8>) -> Self {
        Self { source: Source::Bytes(matrix), rows: None }
    }
}

/// `$body` with the matrix, whatever its values are.
macro_rules! with_matrix {
    ($rows:expr, $matrix:ident => $body:expr) => {
        match $rows.source {
            Source::Bytes($matrix) => $body,
            Source::Floats($matrix) => $body,
        }
    };
}

impl<'a, A: Float> SparseRows<'a, A> {
    /// These of all rows; each is below the number of rows.
    pub(crate) fn listed(matrix: &'a SparseMatrix<u8>, rows: &'a [usize]) -> Self {
        Self { source: Source::Bytes(matrix), rows: Some(rows) }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.map_or_else(|| with_matrix!(self, matrix => matrix.nrows()), <[usize]>::len)
    }

    pub(crate) fn columns(&self) -> usize {
        with_matrix!(self, matrix => matrix.ncols())
    }

    /// The most pairs of columns that a row of the matrix has entries in.
    pub(crate) fn longest(&self) -> usize {
        with_matrix!(self, matrix => matrix.longest())
    }

    /// Elements that a row of the matrix has on the average.
    pub(crate) fn average(&self) -> usize {
        with_matrix!(self, matrix => matrix.entries() / matrix.nrows().max(1))
    }

    pub(crate) fn column_tiles(&self) -> ColumnTiles {
        ColumnTiles::of(self.columns(), self.average())
    }

    fn row(&self, k: usize) -> usize {
        self.rows.map_or(k, |rows| rows[k])
    }

    /// Asks for where row `k` lies, for [`prefetch`](Self::prefetch) soon.
    pub(crate) fn prefetch_start(&self, k: usize) {
        with_matrix!(self, matrix => matrix.prefetch_start(self.row(k)));
    }

    /// Asks for row `k`, which is needed soon.
    pub(crate) fn prefetch(&self, k: usize) {
        with_matrix!(self, matrix => {
            let (pairs, values) = matrix.row_parts(self.row(k));
            match pairs {
                RowPairs::Narrow(pairs) => kernels::prefetch_all(pairs),
                RowPairs::Wide(pairs) => kernels::prefetch_all(pairs),
            }
            kernels::prefetch_all(values);
        });
    }

    /// Row `k`'s columns and values; gives how many. There must be room for two entries a pair.
    pub(crate) fn unpack(&self, k: usize, places: &mut [u32], values: &mut [A]) -> usize {
        with_matrix!(self, matrix => {
            let (pairs, both) = matrix.row_parts(self.row(k));
            match pairs {
                RowPairs::Narrow(pairs) => kernels::unpack(pairs, both, ValueAs::<A>::float, places, values),
                RowPairs::Wide(pairs) => kernels::unpack(pairs, both, ValueAs::<A>::float, places, values),
            }
        })
    }

    /// Calls `f` with each pair of columns in which row `k` has entries, and what is in them.
    #[inline]
    pub(crate) fn each_pair(&self, k: usize, mut f: impl FnMut(u32, [A; 2])) {
        with_matrix!(self, matrix => {
            let (pairs, both) = matrix.row_parts(self.row(k));
            let both = both.iter().map(|both| both.map(ValueAs::<A>::float));
            match pairs {
                RowPairs::Narrow(pairs) => pairs.iter().zip(both).for_each(|(&pair, both)| f(pair.into(), both)),
                RowPairs::Wide(pairs) => pairs.iter().zip(both).for_each(|(&pair, both)| f(pair, both)),
            }
        });
    }

    /// The first of these rows' entries that is NaN or infinite: its row, its column and itself.
    pub(crate) fn not_finite(&self) -> Option<([usize; 2], f64)>
    where
        A: Float,
    {
        if with_matrix!(self, matrix => matrix.is_finite()) {
            return None;
        }
        (0..self.len()).find_map(|k| {
            let mut found = None;
            self.each_pair(k, |pair, both| {
                for (value, column) in both.into_iter().zip(2 * pair as usize..) {
                    if !value.is_finite() && found.is_none() {
                        found = Some(([k, column], value.as_f64()));
                    }
                }
            });
            found
        })
    }

    /// A matrix of these rows, as floats.
    pub(crate) fn to_matrix(self) -> SparseMatrix<A> {
        with_matrix!(self, matrix => match self.rows {
            Some(rows) => matrix.select(rows).expect("there are these rows").to_floats(),
            None => matrix.to_floats(),
        })
    }
}
