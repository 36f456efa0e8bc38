//! [`Scores`]: how well a network does.

/// How well a network does on a batch or a data set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// The mean of the rows' losses; a cross-entropy is in nats.
    pub loss: f64,
    /// The share of rows whose largest output is the label's, 0 to 1; for
    /// [`Loss::BinaryCrossEntropy`](crate::Loss) the share of outputs on the label's side, and NaN for
    /// [`Loss::MeanSquaredError`](crate::Loss), which knows no right or wrong.
    pub accuracy: f64,
}
