//! Optimisers: how parameters change by their gradient.
//!
//! | optimiser | a step, the gradient being g | kept for each parameter |
//! |---|---|---|
//! | [`Sgd`] | rate · g, or by a velocity of past gradients | 0 or 1 number |
//! | [`AdaGrad`] | rate · g / √(sum of all g²) | 1 |
//! | [`RmsProp`] | rate · g / √(mean of the latest g²) | 1 to 3 |
//! | [`Adam`], [`AdamW`] | rate · (mean of the latest g) / √(mean of the latest g²) | 2 |
//!
//! Around each of them, or around one of yours, go [`Scheduled`], by which the learning rate changes from step to
//! step, [`Clipped`], which limits the gradient, and [`Averaged`], which averages the parameters. All are
//! [`Optimizer`]s:
//!
//! ```
//! use blasnet::{Adam, Clipped, Layout, Optimizer, Schedule, Scheduled};
//!
//! let schedule = Schedule::Cosine { steps: 200, floor: 0.0 }.after_warm_up(10);
//! let mut optimizer = Scheduled::new(Clipped::by_norm(1.0, Adam::new(0.3)), schedule);
//!
//! // the minimum of (w₀ − 3)² + 100·w₁²
//! let layout = Layout::new([("w", vec![2])]);
//! let mut w = [-1.0_f64, 2.0];
//! for _ in 0..210 {
//!     let mut gradient = [2.0 * (w[0] - 3.0), 200.0 * w[1]];
//!     optimizer.step(&mut w, &mut gradient, &layout)?;
//! }
//! assert!((w[0] - 3.0).abs() < 1e-2 && w[1].abs() < 1e-2);
//! # Ok::<(), blasnet::Error>(())
//! ```
//!
//! What is kept for each parameter is allocated by the first step, and nothing after it. Settings are checked by
//! each step, which changes nothing where one is wrong. Steps are shared out to rayon's pool, and give the same bits
//! on any number of threads and with every instruction set.
//!
//! What an optimiser remembers can be kept in a [`Memory`], and given back to another one that goes on bit for bit.

mod adagrad;
mod adam;
mod averaged;
mod clip;
mod layout;
mod memory;
mod rmsprop;
mod schedule;
mod sgd;
mod state;

use std::any::type_name;

pub use adagrad::AdaGrad;
pub use adam::{Adam, AdamW};
pub use averaged::Averaged;
pub use clip::Clipped;
pub use layout::Layout;
pub use memory::Memory;
pub use rmsprop::RmsProp;
pub use schedule::{Schedule, Scheduled};
pub use sgd::Sgd;

use crate::{Error, Float, Result};

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

    /// Adds what is remembered from step to step to `memory`, which is new or [cleared](Memory::clear): all that
    /// [`restore`](Self::restore) needs, and the learning rate, but no other setting.
    ///
    /// # Errors
    ///
    /// If this cannot be kept, as by default: never is anything lost in silence. Or if an optimiser inside of this
    /// keeps the same name, or the memory was not clear.
    fn save(&self, _memory: &mut Memory<A>) -> Result<()> {
        Err(cannot_be_kept::<Self>())
    }

    /// Takes over what [`save`](Self::save) has kept of an optimiser that was built alike, and goes on as that would
    /// have, bit for bit. What this remembered itself is forgotten.
    ///
    /// # Errors
    ///
    /// If this cannot be kept, as by default, or the memory lacks something, holds what this does not keep (it is
    /// another optimiser's), or is not that of parameters with this layout; nothing is changed then.
    fn restore(&mut self, _memory: &Memory<A>, _layout: &Layout) -> Result<()> {
        Err(cannot_be_kept::<Self>())
    }
}

fn cannot_be_kept<O: ?Sized>() -> Error {
    Error::Invalid {
        what: "the optimiser",
        found: format!("{}, which cannot be kept", type_name::<O>()),
        expected: "one with `save` and `restore`; implement both".into(),
    }
}

/// Steps that something else makes: what is inside, or behind a pointer.
macro_rules! forward {
    ([$($generics:tt)*] $type:ty, $self:ident => $inner:expr) => {
        impl<$($generics)*> Optimizer<A> for $type {
            fn step(&mut $self, parameters: &mut [A], gradient: &mut [A], layout: &Layout) -> Result<()> {
                $inner.step(parameters, gradient, layout)
            }

            fn learning_rate(&$self) -> f64 {
                $inner.learning_rate()
            }

            fn set_learning_rate(&mut $self, rate: f64) {
                $inner.set_learning_rate(rate);
            }

            fn plain_rate(&mut $self) -> Result<Option<A>> {
                $inner.plain_rate()
            }

            fn save(&$self, memory: &mut Memory<A>) -> Result<()> {
                $inner.save(memory)
            }

            fn restore(&mut $self, memory: &Memory<A>, layout: &Layout) -> Result<()> {
                $inner.restore(memory, layout)
            }
        }
    };
}
use forward;

forward!([A: Float, O: Optimizer<A> + ?Sized] &mut O, self => (**self));
forward!([A: Float, O: Optimizer<A> + ?Sized] Box<O>, self => (**self));
