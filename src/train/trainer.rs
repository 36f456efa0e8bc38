//! [`Trainer`]: a run with everything that one wants around it.

use std::fmt;

use rand::Rng;

use super::callback::{OnEpoch, OnStep};
use super::history::Sums;
use super::order::Batches;
use super::{
    Between, Callback, Epoch, EpochScores, History, IntoControl, Network, Order, Run, Step, check_batch,
    check_loss, diverged, evaluate,
};
use crate::error::finite::check_finite_values;
use crate::{Dataset, Error, Optimizer, Part, Result, Scores};

/// Trains a network on a data set: epochs of batches in an [`Order`], scored on a validation split, watched by
/// [`Callback`]s, recorded in a [`History`], and from any [`Position`] on.
///
/// ```
/// use blasnet::train::{EarlyStopping, Order, Trainer};
/// use blasnet::{Activation, Adam, Dataset, Loss, Mlp};
/// use ndarray::Array2;
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let data = Dataset::new(Array2::from_diag_elem(10, 255_u8), (0..10).collect(), 10)?;
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
/// let mut network = Mlp::<f32>::builder(10)
///     .hidden(20, Activation::Relu)
///     .output(10, Loss::SoftmaxCrossEntropy)
///     .build(&mut rng)?;
/// let mut adam = Adam::new(0.01);
///
/// let outcome = Trainer::new(&mut network, &mut adam, &data)
///     .epochs(50)
///     .batch(5)
///     .order(Order::Shuffled)
///     .validate(&data) // a split of its own, where there is more data
///     .callback(EarlyStopping::new(5))
///     .run(&mut rng)?;
///
/// assert_eq!(outcome.position.steps(), 100);
/// let last = outcome.position.history().epochs[49];
/// assert_eq!(last.validation.map(|scores| scores.accuracy), Some(1.0));
/// # Ok::<(), blasnet::Error>(())
/// ```
#[must_use = "nothing is trained before `run`"]
pub struct Trainer<'a, N: Network, O, R> {
    network: &'a mut N,
    optimizer: &'a mut O,
    data: &'a Dataset,
    validation: Option<&'a Dataset>,
    epochs: usize,
    plan: Plan,
    between: Option<Box<dyn Between<N::Number> + 'a>>,
    callbacks: Vec<Box<dyn Callback<N, O, R> + 'a>>,
    position: Option<Position<R>>,
}

/// What decides which rows make up a batch, beside the generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) order: Order,
    pub(crate) rows: usize,
    pub(crate) batch: usize,
}

/// Where a run is: between two steps. With its network and its optimiser, all that the rest depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct Position<R> {
    pub(crate) plan: Plan,
    /// Steps that were made.
    pub(crate) steps: usize,
    /// The generator, as it was at the beginning of the epoch that the last step was in.
    pub(crate) epoch_rng: R,
    /// Of that epoch's steps; nothing after its last.
    pub(crate) sums: Sums,
    pub(crate) history: History,
    /// A callback has ended the run for good.
    pub(crate) ended: bool,
}

/// What became of a run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Outcome<R> {
    /// Where it is; [`Trainer::resume`] goes on from here.
    pub position: Position<R>,
    /// Whether a callback interrupted it, so that there are steps left.
    pub interrupted: bool,
}

impl<R> Position<R> {
    /// Steps that were made.
    pub const fn steps(&self) -> usize {
        self.steps
    }

    /// The epochs that were finished.
    pub const fn history(&self) -> &History {
        &self.history
    }
}

