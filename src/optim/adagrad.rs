//! [`AdaGrad`]: a rate for each parameter, by all its gradients so far.

use super::rule::{Core, Rule, Step, optimizer};
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
/// [PyTorch's](https://docs.pytorch.org/docs/stable/generated/torch.optim.Adagrad.html), but `lr_decay`: use a
/// [`Schedule`](super::Schedule).
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
pub struct AdaGrad(Core<Formula, 1>);

#[derive(Debug, Clone)]
struct Formula {
    epsilon: f64,
}

impl AdaGrad {
    /// AdaGrad with this learning rate; PyTorch's is 0.01.
    pub const fn new(rate: f64) -> Self {
        Self(Core::new(rate, Formula { epsilon: 1e-10 }))
    }

    /// ε, which keeps the quotient finite.
    pub const fn epsilon(mut self, epsilon: f64) -> Self {
        self.0.rule.epsilon = epsilon;
        self
    }

    /// λ: adds λ·W to the gradient, that of the penalty ½·λ·‖W‖².
    pub const fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.0.decay.factor = weight_decay;
        self
    }
}

optimizer!(AdaGrad);

impl Rule<1> for Formula {
    const ARRAYS: [&'static str; 1] = ["sum"];

    fn check<A: Float>(&self) -> Result<()> {
        settings::not_negative::<A>("epsilon", self.epsilon)
    }

    fn change<A: Float>(&self, step: Step, parameters: &mut [A], gradient: &[A], [sum]: [&mut [A]; 1]) {
        let step = AdaGradStep {
            rate: A::of(step.rate),
            weight_decay: A::of(step.weight_decay),
            epsilon: A::of(self.epsilon),
        };
        each(((parameters, gradient), sum), 1, |((w, dw), sum)| kernels::ada_grad(w, dw, sum, step));
    }
}
