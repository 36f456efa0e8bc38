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
//! step, [`Clipped`], which limits the gradient, and [`Averaged`], which averages the parameters. Each takes the
//! optimiser first and its setting second, and gives the optimiser back by `inner`, `inner_mut` and `into_inner`. All
//! are [`Optimizer`]s:
//!
//! ```
//! use blasnet::{Adam, Clipped, Layout, Optimizer, Schedule, Scheduled};
//!
//! let schedule = Schedule::Cosine { steps: 200, floor: 0.0 }.after_warm_up(10);
//! let mut optimizer = Scheduled::new(Clipped::by_norm(Adam::new(0.3), 1.0), schedule);
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
//! Settings are `f64`, and an optimiser works on `f32` or `f64`: that of its first step, from then on. What is kept
//! for each parameter is allocated by the first step, and nothing after it. Settings are checked by each step, which
//! changes nothing where one is wrong. Steps are shared out to rayon's pool, and give the same bits on any number of
//! threads and with every instruction set.
//!
//! Weight decay is for all parameters, or by `decay_only` for those with certain names, such as the weights and not
//! the biases.
//!
//! What an optimiser remembers can be kept in a [`Memory`], and given back to another one that goes on bit for bit.

mod adagrad;
mod adam;
mod averaged;
mod clip;
mod layout;
mod memory;
mod rated;
mod rmsprop;
mod rule;
mod schedule;
mod sgd;
mod state;

use std::any::type_name;
use std::ops::Range;

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
/// An optimiser takes the gradient as it is: whether that is of a batch's summed or of its mean loss is up to the
/// network that made it. It does not look for NaN or infinity either.
///
/// [`step`](Self::step) makes a whole step. There are two other ways to make one, for whoever makes the gradient:
///
/// - Where [`plain_rate`](Self::plain_rate) gives a rate, change the parameters by it yourself, and
///   [`commit`](Self::commit).
/// - Where [`takes_ranges`](Self::takes_ranges) says yes, [`begin`](Self::begin), [`update`](Self::update) range after
///   range, and `commit`. The parameters are the same bits as after `step`.
///
/// A step counts when it is committed, and not before: one that is given up, as the batch turned out to be bad,
/// advances no schedule and no average.
///
/// ```
/// use blasnet::{Adam, Layout, Optimizer};
///
/// let layout = Layout::new([("w", vec![3]), ("b", vec![2])]);
/// let (mut whole, mut adam) = ([1.0; 5], Adam::new(0.1));
/// adam.step(&mut whole, &mut [0.5, -0.5, 0.25, 1.0, -1.0], &layout)?;
///
/// let (mut parts, mut adam) = ([1.0; 5], Adam::new(0.1));
/// let optimizer: &mut dyn Optimizer<f64> = &mut adam;
/// optimizer.begin(&layout)?;
/// optimizer.update(2..5, &mut parts[2..5], &mut [0.25, 1.0, -1.0])?;
/// optimizer.update(0..2, &mut parts[0..2], &mut [0.5, -0.5])?;
/// optimizer.commit();
/// assert_eq!(parts, whole);
/// # Ok::<(), blasnet::Error>(())
/// ```
///
/// The optimisers of this library work on `f32` and on `f64`. Where no argument says which, as with `commit`, name it:
/// by a `dyn Optimizer<f64>` as above, or `Optimizer::<f64>::commit(&mut adam)`.
///
/// Whoever writes an optimiser needs no more than this:
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
    /// were made with another layout or number type; the parameters are not changed then, and the step does not
    /// count.
    fn step(&mut self, parameters: &mut [A], gradient: &mut [A], layout: &Layout) -> Result<()>;

    /// The learning rate of the next step.
    fn learning_rate(&self) -> f64;

    /// Makes this the learning rate of the steps to come.
    fn set_learning_rate(&mut self, rate: f64);

    /// The rate of the next step, where that is W ← W − rate · ∇W and nothing else. A network then makes the step
    /// while it makes the gradient, which no array ever holds, and calls [`commit`](Self::commit) once it is made.
    /// `None`, the default: call [`step`](Self::step).
    ///
    /// This counts nothing: asked twice, it gives the same.
    ///
    /// # Errors
    ///
    /// If a setting is one that no step can be made with.
    fn plain_rate(&self) -> Result<Option<A>> {
        Ok(None)
    }

    /// What [`plain_rate`](Self::plain_rate) would be after [`set_learning_rate`](Self::set_learning_rate) with this
    /// `rate`, which a wrapper such as [`Scheduled`] asks for. By default `rate` itself where there is a plain rate.
    ///
    /// # Errors
    ///
    /// As `plain_rate`.
    fn plain_rate_at(&self, rate: f64) -> Result<Option<A>> {
        Ok(self.plain_rate()?.map(|_| A::of(rate)))
    }

    /// Whether a step can be made range by range: [`begin`](Self::begin), [`update`](Self::update) for each range,
    /// [`commit`](Self::commit). No by default. An optimiser that needs the whole gradient at once, as
    /// [`Clipped::by_norm`] does, says no, and so does a wrapper around it.
    fn takes_ranges(&self) -> bool {
        false
    }

    /// Checks the settings and the layout, and prepares the next step. This advances nothing: a step that is begun
    /// and never committed was never made, as long as no range was updated.
    ///
    /// # Errors
    ///
    /// As [`step`](Self::step), or if this takes no ranges, as by default.
    fn begin(&mut self, _layout: &Layout) -> Result<()> {
        Err(takes_no_ranges::<Self>())
    }

    /// Changes the parameters of `range`, which counts elements of the layout, by their gradient. Both slices hold
    /// that range alone. Between [`begin`](Self::begin) and [`commit`](Self::commit), each element is updated once;
    /// the ranges may come in any order, and may cut arrays in two. The gradient may be overwritten.
    ///
    /// # Errors
    ///
    /// If no step is begun, the range does not lie within the layout, or a slice is not as long as the range; nothing
    /// is changed then. By default always, as this takes no ranges.
    fn update(&mut self, _range: Range<usize>, _parameters: &mut [A], _gradient: &mut [A]) -> Result<()> {
        Err(takes_no_ranges::<Self>())
    }

    /// The step was made: it counts. Called once all ranges are updated, or the [`plain_rate`](Self::plain_rate) was
    /// applied. By default this does nothing.
    fn commit(&mut self) {}

    /// Adds what is remembered from step to step to `memory`, which is new or [cleared](Memory::clear): all that
    /// [`restore`](Self::restore) needs, and the learning rate, but no other setting.
    ///
    /// # Errors
    ///
    /// If this cannot be kept, as by default, so that nothing is lost in silence, or an optimiser inside of this
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

