//! [`Recorder`]: what a run was like, as it is reported afterwards.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use blasnet::Scores;
use blasnet::train::{Callback, Epoch, EpochScores, Run, Step};
use serde::{Deserialize, Serialize};

use super::Phases;
use super::curve::Curve;

/// Points of a curve: more than there are pixels for would not be seen.
const POINTS: usize = 600;

/// How a run went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record {
    #[serde(flatten)]
    pub history: History,
    /// Where this process began.
    pub resumed_at: usize,
    /// The batches' scores, from there on; unknown of a network that comes from a file.
    pub curve: Option<Curve>,
}

/// A run by its epochs, as a model's file keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// The images that epochs are scored on: `test` or `held-out`.
    pub scored_on: String,
    pub steps_in_epoch: usize,
    /// Steps that were made, those before a resumed run's too.
    pub steps: usize,
    pub epochs: Vec<EpochRow>,
}

/// An epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EpochRow {
    /// Its number, from 1.
    pub epoch: usize,
    /// The mean of its batches' scores.
    pub train_loss: f64,
    pub train_accuracy: f64,
    /// Behind its last step, on the images that the network is scored on.
    pub loss: Option<f64>,
    pub accuracy: Option<f64>,
    /// Of the step to come.
    pub learning_rate: f64,
}

impl History {
    /// As text.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("numbers can be written to memory")
    }

    /// From such a text; `None` from any other.
    pub fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|history: &Self| history.steps_in_epoch > 0)
    }
}

impl From<History> for Record {
    fn from(history: History) -> Self {
        Self { history, resumed_at: 0, curve: None }
    }
}

/// A callback that writes a run down. Add it first, so that it is asked first.
#[derive(Debug)]
pub struct Recorder {
    record: Record,
    curve: Curve,
    /// When the last step had been made, or the scoring behind it.
    then: Instant,
    /// Of the epoch at hand: steps, and the time that they took.
    epoch: (u32, Duration),
    /// All steps' time, with what is done between them.
    stepping: Duration,
    scoring: Duration,
}

impl Recorder {
    /// For a run of so many steps, whose epochs are scored on these images.
    pub fn new(steps: usize, steps_in_epoch: usize, scored_on: &str) -> Self {
        Self {
            record: History { scored_on: scored_on.into(), steps_in_epoch, steps: 0, epochs: Vec::new() }
                .into(),
            curve: Curve::new(steps, POINTS),
            then: Instant::now(),
            epoch: Default::default(),
            stepping: Duration::ZERO,
            scoring: Duration::ZERO,
        }
    }

    /// What was recorded. The run's time goes to `phases`.
    pub fn finish(mut self, phases: &mut Phases) -> Record {
        phases.add("steps, with what is done between them", self.stepping.as_secs_f64());
        phases.add("scoring behind each epoch", self.scoring.as_secs_f64());
        phases.skip();
        self.curve.close(self.record.history.steps);
        self.record.curve = Some(self.curve);
        self.record
    }

    fn lap(&mut self) -> Duration {
        let now = Instant::now();
        now - std::mem::replace(&mut self.then, now)
    }
}

fn row((number, epoch): (usize, EpochScores)) -> EpochRow {
    let EpochScores { train, validation, learning_rate, .. } = epoch;
    EpochRow {
        epoch: number + 1,
        train_loss: train.loss,
        train_accuracy: train.accuracy,
        loss: validation.map(|Scores { loss, .. }| loss),
        accuracy: validation.map(|Scores { accuracy, .. }| accuracy),
        learning_rate,
    }
}

impl<N, O, R> Callback<N, O, R> for Recorder {
    fn on_begin(&mut self, run: &Run<'_, N, O, R>) -> blasnet::Result<()> {
        let before = &run.position.history().epochs;
        self.record.history.epochs = before.iter().copied().enumerate().map(row).collect();
        self.record.resumed_at = run.position.steps();
        self.record.history.steps = self.record.resumed_at;
        self.then = Instant::now();
        Ok(())
    }

    fn on_epoch(&mut self, epoch: &Epoch<'_, N>) -> blasnet::Result<ControlFlow<()>> {
        self.record.history.epochs.push(row((epoch.number, epoch.scores)));
        // Since the step before: the epoch's last step, which takes as long as the others did, and the scoring.
        let lap = self.lap();
        let (steps, time) = std::mem::take(&mut self.epoch);
        let step = time.checked_div(steps).unwrap_or_default().min(lap);
        self.stepping += step;
        self.scoring += lap - step;
        Ok(ControlFlow::Continue(()))
    }

    fn on_step(&mut self, step: &Step<'_, N, O, R>) -> blasnet::Result<ControlFlow<()>> {
        let lap = self.lap();
        self.stepping += lap;
        let made = step.number + 1;
        // An epoch's last step has been counted with the scoring behind it.
        if !made.is_multiple_of(self.record.history.steps_in_epoch) {
            self.epoch.0 += 1;
            self.epoch.1 += lap;
        }
        self.record.history.steps = made;
        self.curve.step(made, step.scores);
        Ok(ControlFlow::Continue(()))
    }
}
