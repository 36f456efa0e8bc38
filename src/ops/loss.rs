//! [`Loss`] and what it is told: [`Targets`], [`Reduction`].

use std::fmt;
use std::str::FromStr;

use ndarray::{Array2, ArrayRef2};

use crate::compute::flat::elements;
use crate::compute::kernels;
use crate::compute::parallel::sum_of_each;
use crate::data::write_one_hot;
use crate::error::finite::check_finite;
use crate::ops::Scores;
use crate::{Error, Float, Result};

/// What a network's outputs z: `[batch, out]` are held to, row by row. The loss of a batch is the mean over its
/// rows.
///
/// | loss | of a row, K outputs | derivative by zₖ | what z means |
/// |---|---|---|---|
/// | `SoftmaxCrossEntropy` | −Σₖ tₖ log softmax(z)ₖ | softmax(z)ₖ − tₖ (Σ tₖ = 1) | one of K classes |
/// | `MeanSquaredError` | 1/K Σₖ (zₖ − tₖ)² | 2/K (zₖ − tₖ) | z itself |
/// | `BinaryCrossEntropy` | −1/K Σₖ (tₖ log σ(zₖ) + (1 − tₖ) log(1 − σ(zₖ))) | (σ(zₖ) − tₖ)/K | each output yes or no |
///
/// σ is the sigmoid. The first and the last take logits, what comes before softmax or sigmoid, so that no
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
    /// For classes, of which one is right; labels are classes' numbers, or rows of shares that add up to 1.
    SoftmaxCrossEntropy,
    /// For numbers.
    MeanSquaredError,
    /// For answers of yes or no, any number of them; labels are 0 to 1.
    BinaryCrossEntropy,
}

/// Of what a training step's gradient is the gradient, when the loss is the mean over the batch.
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
}

/// The labels of a batch: what its rows should give.
///
/// Made from a reference to an array `[batch, out]`, or from class numbers below `out`, one for each row:
/// `&[2, 0, 1]`, a `&[usize]` or `&Vec<usize>`.
///
/// ```
/// use blasnet::Targets;
/// use ndarray::array;
///
/// let one_hot = array![[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]];
/// assert_eq!(Targets::from(&one_hot).rows(), 2);
/// assert_eq!(Targets::<f64>::from(&[2, 0]).rows(), 2);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Targets<'a, A>(pub(crate) Form<'a, A>);

#[derive(Debug, Clone, Copy)]
pub(crate) enum Form<'a, A> {
    Array(&'a ArrayRef2<A>),
    Classes(&'a [usize]),
}

impl<A> Targets<'_, A> {
    /// Rows of the batch.
    pub fn rows(&self) -> usize {
        match self.0 {
            Form::Array(t) => t.nrows(),
            Form::Classes(classes) => classes.len(),
        }
    }
}

impl<'a, A> From<&'a ArrayRef2<A>> for Targets<'a, A> {
    fn from(t: &'a ArrayRef2<A>) -> Self {
        Self(Form::Array(t))
    }
}

impl<'a, A, S: ndarray::Data<Elem = A>> From<&'a ndarray::ArrayBase<S, ndarray::Ix2>> for Targets<'a, A> {
    fn from(t: &'a ndarray::ArrayBase<S, ndarray::Ix2>) -> Self {
        Self(Form::Array(t))
    }
}

impl<'a, A> From<&'a [usize]> for Targets<'a, A> {
    fn from(classes: &'a [usize]) -> Self {
        Self(Form::Classes(classes))
    }
}

impl<'a, A, const N: usize> From<&'a [usize; N]> for Targets<'a, A> {
    fn from(classes: &'a [usize; N]) -> Self {
        Self(Form::Classes(classes))
    }
}

impl<'a, A> From<&'a Vec<usize>> for Targets<'a, A> {
    fn from(classes: &'a Vec<usize>) -> Self {
        Self(Form::Classes(classes))
    }
}

impl<A: Float> Targets<'_, A> {
    /// An error unless these are labels for so many rows of so many outputs, and such as the loss can use.
    pub(crate) fn check(&self, op: &'static str, loss: Loss, rows: usize, outputs: usize) -> Result<()> {
        match self.0 {
            Form::Array(t) if t.dim() != (rows, outputs) => Err(Error::Shape {
                op,
                what: "t",
                found: t.shape().to_vec(),
                expected: format!("[{rows}, {outputs}], as the network's output"),
            }),
            Form::Array(_) => Ok(()),
            Form::Classes(classes) => check_classes(op, classes, loss, rows, outputs),
        }
    }

    /// An error that names the place, unless all labels are finite.
    pub(crate) fn check_finite(&self, op: &'static str) -> Result<()> {
        match self.0 {
            Form::Array(t) => check_finite(op, "t", t),
            Form::Classes(_) => Ok(()),
        }
    }

    /// Writes the labels as rows; they have been checked.
    pub(crate) fn write(&self, t: &mut ArrayRef2<A>) {
        match self.0 {
            Form::Array(from) => t.assign(from),
            Form::Classes(classes) => write_one_hot(classes.iter().copied(), t),
        }
    }

    /// The labels as rows.
    pub(crate) fn to_array(self, outputs: usize) -> Array2<A> {
        let mut t = Array2::zeros((self.rows(), outputs));
        self.write(&mut t);
        t
    }
}

