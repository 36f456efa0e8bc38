//! [`Conditioning`]: how differently a matrix stretches different directions.

use ndarray::ArrayRef2;

use super::{check_finite, singular};
use crate::{Error, Float, Result};

/// How differently a weight matrix stretches different directions, by its singular values
/// σ₁ ≥ … ≥ σᵣ, r = min(in, out).
///
/// A layer whose condition number is large answers to some directions only, and its gradients go back along these.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conditioning {
    /// σ₁, the matrix's spectral norm: what it stretches a vector by at most.
    pub spectral_norm: f64,
    /// σᵣ: what it stretches by least among the directions that it could keep apart.
    pub smallest: f64,
    /// σ₁ / σᵣ: 1 where all directions are stretched alike, infinite for a matrix of zeros.
    ///
    /// Of a matrix of lower rank than r it is infinite, too, but rounding leaves of it some 10¹⁶.
    pub condition_number: f64,
}

/// The [`Conditioning`] of a weight matrix `w: [in, out]`, of its singular values as LAPACK computes them in f64:
/// each with an error of some 10⁻¹⁶ σ₁.
///
/// # Errors
///
/// If `w` is empty or holds a number that is not finite.
///
/// ```
/// use blasnet::lapack::conditioning;
/// use ndarray::array;
///
/// let found = conditioning(&array![[0.0, 4.0], [0.5, 0.0], [0.0, 0.0]])?;
/// assert!((found.spectral_norm - 4.0).abs() < 1e-12);
/// assert!((found.smallest - 0.5).abs() < 1e-12);
/// assert!((found.condition_number - 8.0).abs() < 1e-12);
/// # Ok::<(), blasnet::Error>(())
/// ```
pub fn conditioning<A: Float>(w: &ArrayRef2<A>) -> Result<Conditioning> {
    const OP: &str = "lapack::conditioning";
    if w.is_empty() {
        return Err(Error::Shape {
            op: OP,
            what: "w",
            found: w.shape().to_vec(),
            expected: "at least one row and one column".into(),
        });
    }
    check_finite("a weight", w)?;
    let (values, _) = singular(OP, w.mapv(A::as_f64), false)?;
    let (spectral_norm, smallest) = (values[0], values[values.len() - 1]);
    let condition_number = if smallest > 0.0 { spectral_norm / smallest } else { f64::INFINITY };
    Ok(Conditioning { spectral_norm, smallest, condition_number })
}
