//! [`RmsProp`]: a rate for each parameter, by its latest gradients.

use super::state::State;
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
pub struct RmsProp<A> {
    rate: f64,
    alpha: f64,
    epsilon: f64,
    weight_decay: f64,
    momentum: f64,
    centered: bool,
    state: State<A, 3>,
}

impl<A> RmsProp<A> {
    /// RMSProp with this learning rate; PyTorch's is 0.01.
    pub const fn new(rate: f64) -> Self {
        Self {
            rate,
            alpha: 0.99,
            epsilon: 1e-8,
            weight_decay: 0.0,
            momentum: 0.0,
            centered: false,
            state: State::new(),
        }
    }

    /// α, from 0 to below 1: how much of the mean square is kept.
    pub const fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
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

    /// μ, from 0 to below 1: how much of the last step's velocity is kept.
    pub const fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }

    /// Divides by the gradient's standard deviation instead.
    pub const fn centered(mut self) -> Self {
        self.centered = true;
        self
    }
}

impl<A: Float> Optimizer<A> for RmsProp<A> {
    fn step(&mut self, parameters: &mut [A], gradient: &mut [A], layout: &Layout) -> Result<()> {
        settings::not_negative::<A>("the learning rate", self.rate)?;
        settings::below_1("alpha", self.alpha)?;
        settings::not_negative::<A>("epsilon", self.epsilon)?;
        settings::not_negative::<A>("the weight decay", self.weight_decay)?;
        settings::below_1("the momentum", self.momentum)?;
        layout.check_lengths("RmsProp::step", parameters, gradient)?;
        let (centered, moved) = (self.centered, self.momentum > 0.0);
        let (_, [square, mean, velocity]) = self.state.next_step(layout, [true, centered, moved])?;
        let step = RmsPropStep {
            rate: A::of(self.rate),
            weight_decay: A::of(self.weight_decay),
            momentum: A::of(self.momentum),
            mean: Mean::new(self.alpha),
            epsilon: A::of(self.epsilon),
        };
        let work = ((parameters, &*gradient), square);
        match (centered, moved) {
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
        Ok(())
    }

    fn learning_rate(&self) -> f64 {
        self.rate
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    fn save(&self, memory: &mut Memory<A>) -> Result<()> {
        self.state.save_with_rate(memory, self.rate, ["square", "mean", "velocity"])
    }

    fn restore(&mut self, memory: &Memory<A>, layout: &Layout) -> Result<()> {
        let kept = [("square", true), ("mean", self.centered), ("velocity", self.momentum > 0.0)];
        (self.rate, self.state) = State::restored_with_rate(memory, layout, kept)?;
        Ok(())
    }
}