fn check_classes(op: &'static str, classes: &[usize], loss: Loss, rows: usize, outputs: usize) -> Result<()> {
    if loss != Loss::SoftmaxCrossEntropy {
        return Err(Error::Invalid {
            what: "the form of the labels",
            found: "class numbers".into(),
            expected: format!("an array [{rows}, {outputs}], which is what {loss} is held to"),
        });
    }
    if classes.len() != rows {
        let (found, expected) = (vec![classes.len()], format!("[{rows}], one label for each row of `x`"));
        return Err(Error::Shape { op, what: "t", found, expected });
    }
    match classes.iter().position(|&class| class >= outputs) {
        None => Ok(()),
        Some(row) => Err(Error::Invalid {
            what: "a label",
            found: format!("{} in row {row}", classes[row]),
            expected: format!("0 to {}, as the network has {outputs} outputs", outputs - 1),
        }),
    }
}

impl Loss {
    const ALL: [Self; 3] = [Self::SoftmaxCrossEntropy, Self::MeanSquaredError, Self::BinaryCrossEntropy];

    /// Gives the sum of the rows' losses, and writes its derivative by z. All three are `[batch, out]`, in
    /// row-major order.
    pub(crate) fn with_derivative<A: Float>(self, z: &[A], t: &[A], dz: &mut [A], outputs: usize) -> f64 {
        match self {
            Self::SoftmaxCrossEntropy => {
                let sum = kernels::softmax_cross_entropy(z, t, dz, outputs);
                for (dz, &t) in dz.iter_mut().zip(t) {
                    *dz -= t;
                }
                sum
            }
            Self::MeanSquaredError => {
                kernels::squared_error(A::of(2.0 / outputs as f64), z, t, dz) / outputs as f64
            }
            Self::BinaryCrossEntropy => {
                kernels::binary_cross_entropy(A::of(1.0 / outputs as f64), z, t, dz) / outputs as f64
            }
        }
    }

    /// The share of answers that are right: rows whose largest output is where the label's largest element is,
    /// or outputs on the label's side of 1/2. NaN for numbers, which are more or less right.
    pub(crate) fn share_right<A: Float>(self, z: &[A], t: &[A], outputs: usize) -> f64 {
        match self {
            Self::SoftmaxCrossEntropy => {
                let rows = z.chunks_exact(outputs).zip(t.chunks_exact(outputs));
                let right = rows.filter(|(z, t)| argmax(z) == argmax(t)).count();
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

    /// Loss and share of right answers of a batch with these outputs.
    pub(crate) fn scores<A: Float>(
        self,
        op: &'static str,
        z: &ArrayRef2<A>,
        targets: Targets<'_, A>,
    ) -> Result<Scores> {
        let (rows, outputs) = z.dim();
        if rows == 0 {
            return Err(Error::empty_batch());
        }
        targets.check(op, self, rows, outputs)?;
        let (z, t) = (elements(z), targets.to_array(outputs));
        let t = t.as_slice().expect("a new array is contiguous");
        let mut dz = vec![A::zero(); z.len()];
        let work = (&*z, (t, &mut *dz));
        let sum = sum_of_each(work, outputs, |(z, (t, dz))| self.with_derivative(z, t, dz, outputs));
        Ok(Scores { loss: sum / rows as f64, accuracy: self.share_right(&z, t, outputs) })
    }

    /// What the outputs mean: probabilities of logits, numbers as they are.
    pub(crate) fn interpret_inplace<A: Float>(self, z: &mut [A], outputs: usize) {
        match self {
            Self::SoftmaxCrossEntropy => kernels::softmax_inplace(z, outputs),
            Self::MeanSquaredError => {}
            Self::BinaryCrossEntropy => kernels::sigmoid_inplace(z),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::SoftmaxCrossEntropy => "softmax-cross-entropy",
            Self::MeanSquaredError => "mean-squared-error",
            Self::BinaryCrossEntropy => "binary-cross-entropy",
        }
    }
}

/// The place of the largest element, the first of equals; NaN is never larger.
fn argmax<A: Float>(row: &[A]) -> usize {
    let mut best = (0, row[0]);
    for (place, &value) in row.iter().enumerate() {
        if value > best.1 {
            best = (place, value);
        }
    }
    best.0
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// From the name that [`Display`](fmt::Display) gives.
impl FromStr for Loss {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|loss| loss.name() == name).ok_or_else(|| Error::Invalid {
            what: "the loss",
            found: format!("`{name}`"),
            expected: Self::ALL.map(Self::name).join(", "),
        })
    }
}
