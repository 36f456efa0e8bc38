//! [`Averaged`]: the mean of the parameters that an optimiser goes through.

use std::ops::Range;

use super::rated::{Rated, wrapper};
use super::state::{Part, State};
use super::{Layout, Memory, Optimizer};
use crate::compute::kernels;
use crate::compute::parallel::each;
use crate::error::settings;
use crate::{Error, Float, Result};

/// An optimiser that also keeps an average of the parameters. They jump about in the end, by the noise of each batch;
/// their average lies in the middle, and is often the better network. Training itself is not changed by it.
///
/// After its n-th step, from 1, with decay d:
///
/// ```text
/// average ← average + share · (W − average)     share = (1 − d) / (1 − dⁿ), or 1 / n where d is 1
/// ```
///
/// That is the moving average a ← d·a + (1 − d)·W from a = 0, over 1 − dⁿ: corrected for its start, as
/// [`Adam`](super::Adam)'s means are. What a step leaves counts d times as much after the next one, so 1 / (1 − d) is
/// about how many steps the average looks back on. With d = 1 all count alike: Polyak and Juditsky, *Acceleration of
/// Stochastic Approximation by Averaging*, 1992. From a late step on ([`after`](Self::after)) that is stochastic weight
/// averaging: Izmailov et al., *Averaging Weights Leads to Wider Optima and Better Generalization*, 2018.
/// PyTorch's
/// [`AveragedModel`](https://docs.pytorch.org/docs/stable/generated/torch.optim.swa_utils.AveragedModel.html) has both
/// kinds, but its moving average begins at the first W, which then counts as much as 1 / (1 − d) later ones.
///
/// No step is a plain one ([`plain_rate`](Optimizer::plain_rate)), so that a network holds its gradient in memory,
/// whatever is inside. Inside of other wrappers the average is reached by [`inner`](super::Scheduled::inner).
///
/// ```
/// use blasnet::{Activation, Adam, Averaged, Loss, Mlp};
/// use ndarray::array;
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
/// let builder = Mlp::<f32>::builder(2).hidden(16, Activation::Tanh);
/// let mut network = builder.output(2, Loss::SoftmaxCrossEntropy).build(&mut rng)?;
///
/// // XOR; the average looks back on about 20 steps
/// let x = array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
/// let classes = [0, 1, 1, 0];
/// let mut optimizer = Averaged::new(Adam::new(0.02), 0.95);
/// for _ in 0..200 {
///     network.train(&x, &classes, &mut optimizer)?;
/// }
///
/// // a second network, to be used; the first one can go on learning
/// let mut averaged = network.clone();
/// averaged.set_values(optimizer.average()?)?;
/// assert_eq!(averaged.scores(&x, &classes)?.accuracy, 1.0);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Averaged<O> {
    optimizer: O,
    decay: f64,
    after: u64,
    state: State<1>,
}

/// The names that are kept.
const STEPS: &str = "average.steps";
const VALUES: &str = "average.values";

impl<O> Averaged<O> {
    /// Averages what `optimizer` makes of the parameters. `decay` is from 0, by which the average is that of the last
    /// step alone, to 1, the plain mean of all; usual are 0.99 to 0.9999.
    pub const fn new(optimizer: O, decay: f64) -> Self {
        Self { optimizer, decay, after: 0, state: State::new() }
    }

    /// Leaves the first `steps` steps out: the one after them is the average's first.
    pub const fn after(mut self, steps: u64) -> Self {
        self.after = steps;
        self
    }

    /// The average of the parameters, laid out as they are.
    ///
    /// # Errors
    ///
    /// If there is none yet, as too few steps were made, or `A` is not the number type of the steps.
    pub fn average<A: Float>(&self) -> Result<&[A]> {
        let steps = self.state.steps();
        if steps > self.after {
            let [average] = self.state.numbers()?;
            return Ok(average);
        }
        let expected = format!("at least {}, the first that it is of", self.after.saturating_add(1));
        Err(Error::Invalid { what: "the average's number of steps", found: steps.to_string(), expected })
    }

    /// An error if a step cannot be made with this decay or layout; otherwise the average is ready for it.
    fn prepare<A: Float>(&mut self, layout: &Layout) -> Result<()> {
        let fine = (0.0..=1.0).contains(&self.decay);
        settings::check(fine, "the average's decay", self.decay, "a number from 0 to 1")?;
        self.state.begin::<A>(layout, [self.is_begun()])
    }

    /// Whether the average is of the next step, too.
    fn is_begun(&self) -> bool {
        self.state.steps() >= self.after
    }
}

/// The average of a range takes in the range's parameters, which are those after the step.
fn approach<A: Float>(part: Part<'_, A, 1>, decay: f64, after: u64, parameters: &[A]) {
    if part.number > after {
        let [average] = part.numbers;
        let share = A::of(share(decay, part.number - after));
        each((average, parameters), 1, |(average, w)| kernels::approach(average, w, share));
    }
}

wrapper!(Averaged);

impl<O: Rated> Rated for Averaged<O> {
    fn rate(&self) -> f64 {
        self.optimizer.rate()
    }

    fn set_rate(&mut self, rate: f64) {
        self.optimizer.set_rate(rate);
    }
}

impl<A: Float, O: Optimizer<A>> Optimizer<A> for Averaged<O> {
    fn step(&mut self, parameters: &mut [A], gradient: &mut [A], layout: &Layout) -> Result<()> {
        layout.check_lengths(parameters, gradient)?;
        self.prepare::<A>(layout)?;
        let begun = self.is_begun();
        let part = self.state.part(&(0..layout.len()), parameters, gradient, [begun])?;
        self.optimizer.step(parameters, gradient, layout)?;
        approach(part, self.decay, self.after, parameters);
        self.state.commit();
        Ok(())
    }

    fn learning_rate(&self) -> f64 {
        self.optimizer.learning_rate()
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.optimizer.set_learning_rate(rate);
    }

    fn takes_ranges(&self) -> bool {
        self.optimizer.takes_ranges()
    }

    fn begin(&mut self, layout: &Layout) -> Result<()> {
        self.prepare::<A>(layout)?;
        self.optimizer.begin(layout)
    }

    fn update(&mut self, range: Range<usize>, parameters: &mut [A], gradient: &mut [A]) -> Result<()> {
        let begun = self.is_begun();
        let part = self.state.part(&range, parameters, gradient, [begun])?;
        self.optimizer.update(range, parameters, gradient)?;
        approach(part, self.decay, self.after, parameters);
        Ok(())
    }

    fn commit(&mut self) {
        self.optimizer.commit();
        self.state.commit();
    }

    fn save(&self, memory: &mut Memory<A>) -> Result<()> {
        let averaged = self.state.steps() > self.after;
        self.state.save(memory, STEPS, [(VALUES, averaged)])?;
        self.optimizer.save(memory)
    }

    fn restore(&mut self, memory: &Memory<A>, layout: &Layout) -> Result<()> {
        let averaged = memory.count(STEPS)? > self.after;
        let state = State::restored(memory, layout, STEPS, [(VALUES, averaged)])?;
        self.optimizer.restore(&memory.without(&[STEPS, VALUES]), layout)?;
        self.state = state;
        Ok(())
    }
}

/// The share of the newest in an average of this many.
fn share(decay: f64, number: u64) -> f64 {
    let number = number as f64;
    if decay == 1.0 {
        return number.recip();
    }
    // 1 − dⁿ, also where dⁿ is nearly 1.
    let total = -(number * decay.ln()).exp_m1();
    (1.0 - decay) / total
}
