//! [`Init`]: which initial weights, as a value.

use ndarray::Array2;
use rand::Rng;

use super::{gaussian, he_normal, he_uniform, uniform, xavier_normal, xavier_uniform};
use crate::error::settings;
use crate::{Float, Result};

/// A kind of initial weights for a layer, `[in, out]`.
///
/// | | the draws | standard deviation |
/// |---|---|---|
/// | `Gaussian` | N(0, σ²) | σ |
/// | `Uniform` | evenly from −limit to limit | limit / √3 |
/// | `XavierNormal` | N(0, 2 / (in + out)) | √(2 / (in + out)) |
/// | `XavierUniform` | evenly from ∓√(6 / (in + out)) | √(2 / (in + out)) |
/// | `HeNormal` | N(0, 2 / in) | √(2 / in) |
/// | `HeUniform` | evenly from ∓√(6 / in) | √(2 / in) |
/// | `Orthogonal` | orthonormal rows or columns | 1 / √(the larger of in and out) |
///
/// Sources are in the functions of [`init`](crate::nn::init) with these names. `Orthogonal` needs the feature `lapack`.
///
/// ```
/// use blasnet::Init;
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
/// let w = Init::HeNormal.weights::<f32, _>((784, 500), &mut rng)?;
/// assert!((w.std(0.0) - (2.0_f32 / 784.0).sqrt()).abs() < 1e-3);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Init {
    /// [`gaussian`].
    Gaussian {
        /// The standard deviation.
        sigma: f64,
    },
    /// [`uniform`].
    Uniform {
        /// The largest weight that can be.
        limit: f64,
    },
    /// [`xavier_normal`].
    XavierNormal,
    /// [`xavier_uniform`].
    XavierUniform,
    /// [`he_normal`].
    HeNormal,
    /// [`he_uniform`].
    HeUniform,
    /// [`orthogonal`](super::orthogonal).
    #[cfg(feature = "lapack")]
    Orthogonal,
}

impl Init {
    /// Weights of this kind.
    ///
    /// # Errors
    ///
    /// If `sigma` or `limit` is negative or not finite, or LAPACK fails, which it does not on finite draws.
    pub fn weights<A: Float, R: Rng + ?Sized>(self, shape: (usize, usize), rng: &mut R) -> Result<Array2<A>> {
        Ok(match self {
            Self::Gaussian { sigma } => {
                settings::not_negative::<A>("sigma", sigma)?;
                gaussian(shape, sigma, rng)
            }
            Self::Uniform { limit } => {
                settings::not_negative::<A>("the limit", limit)?;
                uniform(shape, limit, rng)
            }
            Self::XavierNormal => xavier_normal(shape, rng),
            Self::XavierUniform => xavier_uniform(shape, rng),
            Self::HeNormal => he_normal(shape, rng),
            Self::HeUniform => he_uniform(shape, rng),
            #[cfg(feature = "lapack")]
            Self::Orthogonal => super::orthogonal(shape, rng)?,
        })
    }
}
