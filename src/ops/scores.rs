//! [`Scores`]: how well a network does.

use ndarray::{Array2, ArrayRef2};

use super::{Loss, Targets};
use crate::compute::flat::elements;
use crate::{Error, Float, Result};

/// How well a network does on a batch or a data set.
///
/// With the feature `serde` NaN is serialised as none, which is `null` in JSON, and none is read as NaN. JSON has no
/// infinity either: serde_json writes `null` for it, so that it is read as NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Scores {
    /// The mean of the rows' losses; a cross-entropy is in nats.
    #[cfg_attr(feature = "serde", serde(with = "crate::ops::serialised::number"))]
    pub loss: f64,
    /// The share of rows whose largest output is the label's, 0 to 1; for
    /// [`Loss::BinaryCrossEntropy`](crate::Loss) the share of outputs on the label's side, and NaN for
    /// [`Loss::MeanSquaredError`](crate::Loss), which knows no right or wrong.
    #[cfg_attr(feature = "serde", serde(with = "crate::ops::serialised::number"))]
    pub accuracy: f64,
}

impl Scores {
    /// Scores that you have computed yourself, for a network or a test of your own.
    ///
    /// ```
    /// use blasnet::Scores;
    ///
    /// let scores = Scores::new(0.25, 0.9);
    /// assert_eq!((scores.loss, scores.accuracy), (0.25, 0.9));
    /// ```
    pub const fn new(loss: f64, accuracy: f64) -> Self {
        Self { loss, accuracy }
    }
}

/// Scores of rows, added up instead of averaged, so that those of several parts of a batch can be added.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct Sums {
    /// The sum of the rows' losses.
    pub loss: f64,
    /// The rows that are right; where a row has several answers, its share of them. NaN where [`Scores::accuracy`] is.
    pub right: f64,
    /// How many rows there are.
    pub rows: usize,
}

impl Sums {
    /// The sums of rows with these scores.
    pub fn of(scores: Scores, rows: usize) -> Self {
        let count = rows as f64;
        Self { loss: scores.loss * count, right: scores.accuracy * count, rows }
    }

    /// Adds those of other rows.
    pub fn add(&mut self, other: Self) {
        self.loss += other.loss;
        self.right += other.right;
        self.rows += other.rows;
    }

    /// The means; NaN where there are no rows.
    pub fn scores(self) -> Scores {
        let count = self.rows as f64;
        Scores { loss: self.loss / count, accuracy: self.right / count }
    }
}

impl Loss {
    /// The scores of a batch with these outputs `z: [batch, out]`, and the derivative of the **sum** of its rows' losses by z:
    /// what a network of your own goes back from.
    ///
    /// # Errors
    ///
    /// If the labels do not fit the outputs or the loss, or the batch is empty.
    ///
    /// ```
    /// use blasnet::Loss;
    /// use ndarray::array;
    ///
    /// let (scores, dz) = Loss::MeanSquaredError.derivative(&array![[3.0], [1.0]], &array![[1.0], [1.0]])?;
    /// assert_eq!((scores.loss, dz), (2.0, array![[4.0], [0.0]]));
    /// # Ok::<(), blasnet::Error>(())
    /// ```
    pub fn derivative<'a, A: Float>(
        self,
        z: &ArrayRef2<A>,
        t: impl Into<Targets<'a, A>>,
    ) -> Result<(Scores, Array2<A>)> {
        self.scores_and_derivative("Loss::derivative", z, t.into())
    }

    /// Loss and share of right answers of a batch with these outputs.
    pub(crate) fn scores<A: Float>(
        self,
        op: &'static str,
        z: &ArrayRef2<A>,
        targets: Targets<'_, A>,
    ) -> Result<Scores> {
        Ok(self.scores_and_derivative(op, z, targets)?.0)
    }

    fn scores_and_derivative<A: Float>(
        self,
        op: &'static str,
        z: &ArrayRef2<A>,
        targets: Targets<'_, A>,
    ) -> Result<(Scores, Array2<A>)> {
        let (rows, outputs) = z.dim();
        if rows == 0 {
            return Err(Error::empty_batch());
        }
        targets.check(op, self, rows, outputs)?;
        let (z, t, mut dz) = (elements(z), targets.to_array(outputs), Array2::zeros((rows, outputs)));
        let t = t.as_slice().expect("a new array is contiguous");
        let derivative = dz.as_slice_mut().expect("a new array is contiguous");
        let sum = self.sum_with_derivative(&z, t, derivative, outputs);
        let scores = Scores { loss: sum / rows as f64, accuracy: self.share_right(&z, t, outputs) };
        Ok((scores, dz))
    }
}
