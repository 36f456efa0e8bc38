//! Optimisers: how parameters change by their gradient.

mod layout;

pub use layout::Layout;

use crate::{Float, Result};

/// How parameters change by their gradient, step after step.
///
/// An optimiser takes the gradient as it is: whether that is of a batch's summed or of its mean loss is the
/// affair of the network that made it. It does not look for NaN or infinity either.
///
/// Whoever writes one needs no more than this trait:
///
/// ```
/// use blasnet::{Layout, Optimizer, Result};
///
/// /// W ← W − rate · sign(∇W).
/// struct SignDescent {
///     rate: f64,
/// }
///
/// impl Optimizer<f64> for SignDescent {
///     fn step(&mut self, parameters: &mut [f64], gradient: &mut [f64], _: &Layout) -> Result<()> {
///         for (w, dw) in parameters.iter_mut().zip(gradient) {
///             *w -= self.rate * dw.signum();
///         }
///         Ok(())
///     }
///
///     fn learning_rate(&self) -> f64 {
///         self.rate
///     }
///
///     fn set_learning_rate(&mut self, rate: f64) {
///         self.rate = rate;
///     }
/// }
///
/// let layout = Layout::new([("w", vec![2])]);
/// let mut w = [1.0, 2.0];
/// SignDescent { rate: 0.5 }.step(&mut w, &mut [-7.0, 0.1], &layout)?;
/// assert_eq!(w, [1.5, 1.5]);
/// # Ok::<(), blasnet::Error>(())
/// ```
pub trait Optimizer<A: Float> {
    /// Changes `parameters` by their `gradient`, both laid out by `layout`. The gradient may be overwritten.
    ///
    /// # Errors
    ///
    /// If a setting is one that no step can be made with, a slice is not as long as the layout, or earlier steps
    /// were made with another layout; the parameters are not changed then.
    fn step(&mut self, parameters: &mut [A], gradient: &mut [A], layout: &Layout) -> Result<()>;

    /// The learning rate of the next step.
    fn learning_rate(&self) -> f64;

    /// Makes this the learning rate of the steps to come.
    fn set_learning_rate(&mut self, rate: f64);

    /// Where a step is W ← W − rate · ∇W and nothing else: its rate, and the step counts as made. A network then
    /// applies it while it makes the gradient, which no array ever holds. `None`, the default: call `step`.
    ///
    /// # Errors
    ///
    /// If a setting is one that no step can be made with.
    fn plain_rate(&mut self) -> Result<Option<A>> {
        Ok(None)
    }
}

/// What is behind a pointer makes the step.
macro_rules! forward_to_the_pointee {
    ($($pointer:ty),*) => {$(
        impl<A: Float, O: Optimizer<A> + ?Sized> Optimizer<A> for $pointer {
            fn step(&mut self, parameters: &mut [A], gradient: &mut [A], layout: &Layout) -> Result<()> {
                (**self).step(parameters, gradient, layout)
            }

            fn learning_rate(&self) -> f64 {
                (**self).learning_rate()
            }

            fn set_learning_rate(&mut self, rate: f64) {
                (**self).set_learning_rate(rate);
            }

            fn plain_rate(&mut self) -> Result<Option<A>> {
                (**self).plain_rate()
            }
        }
    )*};
}

forward_to_the_pointee!(&mut O, Box<O>);
