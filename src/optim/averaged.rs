//! [`Averaged`]: the mean of the parameters that an optimiser goes through.

use super::state::State;
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
/// The network holds its gradient in memory, whatever is inside. Put this around the others: [`Scheduled`] and
/// [`Clipped`] do not hand out what is inside of them.
///
/// [`Scheduled`]: super::Scheduled
/// [`Clipped`]: super::Clipped
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
/// let mut optimizer = Averaged::new(0.95, Adam::new(0.02));
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
pub struct Averaged<A, O> {
    optimizer: O,
    decay: f64,
    after: u64,
    state: State<A, 1>,
}

/// The names that are kept.
const STEPS: &str = "average.steps";
const VALUES: &str = "average.values";

impl<A, O> Averaged<A, O> {
    /// Averages what `optimizer` makes of the parameters. `decay` is from 0, by which the average is that of the last
    /// step alone, to 1, the plain mean of all; usual are 0.99 to 0.9999.
    pub const fn new(decay: f64, optimizer: O) -> Self {
        Self { optimizer, decay, after: 0, state: State::new() }
    }

    /// Leaves the first `steps` steps out: the one after them is the average's first.
    pub const fn after(mut self, steps: u64) -> Self {
        self.after = steps;
        self
    }
}

impl<A: Float, O> Averaged<A, O> {
    /// The average of the parameters, laid out as they are.
    ///
    /// # Errors
    ///
    /// If no step was made that it is of.
    pub fn average(&self) -> Result<&[A]> {
        let steps = self.state.steps();
        if steps > self.after {
            let [average] = self.state.numbers();
            return Ok(average);
        }
        let expected = format!("at least {}, the first that it is of", self.after.saturating_add(1));
        Err(Error::Invalid { what: "the average's number of steps", found: steps.to_string(), expected })
    }
}

impl<A: Float, O: Optimizer<A>> Optimizer<A> for Averaged<A, O> {
    fn step(&mut self, parameters: &mut [A], gradient: &mut [A], layout: &Layout) -> Result<()> {
        let fine = (0.0..=1.0).contains(&self.decay);
        settings::check(fine, "the average's decay", self.decay, "a number from 0 to 1")?;
        layout.check_lengths("Averaged::step", parameters, gradient)?;
        self.state.check(layout)?;
        self.optimizer.step(parameters, gradient, layout)?;

        let begun = self.state.steps() >= self.after;
        let (number, [average]) = self.state.next_step(layout, [begun])?;
        if begun {
            let share = A::of(share(self.decay, number - self.after));
            each((average, &*parameters), 1, |(average, w)| kernels::approach(average, w, share));
        }
        Ok(())
    }

    fn learning_rate(&self) -> f64 {
        self.optimizer.learning_rate()
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.optimizer.set_learning_rate(rate);
    }

    fn save(&self, memory: &mut Memory<A>) -> Result<()> {
        self.state.save(memory, STEPS, [VALUES])?;
        self.optimizer.save(memory)
    }

    fn restore(&mut self, memory: &Memory<A>, layout: &Layout) -> Result<()> {
        let begun = memory.count(STEPS)? > self.after;
        let state = State::restored(memory, layout, STEPS, [(VALUES, begun)])?;
        self.optimizer.restore(&memory.without(&[STEPS, VALUES]), layout)?;
        self.state = state;
        Ok(())
    }
}

/// How much of the average is the newest of so many.
fn share(decay: f64, number: u64) -> f64 {
    let number = number as f64;
    if decay == 1.0 {
        return number.recip();
    }
    // 1 − dⁿ, also where dⁿ is nearly 1.
    let total = -(number * decay.ln()).exp_m1();
    (1.0 - decay) / total
}