fn takes_no_ranges<O: ?Sized>() -> Error {
    Error::Invalid {
        what: "the optimiser",
        found: format!("{}, which takes no ranges", type_name::<O>()),
        expected: "one that does; call `step` with the whole gradient".into(),
    }
}

/// The step of an optimiser that takes ranges, in one range.
fn whole_step<A: Float>(
    optimizer: &mut impl Optimizer<A>,
    parameters: &mut [A],
    gradient: &mut [A],
    layout: &Layout,
) -> Result<()> {
    layout.check_lengths(parameters, gradient)?;
    optimizer.begin(layout)?;
    optimizer.update(0..layout.len(), parameters, gradient)?;
    optimizer.commit();
    Ok(())
}

/// An optimiser that is another one: the one inside of it, or the one that it points to.
macro_rules! forward {
    ([$($generics:tt)*] $type:ty, $self:ident => $inner:expr) => {
        impl<$($generics)*> Optimizer<A> for $type {
            fn step(&mut $self, parameters: &mut [A], gradient: &mut [A], layout: &Layout) -> Result<()> {
                Optimizer::<A>::step(&mut $inner, parameters, gradient, layout)
            }

            fn learning_rate(&$self) -> f64 {
                Optimizer::<A>::learning_rate(&$inner)
            }

            fn set_learning_rate(&mut $self, rate: f64) {
                Optimizer::<A>::set_learning_rate(&mut $inner, rate);
            }

            fn plain_rate(&$self) -> Result<Option<A>> {
                Optimizer::<A>::plain_rate(&$inner)
            }

            fn plain_rate_at(&$self, rate: f64) -> Result<Option<A>> {
                Optimizer::<A>::plain_rate_at(&$inner, rate)
            }

            fn takes_ranges(&$self) -> bool {
                Optimizer::<A>::takes_ranges(&$inner)
            }

            fn begin(&mut $self, layout: &Layout) -> Result<()> {
                Optimizer::<A>::begin(&mut $inner, layout)
            }

            fn update(
                &mut $self,
                range: std::ops::Range<usize>,
                parameters: &mut [A],
                gradient: &mut [A],
            ) -> Result<()> {
                Optimizer::<A>::update(&mut $inner, range, parameters, gradient)
            }

            fn commit(&mut $self) {
                Optimizer::<A>::commit(&mut $inner);
            }

            fn save(&$self, memory: &mut Memory<A>) -> Result<()> {
                Optimizer::<A>::save(&$inner, memory)
            }

            fn restore(&mut $self, memory: &Memory<A>, layout: &Layout) -> Result<()> {
                Optimizer::<A>::restore(&mut $inner, memory, layout)
            }
        }
    };
}
use forward;

forward!([A: Float, O: Optimizer<A> + ?Sized] &mut O, self => **self);
forward!([A: Float, O: Optimizer<A> + ?Sized] Box<O>, self => **self);
