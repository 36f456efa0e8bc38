//! [`Schedule`]: how the learning rate changes from step to step, and [`Scheduled`], an optimiser that follows it.

use std::f64::consts::PI;
use std::ops::Range;

use super::rated::{Rated, wrapper};
use super::{Layout, Memory, Optimizer};
use crate::error::settings;
use crate::{Float, Result};

/// What the learning rate is multiplied by in each step.
///
/// ```
/// use blasnet::Schedule;
///
/// let schedule = Schedule::Step { every: 10, factor: 0.5 }.after_warm_up(3);
/// assert_eq!([0, 1, 2, 3].map(|step| schedule.factor(step)), [0.25, 0.5, 0.75, 1.0]);
/// assert_eq!([12, 13, 23].map(|step| schedule.factor(step)), [1.0, 0.5, 0.25]);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Schedule {
    /// 1 in every step.
    #[default]
    Constant,
    /// Multiplied by `factor`, once `every` so many steps: PyTorch's `StepLR`.
    Step {
        /// Steps from one change to the next, at least 1.
        every: u64,
        /// Above 0, and usually below 1.
        factor: f64,
    },
    /// From 1 down to `floor` on a straight line, and `floor` from step `steps` on: PyTorch's `LinearLR`.
    Linear {
        /// Steps on the way, at least 1.
        steps: u64,
        /// From 0 to 1.
        floor: f64,
    },
    /// From 1 down to `floor` on half a wave, floor + (1 − floor) · (1 + cos(π · step / steps)) / 2, and `floor` from
    /// step `steps` on: a descent of SGDR (Loshchilov and Hutter, *SGDR: Stochastic Gradient Descent with Warm
    /// Restarts*, 2017), and PyTorch's `CosineAnnealingLR` up to `T_max`, after which that rises again.
    Cosine {
        /// Steps on the way, at least 1.
        steps: u64,
        /// From 0 to 1.
        floor: f64,
    },
    /// See [`after_warm_up`](Self::after_warm_up).
    WarmUp {
        /// Steps before the other schedule begins.
        steps: u64,
        /// What comes then, from its step 0.
        then: Box<Schedule>,
    },
}

impl Schedule {
    /// This schedule after `steps` steps in which the factor rises evenly, from 1 / (steps + 1) in step 0 to the 1 with
    /// which this schedule begins: Goyal et al., *Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour*, 2017.
    pub fn after_warm_up(self, steps: u64) -> Self {
        Self::WarmUp { steps, then: Box::new(self) }
    }

    /// What the learning rate is multiplied by in this step, from 0.
    ///
    /// Not a number of any use where [`check`](Self::check) gives an error.
    pub fn factor(&self, step: u64) -> f64 {
        match *self {
            Self::Constant => 1.0,
            Self::Step { every, factor } => factor.powf((step / every.max(1)) as f64),
            Self::Linear { steps, floor } => floor + (1.0 - floor) * (1.0 - way(step, steps)),
            Self::Cosine { steps, floor } => {
                floor + (1.0 - floor) * (1.0 + (PI * way(step, steps)).cos()) / 2.0
            }
            Self::WarmUp { steps, .. } if step < steps => (step as f64 + 1.0) / (steps as f64 + 1.0),
            Self::WarmUp { steps, ref then } => then.factor(step - steps),
        }
    }

    /// Whether every setting is one that rates can follow.
    ///
    /// # Errors
    ///
    /// If a number of steps is 0 (a warm-up may have none), a factor is not a finite number above 0, or a floor not
    /// one from 0 to 1.
    pub fn check(&self) -> Result<()> {
        match *self {
            Self::Constant => Ok(()),
            Self::Step { every, factor } => {
                settings::check(every > 0, "the schedule's `every`", every, "at least 1 step")?;
                settings::positive::<f64>("the schedule's factor", factor)
            }
            Self::Linear { steps, floor } | Self::Cosine { steps, floor } => {
                settings::check(steps > 0, "the schedule's length", steps, "at least 1 step")?;
                let fine = (0.0..=1.0).contains(&floor);
                settings::check(fine, "the schedule's floor", floor, "a number from 0 to 1")
            }
            Self::WarmUp { ref then, .. } => then.check(),
        }
    }
}

/// How much of the way is done, 0 to 1.
fn way(step: u64, steps: u64) -> f64 {
    if step < steps { step as f64 / steps as f64 } else { 1.0 }
}

