//! [`RmsProp`]: a rate for each parameter, by its latest gradients.

use super::rule::{Core, Rule, Step, optimizer};
use super::{Layout, Memory, Optimizer};
use crate::compute::kernels::{self, Mean, RmsPropStep};
use crate::compute::parallel::each;
use crate::error::settings;
use crate::{Float, Result};

/// RMSProp: each gradient is divided by the root of its mean square, in which old ones are forgotten. With momentum μ
/// and weight decay λ if you like:
///
/// ```text
/// g ← ∇W + λ·W
/// s ← α·s + (1 − α)·g²                     s = 0 at first
/// d ← g / (√s + ε)                         centred: g / (√(s − m²) + ε), m ← α·m + (1 − α)·g
/// v ← μ·v + d
/// W ← W − rate·v
/// ```
///
/// Tieleman and Hinton, lecture 6.5 of *Neural Networks for Machine Learning*, 2012; the centred form is from Graves,
/// *Generating Sequences with Recurrent Neural Networks*, 2013. Formulas and defaults (α = 0.99, ε = 10⁻⁸, λ = μ = 0)
/// are [PyTorch's](https://docs.pytorch.org/docs/stable/generated/torch.optim.RMSprop.html), but for a variance
/// s − m² that rounding made negative: it is 0 here.
///
/// ```
/// use blasnet::{Layout, Optimizer, RmsProp};
///
/// let layout = Layout::new([("w", vec![2])]);
/// let (mut w, mut rms_prop) = ([1.0_f64, 2.0], RmsProp::new(0.05));
/// rms_prop.step(&mut w, &mut [100.0, 0.01], &layout)?;
/// assert!((w[0] - 0.5).abs() < 1e-5 && (w[1] - 1.5).abs() < 1e-5);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RmsProp(Core<Formula, 3>);

#[derive(Debug, Clone)]
struct Formula {
    alpha: f64,
    epsilon: f64,
    momentum: f64,
    centered: bool,
}

impl RmsProp {
    /// RMSProp with this learning rate; PyTorch's is 0.01.
    pub const fn new(rate: f64) -> Self {
        Self(Core::new(rate, Formula { alpha: 0.99, epsilon: 1e-8, momentum: 0.0, centered: false }))
    }

    /// α, from 0 to below 1: how much of the mean square is kept.
    pub const fn alpha(mut self, alpha: f64) -> Self {
        self.0.rule.alpha = alpha;
        self
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

    /// μ, from 0 to below 1: how much of the last step's velocity is kept.
    pub const fn momentum(mut self, momentum: f64) -> Self {
        self.0.rule.momentum = momentum;
        self
    }

    /// Divides by the gradient's standard deviation instead.
    pub const fn centered(mut self) -> Self {
        self.0.rule.centered = true;
        self
    }
}

optimizer!(RmsProp);

impl Rule<3> for Formula {
    const ARRAYS: [&'static str; 3] = ["square", "mean", "velocity"];

    fn check<A: Float>(&self) -> Result<()> {
        settings::below_1("alpha", self.alpha)?;
        settings::not_negative::<A>("epsilon", self.epsilon)?;
        settings::below_1("the momentum", self.momentum)
    }

    fn kept(&self) -> [bool; 3] {
        [true, self.centered, self.momentum > 0.0]
    }

    fn change<A: Float>(
        &self,
        step: Step,
        parameters: &mut [A],
        gradient: &[A],
        [square, mean, velocity]: [&mut [A]; 3],
    ) {
        let step = RmsPropStep {
            rate: A::of(step.rate),
            weight_decay: A::of(step.weight_decay),
            momentum: A::of(self.momentum),
            mean: Mean::new(self.alpha),
            epsilon: A::of(self.epsilon),
        };
        let work = ((parameters, gradient), square);
        match (self.centered, self.momentum > 0.0) {
            (false, false) => each(work, 1, |((w, dw), square)| kernels::rms_prop(w, dw, square, step)),
            (false, true) => each((work, velocity), 1, |(((w, dw), square), velocity)| {
                kernels::rms_prop_with_momentum(w, dw, square, velocity, step);
            }),
            (true, false) => each((work, mean), 1, |(((w, dw), square), mean)| {
                kernels::centered_rms_prop(w, dw, square, mean, step);
            }),
            (true, true) => each((work, (mean, velocity)), 1, |(((w, dw), square), (mean, velocity))| {
                kernels::centered_rms_prop_with_momentum(w, dw, square, mean, velocity, step);
            }),
        }
    }
}
