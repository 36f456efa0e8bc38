//! [`Callback`]: what looks at a run from outside, and may end it.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{EpochScores, History, Position};
use crate::{Result, Scores};

/// A run as a callback sees it: all that its rest depends on.
#[derive(Debug)]
#[non_exhaustive]
pub struct Run<'r, N, O, R> {
    /// The network.
    pub network: &'r N,
    /// The optimiser.
    pub optimizer: &'r O,
    /// Where the run is.
    pub position: &'r Position<R>,
}

/// A step that has just been made.
#[derive(Debug)]
#[non_exhaustive]
pub struct Step<'r, N, O, R> {
    /// Its number, from 0.
    pub number: usize,
    /// The batch's scores from before the step.
    pub scores: Scores,
    /// The run after the step.
    pub run: Run<'r, N, O, R>,
}

/// An epoch that has just been finished.
#[derive(Debug)]
#[non_exhaustive]
pub struct Epoch<'r, N> {
    /// Its number, from 0.
    pub number: usize,
    /// Its scores, which are also the last of `history`.
    pub scores: EpochScores,
    /// All epochs so far.
    pub history: &'r History,
    /// The network after the epoch's last step.
    pub network: &'r N,
}

/// What a [`Trainer`](super::Trainer) calls after each step and each epoch, at the beginning and at the end. All do
/// nothing by default.
///
/// Callbacks are asked in the order in which they were added; all of them, even where one ends the run.
pub trait Callback<N, O, R> {
    /// Before the first step of a run, or of the rest of a resumed one.
    ///
    /// # Errors
    ///
    /// An error ends the run.
    fn on_begin(&mut self, run: &Run<'_, N, O, R>) -> Result<()> {
        let _ = run;
        Ok(())
    }

    /// Behind each step. `Break` interrupts the run: [`Position`] is where it can be resumed.
    ///
    /// # Errors
    ///
    /// An error ends the run.
    fn on_step(&mut self, step: &Step<'_, N, O, R>) -> Result<ControlFlow<()>> {
        let _ = step;
        Ok(ControlFlow::Continue(()))
    }

    /// Behind each epoch, before its last step's `on_step`. `Break` ends the run for good: nothing is left to resume.
    ///
    /// # Errors
    ///
    /// An error ends the run.
    fn on_epoch(&mut self, epoch: &Epoch<'_, N>) -> Result<ControlFlow<()>> {
        let _ = epoch;
        Ok(ControlFlow::Continue(()))
    }

    /// When the run is over, or has been interrupted; not after an error.
    ///
    /// # Errors
    ///
    /// An error is what the run gives.
    fn on_end(&mut self, run: &Run<'_, N, O, R>) -> Result<()> {
        let _ = run;
        Ok(())
    }
}

/// What points to a callback is one.
macro_rules! forward {
    ($(#[$attribute:meta])* $pointer:ty) => {
        $(#[$attribute])*
        impl<N, O, R, C: Callback<N, O, R> + ?Sized> Callback<N, O, R> for $pointer {
            fn on_begin(&mut self, run: &Run<'_, N, O, R>) -> Result<()> {
                (**self).on_begin(run)
            }

            fn on_step(&mut self, step: &Step<'_, N, O, R>) -> Result<ControlFlow<()>> {
                (**self).on_step(step)
            }

            fn on_epoch(&mut self, epoch: &Epoch<'_, N>) -> Result<ControlFlow<()>> {
                (**self).on_epoch(epoch)
            }

            fn on_end(&mut self, run: &Run<'_, N, O, R>) -> Result<()> {
                (**self).on_end(run)
            }
        }
    };
}

forward!(
    /// For a callback that is wanted back after the run.
    &mut C
);
forward!(
    /// For callbacks that are chosen at run time: a `Box<dyn Callback<N, O, R>>`.
    Box<C>
);

/// What a closure for [`Trainer::on_step`](super::Trainer::on_step) or [`Trainer::on_epoch`](super::Trainer::on_epoch)
/// returns: a [`ControlFlow`], or a [`Result`] of one if it can fail. Sealed.
pub trait IntoControl: sealed::Sealed {
    /// As a [`Callback`] returns it.
    ///
    /// # Errors
    ///
    /// The closure's own.
    fn into_control(self) -> Result<ControlFlow<()>>;
}

impl IntoControl for ControlFlow<()> {
    fn into_control(self) -> Result<ControlFlow<()>> {
        Ok(self)
    }
}

impl IntoControl for Result<ControlFlow<()>> {
    fn into_control(self) -> Self {
        self
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for std::ops::ControlFlow<()> {}
    impl Sealed for crate::Result<std::ops::ControlFlow<()>> {}
}

/// A closure as a callback for steps.
pub(super) struct OnStep<F>(pub(super) F);

impl<N, O, R, C: IntoControl, F: FnMut(&Step<'_, N, O, R>) -> C> Callback<N, O, R> for OnStep<F> {
    fn on_step(&mut self, step: &Step<'_, N, O, R>) -> Result<ControlFlow<()>> {
        self.0(step).into_control()
    }
}

/// A closure as a callback for epochs.
pub(super) struct OnEpoch<F>(pub(super) F);

impl<N, O, R, C: IntoControl, F: FnMut(&Epoch<'_, N>) -> C> Callback<N, O, R> for OnEpoch<F> {
    fn on_epoch(&mut self, epoch: &Epoch<'_, N>) -> Result<ControlFlow<()>> {
        self.0(epoch).into_control()
    }
}

/// Ends a run once the validation loss has not been lower than ever before for `patience` epochs in a row.
///
/// It decides by the [`History`] alone, so that a resumed run ends where the uninterrupted one does. Without a
/// validation split it never ends a run. The network keeps the parameters of the last epoch, not of the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarlyStopping {
    patience: usize,
}

impl EarlyStopping {
    /// Gives up after this many epochs without a better one; at least 1.
    pub const fn new(patience: usize) -> Self {
        Self { patience }
    }
}

impl<N, O, R> Callback<N, O, R> for EarlyStopping {
    fn on_epoch(&mut self, epoch: &Epoch<'_, N>) -> Result<ControlFlow<()>> {
        Ok(match epoch.history.best_epoch() {
            Some(best) if epoch.number - best >= self.patience.max(1) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        })
    }
}

/// Interrupts a run from another thread, or from a signal handler: give the run one clone, and keep another.
///
/// ```
/// use blasnet::train::Cancel;
///
/// let cancel = Cancel::default();
/// let for_the_run = cancel.clone();
/// cancel.cancel();
/// assert!(for_the_run.is_cancelled());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// The run ends after the current step.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody has called [`cancel`](Self::cancel).
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A flag that was raised already means the same.
impl From<Arc<AtomicBool>> for Cancel {
    fn from(flag: Arc<AtomicBool>) -> Self {
        Self(flag)
    }
}

impl<N, O, R> Callback<N, O, R> for Cancel {
    fn on_step(&mut self, _: &Step<'_, N, O, R>) -> Result<ControlFlow<()>> {
        Ok(if self.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}
