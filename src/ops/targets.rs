//! [`Targets`]: labels, as an array or as class numbers.

use ndarray::{Array2, ArrayRef2};

use super::Loss;
use crate::compute::flat::write_one_hot;
use crate::error::finite::check_finite;
use crate::{Error, Float, Result};

/// The labels of a batch: what the network should give for its rows.
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
    /// An error unless these are labels for this many rows and outputs that the loss can use.
    pub(crate) fn check(&self, op: &'static str, loss: Loss, rows: usize, outputs: usize) -> Result<()> {
        match self.0 {
            Form::Array(t) if t.dim() != (rows, outputs) => {
                let expected = format!("[{rows}, {outputs}], as the network's output");
                Err(Error::shape(op, "t", t.shape(), expected))
            }
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
        let expected = format!("[{rows}], one label for each row of `x`");
        return Err(Error::shape(op, "t", &[classes.len()], expected));
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
