//! [`AdaGrad`]: a rate for each parameter, by all its gradients so far.

use super::state::State;
use super::{Layout, Memory, Optimizer};
use crate::compute::kernels::{self, AdaGradStep};
use crate::compute::parallel::each;
use crate::error::settings;
use crate::{Float, Result};

/// AdaGrad: each parameter has a rate of its own, which falls with the sum of its squared gradients. Good for sparse
/// features, of which the rare ones keep a high rate.
///
/// ```text
/// g ← ∇W + λ·W
/// s ← s + g²               s = 0 at first
/// W ← W − rate · g / (√s + ε)
/// ```
///
/// Duchi, Hazan and Singer, *Adaptive Subgradient Methods for Online Learning and Stochastic Optimization*, 2011.
/// Formulas and defaults (ε = 10⁻¹⁰, λ = 0) are
/// [PyTorch's](https://docs.pytorch.org/docs/stable/generated/torch.optim.Adagrad.html), whose `lr_decay` is a
/// [`Schedule`](super::Schedule)'s affair here.
///
/// ```
/// use blasnet::{AdaGrad, Layout, Optimizer};
///
/// let layout = Layout::new([("w", vec![2])]);
/// let (mut w, mut ada_grad) = ([1.0_f64, 2.0], AdaGrad::new(0.5));
/// ada_grad.step(&mut w, &mut [100.0, 0.01], &layout)?;
/// assert!((w[0] - 0.5).abs() < 1e-6 && (w[1] - 1.5).abs() < 1e-6);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct AdaGrad<A> {
    rate: f64,
    epsilon: f64,
    weight_decay: f64,
    state: State<A, 1>,
}

impl<A> AdaGrad<A> {
    /// AdaGrad with this learning rate; PyTorch's is 0.01.
    pub const fn new(rate: f64) -> Self {
        Self { rate, epsilon: 1e-10, weight_decay: 0.0, state: State::new() }
    }

    /// ε, which keeps the quotient finite.
    pub const fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// λ: adds λ·W to the gradient, that of the penalty ½·λ·‖W‖².
    pub const fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = weight_decay;
        self
    }
}

impl<A: Float> Optimizer<A> for AdaGrad<A> {
    fn step(&mut self, parameters: &mut [A], gradient: &mut [A], layout: &Layout) -> Result<()> {
        settings::not_negative::<A>("the learning rate", self.rate)?;
        settings::not_negative::<A>("epsilon", self.epsilon)?;
        settings::not_negative::<A>("the weight decay", self.weight_decay)?;
        layout.check_lengths("AdaGrad::step", parameters, gradient)?;
        let (_, [sum]) = self.state.next_step(layout, [true])?;
        let step = AdaGradStep {
            rate: A::of(self.rate),
            weight_decay: A::of(self.weight_decay),
            epsilon: A::of(self.epsilon),
        };
        each(((parameters, &*gradient), sum), 1, |((w, dw), sum)| kernels::ada_grad(w, dw, sum, step));
        Ok(())
    }

    fn learning_rate(&self) -> f64 {
        self.rate
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    fn save(&self, memory: &mut Memory<A>) -> Result<()> {
        self.state.save_with_rate(memory, self.rate, ["sum"])
    }

    fn restore(&mut self, memory: &Memory<A>, layout: &Layout) -> Result<()> {
        let kept = [("sum", true)];
        (self.rate, self.state) = State::restored_with_rate(memory, layout, kept)?;
        Ok(())
    }
}