/// An optimiser whose learning rate follows a [`Schedule`]: each step is made at the rate that the optimiser began
/// with, times the step's factor.
///
/// [`learning_rate`](Optimizer::learning_rate) is that of the next step;
/// [`set_learning_rate`](Optimizer::set_learning_rate) sets the one that factors multiply. The rate of the optimiser
/// inside is overwritten by each step.
///
/// ```
/// use blasnet::{Layout, Optimizer, Schedule, Scheduled, Sgd};
///
/// let layout = Layout::new([("w", vec![1])]);
/// let mut w = [0.0_f64];
/// let mut optimizer = Scheduled::new(Sgd::new(1.0), Schedule::Step { every: 2, factor: 0.1 });
/// for _ in 0..3 {
///     optimizer.step(&mut w, &mut [1.0], &layout)?;
/// }
/// assert_eq!(w, [-1.0 - 1.0 - 0.1]);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Scheduled<O> {
    optimizer: O,
    schedule: Schedule,
    /// The rate that factors multiply, once it is known.
    base: Option<f64>,
    /// Steps that were made.
    steps: u64,
}

/// The names that are kept.
const STEPS: &str = "schedule.steps";
const RATE: &str = "schedule.rate";

impl<O> Scheduled<O> {
    /// `optimizer`, from now on at its rate times the factors of `schedule`.
    pub const fn new(optimizer: O, schedule: Schedule) -> Self {
        Self { optimizer, schedule, base: None, steps: 0 }
    }

    /// The rate that factors multiply.
    fn base_rate<A: Float>(&self) -> f64
    where
        O: Optimizer<A>,
    {
        self.base.unwrap_or_else(|| self.optimizer.learning_rate())
    }

    /// Sets the rate of the next step.
    fn set_rate_inside<A: Float>(&mut self)
    where
        O: Optimizer<A>,
    {
        let base = self.base_rate();
        self.base = Some(base);
        self.optimizer.set_learning_rate(base * self.schedule.factor(self.steps));
    }

    /// Counts a step, and sets the rate of the one after it.
    fn count<A: Float>(&mut self)
    where
        O: Optimizer<A>,
    {
        self.steps = self.steps.saturating_add(1);
        self.set_rate_inside();
    }
}

wrapper!(Scheduled);

impl<O: Rated> Rated for Scheduled<O> {
    fn rate(&self) -> f64 {
        self.base.unwrap_or_else(|| self.optimizer.rate()) * self.schedule.factor(self.steps)
    }

    fn set_rate(&mut self, rate: f64) {
        self.base = Some(rate);
    }
}

impl<A: Float, O: Optimizer<A>> Optimizer<A> for Scheduled<O> {
    fn step(&mut self, parameters: &mut [A], gradient: &mut [A], layout: &Layout) -> Result<()> {
        self.schedule.check()?;
        self.set_rate_inside();
        self.optimizer.step(parameters, gradient, layout)?;
        self.count();
        Ok(())
    }

    fn learning_rate(&self) -> f64 {
        self.base_rate() * self.schedule.factor(self.steps)
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.base = Some(rate);
    }

    fn plain_rate(&self) -> Result<Option<A>> {
        self.plain_rate_at(self.base_rate())
    }

    fn plain_rate_at(&self, rate: f64) -> Result<Option<A>> {
        self.schedule.check()?;
        self.optimizer.plain_rate_at(rate * self.schedule.factor(self.steps))
    }

    fn takes_ranges(&self) -> bool {
        self.optimizer.takes_ranges()
    }

    fn begin(&mut self, layout: &Layout) -> Result<()> {
        self.schedule.check()?;
        self.set_rate_inside();
        self.optimizer.begin(layout)
    }

    fn update(&mut self, range: Range<usize>, parameters: &mut [A], gradient: &mut [A]) -> Result<()> {
        self.optimizer.update(range, parameters, gradient)
    }

    fn commit(&mut self) {
        // No `begin` has set it where the step was a plain one.
        self.base = Some(self.base_rate());
        self.optimizer.commit();
        self.count();
    }

    fn save(&self, memory: &mut Memory<A>) -> Result<()> {
        memory.set_count(STEPS, self.steps)?;
        memory.set_number(RATE, self.base_rate())?;
        self.optimizer.save(memory)
    }

    fn restore(&mut self, memory: &Memory<A>, layout: &Layout) -> Result<()> {
        let (steps, base) = (memory.count(STEPS)?, memory.number(RATE)?);
        settings::not_negative::<A>("the learning rate that the schedule multiplies", base)?;
        self.optimizer.restore(&memory.without(&[STEPS, RATE]), layout)?;
        (self.steps, self.base) = (steps, Some(base));
        Ok(())
    }
}
