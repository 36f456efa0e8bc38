//! [`orthogonal`]: weights that stretch no direction.

use ndarray::Array2;
use ndarray_linalg::QR;
use rand::Rng;

use super::gaussian;
use crate::{Error, Float, Result};

/// A `[rows, columns]` matrix whose rows (if there are fewer) or columns are orthonormal, uniformly
/// distributed among all such matrices: no direction is stretched on the way through the layer.
///
/// The Q of a Gaussian matrix's QR factorisation by LAPACK, its columns' signs taken from the
/// diagonal of R, without which the distribution is not uniform (Mezzadri, *How to generate
/// random matrices from the classical compact groups*, 2007).
///
/// # Errors
///
/// If LAPACK fails, which it does not on finite draws.
///
/// ```
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
/// let w = blasnet::init::orthogonal::<f64, _>((50, 20), &mut rng)?;
/// assert!(w.t().dot(&w).abs_diff_eq(&ndarray::Array2::eye(20), 1e-12));
/// # Ok::<(), blasnet::Error>(())
/// ```
pub fn orthogonal<A: Float, R: Rng + ?Sized>(shape: (usize, usize), rng: &mut R) -> Result<Array2<A>> {
    let (rows, columns) = shape;
    let (long, short) = (rows.max(columns), rows.min(columns));
    if short == 0 {
        return Ok(Array2::zeros(shape));
    }
    let (mut q, r) = gaussian::<f64, _>((long, short), 1.0, rng)
        .qr()
        .map_err(|error| Error::Lapack { op: "init::orthogonal", problem: error.to_string() })?;
    for (mut column, &diagonal) in q.columns_mut().into_iter().zip(r.diag()) {
        if diagonal < 0.0 {
            column.map_inplace(|x| *x = -*x);
        }
    }
    let q = if rows < columns { q.reversed_axes() } else { q };
    Ok(Array2::from_shape_fn(shape, |place| A::of(q[place])))
}
