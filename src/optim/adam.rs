//! [`Adam`] and [`AdamW`]: a rate for each parameter, by its gradient's mean and mean square.

use super::rule::{Core, Rule, Step, optimizer};
use super::{Layout, Memory, Optimizer};
use crate::compute::kernels::{self, AdamStep, Mean};
use crate::compute::parallel::each;
use crate::error::settings;
use crate::{Float, Result};

/// Adam: the gradient's mean over the root of its mean square, both corrected for having begun at 0. In step t,
/// from 1:
///
/// ```text
/// g ← ∇W + λ·W
/// m ← β₁·m + (1 − β₁)·g                    m = 0 at first
/// v ← β₂·v + (1 − β₂)·g²                   v = 0 at first
/// W ← W − rate · m̂ / (√v̂ + ε)              m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ)
/// ```
///
/// Kingma and Ba, *Adam: A Method for Stochastic Optimization*, 2015. Formulas and defaults (β₁ = 0.9, β₂ = 0.999,
/// ε = 10⁻⁸, λ = 0) are [PyTorch's](https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html).
///
/// ```
/// use blasnet::{Adam, Layout, Optimizer};
///
/// let layout = Layout::new([("w", vec![2])]);
/// let (mut w, mut adam) = ([1.0_f64, 2.0], Adam::new(0.001));
/// adam.step(&mut w, &mut [100.0, -0.01], &layout)?;
/// assert!((w[0] - 0.999).abs() < 1e-6 && (w[1] - 2.001).abs() < 1e-6);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Adam(Core<Formula, 2>);

#[derive(Debug, Clone)]
struct Formula {
    betas: [f64; 2],
    epsilon: f64,
    /// Whether weight decay leaves the gradient alone, as [`AdamW`]'s does.
    decoupled: bool,
}

impl Formula {
    const fn new(decoupled: bool) -> Self {
        Self { betas: [0.9, 0.999], epsilon: 1e-8, decoupled }
    }
}

impl Adam {
    /// Adam with this learning rate; the paper's and PyTorch's is 0.001.
    pub const fn new(rate: f64) -> Self {
        Self(Core::new(rate, Formula::new(false)))
    }

    /// β₁ and β₂, from 0 to below 1: how much of the mean and of the mean square is kept.
    pub const fn betas(mut self, beta1: f64, beta2: f64) -> Self {
        self.0.rule.betas = [beta1, beta2];
        self
    }

    /// ε, which keeps the quotient finite.
    pub const fn epsilon(mut self, epsilon: f64) -> Self {
        self.0.rule.epsilon = epsilon;
        self
    }

    /// λ: adds λ·W to the gradient, that of the penalty ½·λ·‖W‖². It is then divided as the gradient is, which
    /// [`AdamW`] avoids.
    pub const fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.0.decay.factor = weight_decay;
        self
    }
}

optimizer!(Adam);

/// [`Adam`] whose weight decay λ leaves the gradient alone, and shrinks each parameter alike:
///
/// ```text
/// W ← (1 − rate·λ) · W − rate · m̂ / (√v̂ + ε)
/// ```
///
/// Loshchilov and Hutter, *Decoupled Weight Decay Regularization*, 2019. Formulas and defaults (those of Adam, but
/// λ = 0.01) are [PyTorch's](https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html).
///
/// ```
/// use blasnet::{AdamW, Layout, Optimizer};
///
/// let layout = Layout::new([("w", vec![2])]);
/// let (mut w, mut adam_w) = ([1.0_f64, 2.0], AdamW::new(0.1).weight_decay(0.5));
/// adam_w.step(&mut w, &mut [0.0, 0.0], &layout)?;
/// assert_eq!(w, [0.95, 1.9]);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct AdamW(Core<Formula, 2>);

impl AdamW {
    /// AdamW with this learning rate; PyTorch's is 0.001.
    pub const fn new(rate: f64) -> Self {
        Self(Core::new(rate, Formula::new(true))).weight_decay(0.01)
    }

    /// As [`Adam::betas`].
    pub const fn betas(mut self, beta1: f64, beta2: f64) -> Self {
        self.0.rule.betas = [beta1, beta2];
        self
    }

    /// As [`Adam::epsilon`].
    pub const fn epsilon(mut self, epsilon: f64) -> Self {
        self.0.rule.epsilon = epsilon;
        self
    }

    /// λ: times the rate, the share of each parameter that a step takes away.
    pub const fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.0.decay.factor = weight_decay;
        self
    }
}

optimizer!(AdamW);

impl Rule<2> for Formula {
    const ARRAYS: [&'static str; 2] = ["first", "second"];

    fn check<A: Float>(&self) -> Result<()> {
        let [beta1, beta2] = self.betas;
        settings::below_1("beta1", beta1)?;
        settings::below_1("beta2", beta2)?;
        settings::not_negative::<A>("epsilon", self.epsilon)
    }

    fn change<A: Float>(
        &self,
        step: Step,
        parameters: &mut [A],
        gradient: &[A],
        [first, second]: [&mut [A]; 2],
    ) {
        let [beta1, beta2] = self.betas;
        let (added, shrunk) = match self.decoupled {
            true => (0.0, step.rate * step.weight_decay),
            false => (step.weight_decay, 0.0),
        };
        // How much of what a mean has seen is not the 0 that it began with.
        let seen = |beta: f64| 1.0 - beta.powf(step.number as f64);
        let step = AdamStep {
            rate: A::of(step.rate / seen(beta1)),
            weight_decay: A::of(added),
            shrink: A::of(1.0 - shrunk),
            first: Mean::new(beta1),
            second: Mean::new(beta2),
            correction: A::of(seen(beta2).sqrt().recip()),
            epsilon: A::of(self.epsilon),
        };
        each(((parameters, gradient), (first, second)), 1, |((w, dw), (first, second))| {
            kernels::adam(w, dw, first, second, step);
        });
    }
}
