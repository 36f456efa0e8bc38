//! Initial weights. The caller hands in the random generator, so that a seed decides everything.
//!
//! Shapes are those of a layer's weights, `[in, out]`. Numbers are drawn row by row in f64, so that f32 and f64 get the
//! same numbers from the same generator.

mod kind;
#[cfg(feature = "lapack")]
mod orthogonal;
mod scaled;

use ndarray::Array2;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

pub use kind::Init;
#[cfg(feature = "lapack")]
pub use orthogonal::orthogonal;
pub use scaled::{he_normal, he_uniform, xavier_normal, xavier_uniform};

use crate::Float;

/// A `[rows, columns]` matrix of draws from N(0, σ²), `σ` being the standard deviation.
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

/// A `[rows, columns]` matrix of draws from between −`limit` and `limit`, each number as likely as any other: their
/// standard deviation is limit / √3.
///
/// ```
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
/// let w = blasnet::init::uniform::<f32, _>((784, 500), 0.1, &mut rng);
/// assert!(w.iter().all(|w| w.abs() <= 0.1));
/// assert!((w.std(0.0) - 0.1 / 3.0_f32.sqrt()).abs() < 1e-3);
/// ```
pub fn uniform<A: Float, R: Rng + ?Sized>(shape: (usize, usize), limit: f64, rng: &mut R) -> Array2<A> {
    Array2::from_shape_simple_fn(shape, || {
        let from_0_to_1: f64 = rng.random();
        A::of(limit * (2.0 * from_0_to_1 - 1.0))
    })
}
