//! [`Clipped`]: gradients that are not too large.

use std::ops::Range;

use super::rated::{Rated, wrapper};
use super::{Layout, Memory, Optimizer, takes_no_ranges};
use crate::compute::kernels;
use crate::compute::parallel::{each, sum_of_each};
use crate::error::settings;
use crate::{Float, Result};

/// An optimiser that gets gradients of limited size, so that a single batch cannot throw the parameters far away.
///
/// The norm is that of all parameters' gradients at once, as by PyTorch's
/// [`clip_grad_norm_`](https://docs.pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html) (Pascanu,
/// Mikolov and Bengio, *On the difficulty of training recurrent neural networks*, 2013):
///
/// ```text
/// g ← g · max / (‖g‖ + 10⁻⁶)       where that makes g smaller
/// ```
///
/// It is added up in f64, in pieces that do not depend on threads, so that any number of them gives the same bits. It
/// needs the whole gradient: an optimiser clipped by norm takes no ranges. Clipped by value, it takes ranges if the
/// optimiser inside does.
///
/// ```
/// use blasnet::{Clipped, Layout, Optimizer, Sgd};
///
/// let layout = Layout::new([("w", vec![1]), ("b", vec![1])]);
/// let (mut w, mut gradient) = ([0.0_f64, 0.0], [30.0, -40.0]);
/// Clipped::by_norm(Sgd::new(1.0), 5.0).step(&mut w, &mut gradient, &layout)?;
/// assert!((w[0] + 3.0).abs() < 1e-6 && (w[1] - 4.0).abs() < 1e-6);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Clipped<O> {
    optimizer: O,
    limit: Limit,
}

/// The most that is let through.
#[derive(Debug, Clone, Copy)]
enum Limit {
    Norm(f64),
    Value(f64),
}

impl<O> Clipped<O> {
    /// Shrinks a gradient whose norm is above `max`; its direction stays.
    ///
    /// A norm that is not finite is an error of the step.
    pub const fn by_norm(optimizer: O, max: f64) -> Self {
        Self { optimizer, limit: Limit::Norm(max) }
    }

    /// Makes each element of a gradient the nearest number from −`max` to `max`; NaN stays NaN.
    pub const fn by_value(optimizer: O, max: f64) -> Self {
        Self { optimizer, limit: Limit::Value(max) }
    }
}

wrapper!(Clipped);

impl Limit {
    fn check<A: Float>(self) -> Result<()> {
        match self {
            Self::Norm(max) => settings::positive::<A>("the largest norm", max),
            Self::Value(max) => settings::positive::<A>("the largest value", max),
        }
    }

    /// Limits a gradient, or changes nothing and gives an error.
    fn apply<A: Float>(self, gradient: &mut [A]) -> Result<()> {
        match self {
            Self::Norm(max) => {
                let norm = sum_of_each(&*gradient, 1, kernels::sum_of_squares).sqrt();
                settings::check(norm.is_finite(), "the gradient's norm", norm, "a finite number")?;
                let factor = max / (norm + 1e-6);
                if factor < 1.0 {
                    each(gradient, 1, |gradient| kernels::scale(gradient, A::of(factor)));
                }
            }
            Self::Value(max) => each(gradient, 1, |gradient| kernels::clamp(gradient, A::of(max))),
        }
        Ok(())
    }
}

impl<O> Clipped<O> {
    /// An error if the norm of the whole gradient is needed.
    fn check_ranges(&self) -> Result<()> {
        match self.limit {
            Limit::Norm(_) => Err(takes_no_ranges::<Self>()),
            Limit::Value(_) => Ok(()),
        }
    }
}

impl<O: Rated> Rated for Clipped<O> {
    fn rate(&self) -> f64 {
        self.optimizer.rate()
    }

    fn set_rate(&mut self, rate: f64) {
        self.optimizer.set_rate(rate);
    }
}

impl<A: Float, O: Optimizer<A>> Optimizer<A> for Clipped<O> {
    fn step(&mut self, parameters: &mut [A], gradient: &mut [A], layout: &Layout) -> Result<()> {
        self.limit.check::<A>()?;
        layout.check_lengths(parameters, gradient)?;
        if !self.optimizer.takes_ranges() {
            self.limit.apply(gradient)?;
            return self.optimizer.step(parameters, gradient, layout);
        }
        // What the optimiser inside refuses, it refuses before the gradient is changed.
        self.optimizer.begin(layout)?;
        self.limit.apply(gradient)?;
        self.optimizer.update(0..layout.len(), parameters, gradient)?;
        self.optimizer.commit();
        Ok(())
    }

    fn learning_rate(&self) -> f64 {
        self.optimizer.learning_rate()
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.optimizer.set_learning_rate(rate);
    }

    fn takes_ranges(&self) -> bool {
        matches!(self.limit, Limit::Value(_)) && self.optimizer.takes_ranges()
    }

    fn begin(&mut self, layout: &Layout) -> Result<()> {
        self.check_ranges()?;
        self.limit.check::<A>()?;
        self.optimizer.begin(layout)
    }

    fn update(&mut self, range: Range<usize>, parameters: &mut [A], gradient: &mut [A]) -> Result<()> {
        self.check_ranges()?;
        self.limit.apply(gradient)?;
        self.optimizer.update(range, parameters, gradient)
    }

    fn commit(&mut self) {
        self.optimizer.commit();
    }

    fn save(&self, memory: &mut Memory<A>) -> Result<()> {
        self.optimizer.save(memory)
    }

    fn restore(&mut self, memory: &Memory<A>, layout: &Layout) -> Result<()> {
        self.optimizer.restore(memory, layout)
    }
}
