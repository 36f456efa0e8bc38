//! [`Scores`]: how well a network does.

use ndarray::ArrayRef2;

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

impl Loss {
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
        let sum = self.sum_with_derivative(&z, t, &mut vec![A::zero(); z.len()], outputs);
        Ok(Scores { loss: sum / rows as f64, accuracy: self.share_right(&z, t, outputs) })
    }
}
