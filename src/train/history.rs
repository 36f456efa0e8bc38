//! [`History`]: what a run was like, epoch by epoch.

use crate::Scores;

/// How a run went, as data.
///
/// With the feature `serde` it can be serialised; a number that is NaN, as the accuracy of a network that is held to
/// numbers, becomes none: see [`Scores`]. JSON gives back every bit if serde_json has its feature `float_roundtrip`.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct History {
    /// The epochs that were finished, the first one first.
    pub epochs: Vec<EpochScores>,
}

/// One epoch of a [`History`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct EpochScores {
    /// The mean of its batches' scores, each from before its step.
    pub train: Scores,
    /// The validation split's scores after its last step, if there is such a split.
    pub validation: Option<Scores>,
    /// The learning rate of the step to come.
    #[cfg_attr(feature = "serde", serde(with = "crate::ops::serialised::number"))]
    pub learning_rate: f64,
}

impl EpochScores {
    /// An epoch that went like this.
    pub const fn new(train: Scores, validation: Option<Scores>, learning_rate: f64) -> Self {
        Self { train, validation, learning_rate }
    }
}

impl History {
    /// The epoch, from 0, with the lowest validation loss, the earliest of equals; `None` where nothing was validated.
    pub fn best_epoch(&self) -> Option<usize> {
        let loss = |epoch: &EpochScores| epoch.validation.map(|scores| scores.loss);
        let losses = self.epochs.iter().enumerate().filter_map(|(epoch, of)| Some((epoch, loss(of)?)));
        losses.min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(epoch, _)| epoch)
    }
}

/// The mean of a number of steps' scores, which grows step by step.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Sums {
    pub(crate) loss: f64,
    pub(crate) accuracy: f64,
}

impl Sums {
    pub(super) fn add(&mut self, scores: Scores) {
        self.loss += scores.loss;
        self.accuracy += scores.accuracy;
    }

    pub(super) fn mean(self, steps: usize) -> Scores {
        let steps = steps as f64;
        Scores { loss: self.loss / steps, accuracy: self.accuracy / steps }
    }
}
