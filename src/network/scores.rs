//! [`Scores`]: how well a network does.

use ndarray::{Array2, ArrayRef2};

use crate::flat::elements;
use crate::{Float, Result, SoftmaxCrossEntropy};

/// How well a network does on a batch or a data set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// The mean cross-entropy, in nats.
    pub loss: f64,
    /// The share of rows whose largest logit is the label's: 0 to 1.
    pub accuracy: f64,
}

/// Loss and accuracy of a batch with these logits.
pub(super) fn scores<A: Float>(logits: &Array2<A>, t: &ArrayRef2<A>) -> Result<Scores> {
    let loss = SoftmaxCrossEntropy::new().forward(logits, t)?.as_f64();
    Ok(Scores { loss, accuracy: share_right(&elements(logits), &elements(t), t.ncols()) })
}

/// The share of rows whose largest logit is where the label's largest element is.
pub(crate) fn share_right<A: Float>(logits: &[A], t: &[A], outputs: usize) -> f64 {
    let rows = logits.chunks_exact(outputs).zip(t.chunks_exact(outputs));
    let right = rows.filter(|(z, t)| argmax(z) == argmax(t)).count();
    right as f64 / (logits.len() / outputs) as f64
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
