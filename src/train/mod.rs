//! Training: the course's loop ([`Training`], exercise 4-2), and [`Trainer`], which also shuffles, validates, stops
//! early, keeps a history and can be resumed.
//!
//! Neither prints: callbacks see every step.

mod callback;
#[cfg(feature = "checkpoint")]
pub mod checkpoint;
mod history;
mod metrics;
mod network;
mod order;
mod trainer;
mod training;

pub use callback::{Callback, Cancel, EarlyStopping, Epoch, IntoControl, Run, Step};
#[cfg(feature = "checkpoint")]
pub(crate) use history::Sums;
pub use history::{EpochScores, History};
pub use metrics::Confusion;
pub(crate) use network::for_outputs;
pub use network::{Network, evaluate};
pub use order::{Order, steps_per_epoch};
#[cfg(feature = "checkpoint")]
pub(crate) use trainer::Plan;
pub use trainer::{Outcome, Position, Trainer};
pub use training::{Progress, Training};

use crate::{Error, Result, Scores};

/// An error where a step's loss is no number that training can go on from.
fn check_loss(step: usize, scores: Scores, learning_rate: f64) -> Result<()> {
    match scores.loss.is_finite() {
        true => Ok(()),
        false => Err(Error::Diverged { step, loss: scores.loss, learning_rate }),
    }
}

/// An error unless batches of so many rows can be drawn from so many.
fn check_batch(batch: usize, rows: usize) -> Result<()> {
    if (1..=rows).contains(&batch) {
        return Ok(());
    }
    Err(Error::Invalid {
        what: "the batch size",
        found: batch.to_string(),
        expected: format!("1 to {rows}, the rows of the data"),
    })
}
