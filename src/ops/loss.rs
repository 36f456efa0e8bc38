//! [`Loss`] of a batch's rows, and [`Reduction`] to one number.

use std::fmt;
use std::str::FromStr;

use ndarray::aview1;

use super::{Activation, argmax, softmax, softmax_cross_entropy};
use crate::compute::kernels;
use crate::compute::parallel::{each, sum_of_each};
use crate::{Error, Float, Result};

/// What a network's outputs z: `[batch, out]` are compared by with labels t of the same shape, row by row. The loss of
/// a batch is the mean over its rows.
///
/// | loss | of a row, K outputs | derivative by zₖ | what z means |
/// |---|---|---|---|
/// | `SoftmaxCrossEntropy` | −Σₖ tₖ log softmax(z)ₖ | softmax(z)ₖ − tₖ (Σ tₖ = 1) | one of K classes |
/// | `MeanSquaredError` | 1/K Σₖ (zₖ − tₖ)² | 2/K (zₖ − tₖ) | z itself |
/// | `BinaryCrossEntropy` | −1/K Σₖ (tₖ log σ(zₖ) + (1 − tₖ) log(1 − σ(zₖ))) | (σ(zₖ) − tₖ)/K | each output yes or no |
///
/// σ is the sigmoid. The first and the last take logits, the values before softmax or sigmoid, so that no
/// probability is too small for the number type. Each equals PyTorch's function with `reduction="mean"`
/// (`cross_entropy`, `mse_loss`, `binary_cross_entropy_with_logits`).
///
/// ```
/// use blasnet::Loss;
///
/// assert_eq!("mean-squared-error".parse::<Loss>()?, Loss::MeanSquaredError);
/// assert_eq!(Loss::BinaryCrossEntropy.to_string(), "binary-cross-entropy");
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loss {
    /// For classes, of which one is right; labels are class numbers, or rows of shares that add up to 1.
    SoftmaxCrossEntropy,
    /// For numbers.
    MeanSquaredError,
    /// For answers of yes or no, any number of them; labels are 0 to 1.
    BinaryCrossEntropy,
}

/// Whether the gradient of a training step is that of the mean of a batch's losses or of their sum.
///
/// What a learning rate means depends on it: for a batch of 100 the gradient of the sum is a hundred times that
/// of the mean, and a rate meant for one is a hundred times wrong for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Reduction {
    /// The mean over the batch's rows: what other libraries do, and what the usual rates are meant for.
    #[default]
    Mean,
    /// The sum over the batch's rows: the course's convention, and [`NeuralNetwork`](crate::NeuralNetwork)'s.
    Sum,
}

impl Reduction {
    /// What the gradient of the sum is multiplied by.
    pub(crate) fn scale<A: Float>(self, rows: usize) -> A {
        match self {
            Self::Mean => A::of(1.0 / rows as f64),
            Self::Sum => A::one(),
        }
    }

    /// One number from the sum of the rows' losses.
    pub(crate) fn of_sum<A: Float>(self, sum: f64, rows: usize) -> A {
        A::of(match self {
            Self::Mean => sum / rows as f64,
            Self::Sum => sum,
        })
    }

    /// The derivative by z, given that of the sum and the one by the reduced loss.
    pub(crate) fn backprop<A: Float>(self, by_loss: A, rows: usize, of_sum: &[A], dz: &mut [A]) {
        let scale = by_loss * self.scale(rows);
        each((of_sum, dz), 1, |(of_sum, dz)| {
            for (&of_sum, dz) in of_sum.iter().zip(dz) {
                *dz = scale * of_sum;
            }
        });
    }
}

impl Loss {
    /// All losses with their names.
    const NAMES: [(Self, &'static str); 3] = [
        (Self::SoftmaxCrossEntropy, "softmax-cross-entropy"),
        (Self::MeanSquaredError, "mean-squared-error"),
        (Self::BinaryCrossEntropy, "binary-cross-entropy"),
    ];

    /// Gives the sum of the rows' losses, and writes its derivative by z. All three are `[batch, out]`, in
    /// row-major order. On this thread.
    pub(crate) fn with_derivative<A: Float>(self, z: &[A], t: &[A], dz: &mut [A], outputs: usize) -> f64 {
        let k = outputs as f64;
        match self {
            Self::SoftmaxCrossEntropy => softmax_cross_entropy::with_derivative(z, t, dz, outputs),
            Self::MeanSquaredError => kernels::squared_error(A::of(2.0 / k), z, t, dz) / k,
            Self::BinaryCrossEntropy => kernels::binary_cross_entropy(A::of(1.0 / k), z, t, dz) / k,
        }
    }

    /// [`with_derivative`](Self::with_derivative), its rows shared out.
    pub(crate) fn sum_with_derivative<A: Float>(self, z: &[A], t: &[A], dz: &mut [A], outputs: usize) -> f64 {
        sum_of_each((z, (t, dz)), outputs, |(z, (t, dz))| self.with_derivative(z, t, dz, outputs))
    }

    /// The share of answers that are right: rows whose largest output is where the label's largest element is,
    /// or outputs on the label's side of 1/2. NaN for numbers, which are more or less right.
    pub(crate) fn share_right<A: Float>(self, z: &[A], t: &[A], outputs: usize) -> f64 {
        match self {
            Self::SoftmaxCrossEntropy => {
                let rows = z.chunks_exact(outputs).zip(t.chunks_exact(outputs));
                let right = rows.filter(|(z, t)| argmax(&aview1(z)) == argmax(&aview1(t))).count();
                right as f64 / (z.len() / outputs) as f64
            }
            Self::MeanSquaredError => f64::NAN,
            Self::BinaryCrossEntropy => {
                let half = A::of(0.5);
                let right = z.iter().zip(t).filter(|&(&z, &t)| (z > A::zero()) == (t > half)).count();
                right as f64 / z.len() as f64
            }
        }
    }

    /// What the outputs mean: probabilities for logits, numbers as they are.
    pub(crate) fn interpret_inplace<A: Float>(self, z: &mut [A], outputs: usize) {
        match self {
            Self::SoftmaxCrossEntropy => softmax::inplace(z, outputs),
            Self::MeanSquaredError => {}
            Self::BinaryCrossEntropy => Activation::Sigmoid.inplace(z),
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::NAMES.iter().find(|(loss, _)| loss == self).expect("each has a name").1)
    }
}

/// From the name that [`Display`](fmt::Display) gives.
impl FromStr for Loss {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let named = Self::NAMES.into_iter().find(|&(_, of_loss)| of_loss == name);
        named.map(|(loss, _)| loss).ok_or_else(|| Error::Invalid {
            what: "the loss",
            found: format!("`{name}`"),
            expected: Self::NAMES.map(|(_, name)| name).join(", "),
        })
    }
}
