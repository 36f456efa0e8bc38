//! [`Sgd`]: stochastic gradient descent.

use super::rule::{Core, Rule, Step, optimizer};
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
pub struct Sgd(Core<Formula, 1>);

#[derive(Debug, Clone)]
struct Formula {
    momentum: f64,
    nesterov: bool,
}

impl Sgd {
    /// W ← W − `rate` · ∇W.
    pub const fn new(rate: f64) -> Self {
        Self(Core::new(rate, Formula { momentum: 0.0, nesterov: false }))
    }

    /// μ, from 0 to below 1: how much of the last step's velocity is kept. 0.9 is usual, 0 the default.
    pub const fn momentum(mut self, momentum: f64) -> Self {
        self.0.rule.momentum = momentum;
        self
    }

    /// Nesterov's momentum: the step is that of the velocity to come. It needs a momentum.
    pub const fn nesterov(mut self) -> Self {
        self.0.rule.nesterov = true;
        self
    }

    /// λ: adds λ·W to the gradient, that of the penalty ½·λ·‖W‖². 0 by default.
    pub const fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.0.decay.factor = weight_decay;
        self
    }
}

optimizer!(Sgd);

impl Rule<1> for Formula {
    const ARRAYS: [&'static str; 1] = ["velocity"];

    fn check<A: Float>(&self) -> Result<()> {
        settings::below_1("the momentum", self.momentum)?;
        let has_one = !self.nesterov || self.momentum > 0.0;
        settings::check(has_one, "Nesterov's momentum", self.momentum, "a number above 0 and below 1")
    }

    fn kept(&self) -> [bool; 1] {
        [!self.is_plain()]
    }

    fn is_plain(&self) -> bool {
        self.momentum == 0.0
    }

    fn change<A: Float>(&self, step: Step, parameters: &mut [A], gradient: &[A], [velocity]: [&mut [A]; 1]) {
        let (rate, weight_decay) = (A::of(step.rate), A::of(step.weight_decay));
        if self.is_plain() {
            each((parameters, gradient), 1, |(w, dw)| kernels::sgd(w, dw, rate, weight_decay));
            return;
        }
        let step = SgdStep { rate, weight_decay, momentum: A::of(self.momentum), nesterov: self.nesterov };
        each(((parameters, gradient), velocity), 1, |((w, dw), velocity)| {
            kernels::sgd_with_momentum(w, dw, velocity, step);
        });
    }
}
