//! Training: [`Trainer`] runs epochs of batches, and can shuffle, validate, stop early, keep a history and be resumed.
//!
//! It prints nothing: callbacks see every step. Its defaults are the course's batches, 100 rows drawn at random with
//! replacement, so the course's run (exercise 4-2) is
//!
//! ```no_run
//! use std::ops::ControlFlow;
//!
//! use blasnet::{Dataset, NeuralNetwork, Sgd, Trainer};
//! use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
//!
//! # fn run(data: &Dataset) -> blasnet::Result<()> {
//! let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
//! let mut network = NeuralNetwork::<f32>::new(NeuralNetwork::<f32>::COURSE, &mut rng)?;
//! Trainer::new(&mut network, &mut Sgd::new(0.0001), data)
//!     .epochs(100)
//!     .on_step(|step| {
//!         println!("Loss {}: {}", step.number, step.scores.loss);
//!         ControlFlow::Continue(())
//!     })
//!     .run(&mut rng)?;
//! # Ok(())
//! # }
//! ```
//!
//! For steps of your own write the loop: [`Mlp::train_on`](crate::Mlp::train_on) makes a step on the rows that you choose.

mod between;
mod callback;
#[cfg(feature = "checkpoint")]
pub mod checkpoint;
mod history;
mod metrics;
mod network;
mod order;
mod trainer;

pub use between::Between;
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

use crate::{Error, Result, Scores};

/// An error where a step's loss is no number that training can go on from.
fn check_loss(step: usize, scores: Scores, learning_rate: f64) -> Result<()> {
    match scores.loss.is_finite() {
        true => Ok(()),
        false => Err(Error::Diverged { step, loss: scores.loss, learning_rate }),
    }
}

/// A step's error, as that of a run: where a number was not finite, it says the step and the rate.
fn diverged(error: Error, step: usize, learning_rate: f64) -> Error {
    match error {
        Error::NotFinite { found, .. } => Error::Diverged { step, loss: found, learning_rate },
        error => error,
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
