//! To and from the matrices of the crate sprs.

#[cfg(test)]
mod tests;

use std::ops::Deref;

use ::sprs::{CsMat, CsMatBase, SpIndex};

use super::{SparseMatrix, Value};
use crate::{Error, Result};

/// A copy of a matrix of the crate sprs, whatever its indices are and wherever it keeps them.
///
/// Stored zeros are dropped. From CSC storage sprs makes rows first.
///
/// # Errors
/// [`Error::Invalid`] if there are more columns than a `u32` can number.
///
/// ```
/// use blasnet::SparseMatrix;
/// use ndarray::array;
/// use sprs::TriMat;
///
/// let mut entries = TriMat::new((2, 3));
/// entries.add_triplet(1, 0, 5.0_f32);
/// entries.add_triplet(0, 2, 0.5);
/// let x = SparseMatrix::try_from(&entries.to_csc::<u32>())?;
/// assert_eq!(x.to_dense(), array![[0.0_f32, 0.0, 0.5], [5.0, 0.0, 0.0]]);
/// # Ok::<(), blasnet::Error>(())
/// ```
impl<V, I, P, Starts, Places, Values> TryFrom<&CsMatBase<V, I, Starts, Places, Values, P>> for SparseMatrix<V>
where
    V: Value,
    I: SpIndex,
    P: SpIndex,
    Starts: Deref<Target = [P]>,
    Places: Deref<Target = [I]>,
    Values: Deref<Target = [V]>,
{
    type Error = Error;

    fn try_from(x: &CsMatBase<V, I, Starts, Places, Values, P>) -> Result<Self> {
        if x.is_csc() {
            // As usize first: sprs would number columns by the type that numbers rows here, be it too small.
            return Self::try_from(&x.to_other_types::<usize, V, usize>().to_csr());
        }
        let starts = x.proper_indptr().iter().map(|start| start.index()).collect();
        let places: Vec<usize> = x.indices().iter().map(|place| place.index()).collect();
        Self::from_csr([x.rows(), x.cols()], starts, &places, x.data().to_vec())
    }
}

/// A copy for the crate sprs, in CSR storage.
///
/// ```
/// use blasnet::SparseMatrix;
/// use ndarray::array;
///
/// let dense = array![[0.0, 0.5], [0.0, 0.0]];
/// let x = sprs::CsMat::from(&SparseMatrix::from_dense(&dense));
/// assert_eq!((x.nnz(), x.to_dense()), (1, dense));
/// ```
impl<V: Value> From<&SparseMatrix<V>> for CsMat<V> {
    fn from(x: &SparseMatrix<V>) -> Self {
        let (mut starts, mut places) = (vec![0], Vec::with_capacity(x.entries()));
        let mut values = Vec::with_capacity(x.entries());
        for row in 0..x.nrows() {
            for (column, value) in x.row(row) {
                places.push(column);
                values.push(value);
            }
            starts.push(values.len());
        }
        Self::new(x.dim(), starts, places, values)
    }
}
