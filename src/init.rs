//! Initial weights. The caller hands in the random generator, so that a seed decides everything.

use ndarray::Array2;
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::Float;

/// A `[rows, columns]` matrix of draws from N(0, σ²), `σ` being the standard deviation.
///
/// Drawn row by row in f64, so that f32 and f64 get the same numbers from the same generator.
///
/// ```
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
/// let w = blasnet::init::gaussian::<f32, _>((784, 500), 0.1, &mut rng);
/// assert!((w.std(0.0) - 0.1).abs() < 1e-3);
/// ```
pub fn gaussian<A: Float, R: Rng + ?Sized>(shape: (usize, usize), sigma: f64, rng: &mut R) -> Array2<A> {
    Array2::from_shape_simple_fn(shape, || {
        let standard: f64 = StandardNormal.sample(rng);
        A::of(sigma * standard)
    })
}

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
/// # #[cfg(feature = "lapack")] {
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
/// let w = blasnet::init::orthogonal::<f64, _>((50, 20), &mut rng)?;
/// assert!(w.t().dot(&w).abs_diff_eq(&ndarray::Array2::eye(20), 1e-12));
/// # }
/// # Ok::<(), blasnet::Error>(())
/// ```
#[cfg(feature = "lapack")]
pub fn orthogonal<A: Float, R: Rng + ?Sized>(shape: (usize, usize), rng: &mut R) -> crate::Result<Array2<A>> {
    use ndarray_linalg::QR;

    let (rows, columns) = shape;
    let (long, short) = (rows.max(columns), rows.min(columns));
    if short == 0 {
        return Ok(Array2::zeros(shape));
    }
    let (mut q, r) = gaussian::<f64, _>((long, short), 1.0, rng)
        .qr()
        .map_err(|error| crate::Error::Lapack { op: "init::orthogonal", problem: error.to_string() })?;
    for (mut column, &diagonal) in q.columns_mut().into_iter().zip(r.diag()) {
        if diagonal < 0.0 {
            column.map_inplace(|x| *x = -*x);
        }
    }
    let q = if rows < columns { q.reversed_axes() } else { q };
    Ok(Array2::from_shape_fn(shape, |place| A::of(q[place])))
}
