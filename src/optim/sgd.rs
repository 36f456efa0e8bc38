//! [`Sgd`]: stochastic gradient descent.

use super::state::State;
use super::{Layout, Memory, Optimizer};
use crate::compute::kernels::{self, SgdStep};
use crate::compute::parallel::each;
use crate::error::settings;
use crate::{Float, Result};

/// Stochastic gradient descent, with momentum μ and weight decay λ if you like:
///
/// ```text
/// g ← ∇W + λ·W
/// v ← μ·v + g              v = 0 at first
/// W ← W − rate·v           with Nesterov's momentum W − rate·(g + μ·v)
/// ```
///
/// The formulas are [PyTorch's](https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html), without its
/// dampening; momentum in deep learning is from Sutskever et al., *On the importance of initialization and momentum
/// in deep learning*, 2013. Without momentum nothing is remembered, and without weight decay too a network need not
/// hold the gradient at all.
///
/// ```
/// use blasnet::{Layout, Optimizer, Sgd};
///
/// let layout = Layout::new([("w", vec![2])]);
/// let (mut w, mut sgd) = ([1.0, 2.0], Sgd::new(0.5).momentum(0.5));
/// sgd.step(&mut w, &mut [1.0, 0.0], &layout)?;
/// assert_eq!(w, [0.5, 2.0]);
/// sgd.step(&mut w, &mut [0.0, 0.0], &layout)?;
/// assert_eq!(w, [0.25, 2.0]);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sgd<A> {
    rate: f64,
    momentum: f64,
    nesterov: bool,
    weight_decay: f64,
    state: State<A, 1>,
}

impl<A> Sgd<A> {
    /// W ← W − `rate` · ∇W.
    pub const fn new(rate: f64) -> Self {
        Self { rate, momentum: 0.0, nesterov: false, weight_decay: 0.0, state: State::new() }
    }

    /// μ, from 0 to below 1: how much of the last step's velocity is kept. 0.9 is usual, 0 the default.
    pub const fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }

    /// Nesterov's momentum: the step is that of the velocity to come. It needs a momentum.
    pub const fn nesterov(mut self) -> Self {
        self.nesterov = true;
        self
    }

    /// λ: adds λ·W to the gradient, that of the penalty ½·λ·‖W‖². 0 by default.
    pub const fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = weight_decay;
        self
    }
}

impl<A: Float> Sgd<A> {
    fn check(&self) -> Result<()> {
        settings::not_negative::<A>("the learning rate", self.rate)?;
        settings::not_negative::<A>("the weight decay", self.weight_decay)?;
        settings::below_1("the momentum", self.momentum)?;
        let has_one = !self.nesterov || self.momentum > 0.0;
        settings::check(has_one, "Nesterov's momentum", self.momentum, "a number above 0 and below 1")
    }
}

impl<A: Float> Optimizer<A> for Sgd<A> {
    fn step(&mut self, parameters: &mut [A], gradient: &mut [A], layout: &Layout) -> Result<()> {
        self.check()?;
        layout.check_lengths("Sgd::step", parameters, gradient)?;
        let (rate, weight_decay) = (A::of(self.rate), A::of(self.weight_decay));
        if self.momentum == 0.0 {
            each((parameters, &*gradient), 1, |(w, dw)| kernels::sgd(w, dw, rate, weight_decay));
            return Ok(());
        }
        let (_, [velocity]) = self.state.next_step(layout, [true])?;
        let step = SgdStep { rate, weight_decay, momentum: A::of(self.momentum), nesterov: self.nesterov };
        each(((parameters, &*gradient), velocity), 1, |((w, dw), velocity)| {
            kernels::sgd_with_momentum(w, dw, velocity, step);
        });
        Ok(())
    }

    fn learning_rate(&self) -> f64 {
        self.rate
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    fn save(&self, memory: &mut Memory<A>) -> Result<()> {
        self.state.save_with_rate(memory, self.rate, ["velocity"])
    }

    fn restore(&mut self, memory: &Memory<A>, layout: &Layout) -> Result<()> {
        let kept = [("velocity", self.momentum > 0.0)];
        (self.rate, self.state) = State::restored_with_rate(memory, layout, kept)?;
        Ok(())
    }

    fn plain_rate(&mut self) -> Result<Option<A>> {
        self.check()?;
        let plain = self.momentum == 0.0 && self.weight_decay == 0.0;
        Ok(plain.then(|| A::of(self.rate)))
    }
}