impl<'a, N, O, R> Trainer<'a, N, O, R>
where
    N: Network,
    O: Optimizer<N::Number>,
    R: Rng + Clone,
{
    /// A run of one epoch, in batches of 100 (or as many as there are) that are drawn, unless told otherwise.
    pub fn new(network: &'a mut N, optimizer: &'a mut O, data: &'a Dataset) -> Self {
        let plan = Plan { order: Order::Drawn, rows: data.len(), batch: data.len().clamp(1, 100) };
        let (validation, between, callbacks, position) = (None, None, Vec::new(), None);
        Self { network, optimizer, data, validation, epochs: 1, plan, between, callbacks, position }
    }

    /// How often as many rows are used as the data set has.
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }

    /// Rows in a batch.
    pub fn batch(mut self, rows: usize) -> Self {
        self.plan.batch = rows;
        self
    }

    /// How batches are made of the data.
    pub fn order(mut self, order: Order) -> Self {
        self.plan.order = order;
        self
    }

    /// Scores the network on this data after each epoch.
    pub fn validate(mut self, data: &'a Dataset) -> Self {
        self.validation = Some(data);
        self
    }

    /// Also asks this one.
    pub fn callback(mut self, callback: impl Callback<N, O, R> + 'a) -> Self {
        self.callbacks.push(Box::new(callback));
        self
    }

    /// Calls this after each step: see [`Callback::on_step`].
    ///
    /// It returns a `ControlFlow<()>`, or a `Result<ControlFlow<()>>` if it can fail; [`Error::other`] makes an
    /// [`Error`] of any other one.
    pub fn on_step<C: IntoControl>(self, call: impl FnMut(&Step<'_, N, O, R>) -> C + 'a) -> Self {
        self.callback(OnStep(call))
    }

    /// Calls this after each epoch: see [`Callback::on_epoch`]. It returns what a closure for
    /// [`on_step`](Self::on_step) does.
    pub fn on_epoch<C: IntoControl>(self, call: impl FnMut(&Epoch<'_, N>) -> C + 'a) -> Self {
        self.callback(OnEpoch(call))
    }

    /// Puts this between the gradient and the optimiser. A step then holds its gradient in memory, whatever the optimiser.
    pub fn between(mut self, between: impl Between<N::Number> + 'a) -> Self {
        self.between = Some(Box::new(between));
        self
    }

    /// Goes on from here, or begins if there is no position. Network and optimiser have to be as they were then.
    pub fn resume(mut self, position: impl Into<Option<Position<R>>>) -> Self {
        self.position = position.into();
        self
    }

    /// Steps in the whole run: epochs × whole batches in the data set, at least one an epoch.
    pub fn steps(&self) -> usize {
        self.epochs.saturating_mul(self.steps_in_epoch())
    }

    fn steps_in_epoch(&self) -> usize {
        Batches::in_epoch(self.plan.rows, self.plan.batch)
    }

    /// Trains. The same generator state gives the same batches; a resumed run sets `rng` to what it was.
    ///
    /// # Errors
    ///
    /// If the batch is 0 or larger than the data set, the data does not fit the network, the position is not of
    /// such a run, or the optimiser or a callback fails. [`Error::Diverged`] if a loss is NaN or infinite, or a
    /// parameter is after the last step.
    pub fn run(mut self, rng: &mut R) -> Result<Outcome<R>> {
        check_batch(self.plan.batch, self.plan.rows)?;
        let Plan { order, rows, batch } = self.plan;
        let mut batches = Batches::new(order, rows, batch);
        let (all, in_epoch) = (self.steps(), self.steps_in_epoch());
        let mut at = match self.position.take() {
            None => Position {
                plan: self.plan,
                steps: 0,
                epoch_rng: rng.clone(),
                sums: Sums::default(),
                history: History::default(),
                ended: false,
            },
            Some(at) => {
                self.check(&at)?;
                *rng = at.epoch_rng.clone();
                // What the epoch's steps so far have drawn.
                for number in 0..at.steps.checked_sub(1).map_or(0, |last| last % in_epoch + 1) {
                    batches.next(number, rng);
                }
                at
            }
        };
        self.tell(&at, |callback, run| callback.on_begin(run))?;
        let mut gradient = Vec::new();
        while at.steps < all && !at.ended {
            let number = at.steps;
            if number.is_multiple_of(in_epoch) {
                at.epoch_rng.clone_from(rng);
            }
            let rate = self.optimizer.learning_rate();
            let rows = batches.next(number % in_epoch, rng);
            let scores = match &mut self.between {
                None => self.network.train_on(self.data, rows, self.optimizer),
                Some(between) => {
                    step_with(&mut **between, self.network, self.optimizer, self.data, rows, &mut gradient)
                }
            };
            let scores = scores.map_err(|error| diverged(error, number, rate))?;
            check_loss(number, scores, rate)?;
            at.sums.add(scores);
            at.steps += 1;
            if at.steps.is_multiple_of(in_epoch) {
                self.finish_epoch(&mut at, in_epoch)?;
            }
            let mut interrupted = false;
            for callback in &mut self.callbacks {
                let run = Run { network: &*self.network, optimizer: &*self.optimizer, position: &at };
                interrupted |= callback.on_step(&Step { number, scores, run })?.is_break();
            }
            if let Some(between) = &mut self.between {
                interrupted = between.interrupt(interrupted)?;
            }
            if interrupted {
                break;
            }
        }
        // No step comes after the last, whose loss would show what its update has spoilt.
        check_finite_values("Trainer::run", self.network.layout(), self.network.values())
            .map_err(|error| diverged(error, at.steps, self.optimizer.learning_rate()))?;
        self.tell(&at, |callback, run| callback.on_end(run))?;
        let interrupted = at.steps < all && !at.ended;
        Ok(Outcome { position: at, interrupted })
    }

    /// Calls each callback in turn.
    fn tell(
        &mut self,
        position: &Position<R>,
        mut call: impl FnMut(&mut dyn Callback<N, O, R>, &Run<'_, N, O, R>) -> Result<()>,
    ) -> Result<()> {
        let run = Run { network: &*self.network, optimizer: &*self.optimizer, position };
        self.callbacks.iter_mut().try_for_each(|callback| call(&mut **callback, &run))
    }

    fn finish_epoch(&mut self, at: &mut Position<R>, steps: usize) -> Result<()> {
        let train = std::mem::take(&mut at.sums).mean(steps);
        let validation = self.validation.map(|data| evaluate(self.network, data)).transpose()?;
        let scores = EpochScores::new(train, validation, self.optimizer.learning_rate());
        at.history.epochs.push(scores);
        let number = at.history.epochs.len() - 1;
        let epoch = Epoch { number, scores, history: &at.history, network: &*self.network };
        for callback in &mut self.callbacks {
            at.ended |= callback.on_epoch(&epoch)?.is_break();
        }
        Ok(())
    }

    /// An error unless a run of this plan can go on from there.
    fn check(&self, at: &Position<R>) -> Result<()> {
        let Plan { order, rows, batch } = self.plan;
        let wrong = |what, found: String, expected: String| Err(Error::Invalid { what, found, expected });
        if at.plan.rows != rows {
            return wrong("the data's length", rows.to_string(), format!("{}, as before", at.plan.rows));
        }
        if at.plan.batch != batch {
            return wrong("the batch size", batch.to_string(), format!("{}, as before", at.plan.batch));
        }
        if at.plan.order != order {
            return wrong("the order", format!("{order:?}"), format!("{:?}, as before", at.plan.order));
        }
        if at.steps > self.steps() {
            let expected = format!("at least the {} that were made", at.steps);
            return wrong("the run's steps", self.steps().to_string(), expected);
        }
        let epochs = at.steps / self.steps_in_epoch();
        if at.history.epochs.len() != epochs {
            let found = at.history.epochs.len().to_string();
            return wrong(
                "the epochs of the history",
                found,
                format!("{epochs}, those of {} steps", at.steps),
            );
        }
        Ok(())
    }
}

/// A step with something between the gradient and the optimiser.
fn step_with<N: Network>(
    between: &mut dyn Between<N::Number>,
    network: &mut N,
    optimizer: &mut impl Optimizer<N::Number>,
    data: &Dataset,
    rows: &[usize],
    gradient: &mut Vec<N::Number>,
) -> Result<Scores> {
    gradient.resize(network.layout().len(), N::Number::default());
    let range = between.part(rows.len());
    if range.start > range.end || range.end > rows.len() {
        return Err(Error::Invalid {
            what: "the part of a batch",
            found: format!("{range:?}"),
            expected: format!("a range of its {} rows", rows.len()),
        });
    }
    let part = Part::of(rows).masks(network.dropout_masks()).range(range);
    let mut sums = network.gradient_on(data, part, gradient)?;
    between.gradient(gradient, &mut sums)?;
    network.update(gradient, optimizer)?;
    Ok(sums.scores())
}

/// The settings; of network, optimiser and data no contents.
impl<N: Network, O, R> fmt::Debug for Trainer<'_, N, O, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trainer")
            .field("epochs", &self.epochs)
            .field("plan", &self.plan)
            .field("validation_rows", &self.validation.map(Dataset::len))
            .field("callbacks", &self.callbacks.len())
            .field("resumed_at", &self.position.as_ref().map(Position::steps))
            .finish_non_exhaustive()
    }
}
