//! What LAPACK adds to a network (feature `lapack`): data in fewer dimensions, a layer without training, and the
//! condition of a layer's weights.
//!
//! | | from | to |
//! |---|---|---|
//! | [`Pca`] | data `[rows, columns]` | the few directions along which it varies most, whitened or not |
//! | [`ridge`] | hidden features and targets | the last layer with the least squared error |
//! | [`conditioning`], [`conditioning_of_layers`] | a weight matrix, or all of a network's | its largest and smallest singular value, and their ratio |
//!
//! All three compute in f64, whatever the data's type: sums of squares have twice the digits of what is squared.
//! Products are made by [`linalg::gemm`](crate::compute::linalg::gemm), on the threads that [`parallel`] tells of; LAPACK
//! works on OpenBLAS's threads.

mod centred;
mod conditioning;
mod pca;
mod ridge;

use ndarray::{Array1, Array2, ArrayRef, Dimension};
use ndarray_linalg::{JobSvd, SVDDCInto};

use crate::compute::parallel;
use crate::{Error, Result};

pub use conditioning::{Conditioning, conditioning, conditioning_of_layers};
pub use pca::Pca;
pub use ridge::ridge;

/// One call of LAPACK, which is made of calls of BLAS.
fn call<T>(op: &'static str, call: impl FnOnce() -> ndarray_linalg::error::Result<T>) -> Result<T> {
    let mut result = None;
    parallel::with_blas(|| result = Some(call()));
    let result = result.expect("the call was made");
    result.map_err(|error| Error::Lapack { op, problem: error.to_string() })
}

/// Singular values, the largest first, and with `vectors` the right singular vectors as rows; of a matrix that is
/// finite and not empty.
///
/// Of a covariance matrix these are its eigenvalues and eigenvectors, in half the time that LAPACK's `dsyev` takes
/// for them at 784 columns: ndarray-linalg has divide and conquer for singular values alone.
fn singular(op: &'static str, a: Array2<f64>, vectors: bool) -> Result<(Array1<f64>, Option<Array2<f64>>)> {
    let job = if vectors { JobSvd::Some } else { JobSvd::None };
    let (_, values, vectors) = call(op, || a.svddc_into(job))?;
    Ok((values, vectors))
}

/// What rounding may leave of a sum of so many squares in f64, relative to the largest such sum.
fn rounding(rows: usize, columns: usize) -> f64 {
    rows.max(columns) as f64 * f64::EPSILON
}

/// An error unless sums of products are finite: LAPACK is not made for others.
fn check_sums<D: Dimension>(sums: &ArrayRef<f64, D>) -> Result<()> {
    if sums.iter().all(|sum| sum.is_finite()) {
        return Ok(());
    }
    Err(Error::Invalid {
        what: "a sum of products",
        found: "more than f64 can hold".into(),
        expected: "a finite number; scale the data down".into(),
    })
}
