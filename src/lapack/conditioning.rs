//! [`Conditioning`]: how differently a matrix stretches different directions.

use ndarray::{ArrayRef2, ArrayViewD, Ix2};

use super::singular;
use crate::error::finite::check_finite;
use crate::{Error, Float, Result};

/// How differently a weight matrix stretches different directions, by its singular values
/// σ₁ ≥ … ≥ σᵣ, r = min(in, out).
///
/// A layer whose condition number is large answers to some directions only, and its gradients go back along these.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
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
    check_finite(OP, "w", w)?;
    let (values, _) = singular(OP, w.mapv(A::as_f64), false)?;
    let (spectral_norm, smallest) = (values[0], values[values.len() - 1]);
    let condition_number = if smallest > 0.0 { spectral_norm / smallest } else { f64::INFINITY };
    Ok(Conditioning { spectral_norm, smallest, condition_number })
}

/// The [`conditioning`] of each layer's weights, by the parameter's name: of what
/// [`NeuralNetwork::parameters`](crate::NeuralNetwork::parameters) or [`Mlp::parameters`](crate::Mlp::parameters)
/// gives. Biases are left out.
///
/// # Errors
///
/// As `conditioning`.
///
/// ```
/// use blasnet::lapack::conditioning_of_layers;
/// use blasnet::{Activation, Init, Loss, Mlp};
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
/// let network = Mlp::<f32>::builder(30)
///     .hidden(20, Activation::Tanh)
///     .output(10, Loss::SoftmaxCrossEntropy)
///     .init(Init::Orthogonal)
///     .build(&mut rng)?;
/// for (name, found) in conditioning_of_layers(network.parameters())? {
///     assert!((found.condition_number - 1.0).abs() < 1e-5, "{name}");
/// }
/// # Ok::<(), blasnet::Error>(())
/// ```
pub fn conditioning_of_layers<'a, A: Float>(
    parameters: impl IntoIterator<Item = (&'a str, ArrayViewD<'a, A>)>,
) -> Result<Vec<(&'a str, Conditioning)>> {
    let weights = parameters.into_iter().filter_map(|(name, values)| {
        let w = values.into_dimensionality::<Ix2>().ok()?;
        Some(conditioning(&w).map(|found| (name, found)))
    });
    weights.collect()
}
