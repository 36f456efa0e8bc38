//! [`Rated`]: learning rates without a number type.

/// An optimiser of this library, or one of its wrappers around another such: its learning rate can be asked for
/// where no number type is known.
///
/// [`Optimizer<A>`](super::Optimizer) has the rate of every optimiser, but an [`Adam`](super::Adam) is an
/// `Optimizer<f32>` and an `Optimizer<f64>`.
pub trait Rated {
    /// The learning rate of the next step.
    fn rate(&self) -> f64;

    /// Makes this the learning rate of the steps to come.
    fn set_rate(&mut self, rate: f64);
}

impl<O: Rated + ?Sized> Rated for &mut O {
    fn rate(&self) -> f64 {
        (**self).rate()
    }

    fn set_rate(&mut self, rate: f64) {
        (**self).set_rate(rate);
    }
}

impl<O: Rated + ?Sized> Rated for Box<O> {
    fn rate(&self) -> f64 {
        (**self).rate()
    }

    fn set_rate(&mut self, rate: f64) {
        (**self).set_rate(rate);
    }
}

/// What every wrapper has: a way to the optimiser inside, and a learning rate without a number type.
macro_rules! wrapper {
    ($name:ident) => {
        impl<O> $name<O> {
            /// The optimiser inside.
            pub const fn inner(&self) -> &O {
                &self.optimizer
            }

            /// The optimiser inside, to be changed.
            pub const fn inner_mut(&mut self) -> &mut O {
                &mut self.optimizer
            }

            /// The optimiser inside, alone.
            pub fn into_inner(self) -> O {
                self.optimizer
            }
        }

        /// For the optimisers of this library, which take both number types. Any other has these by
        /// [`Optimizer`].
        impl<O: $crate::optim::rated::Rated> $name<O> {
            /// As [`Optimizer::learning_rate`].
            pub fn learning_rate(&self) -> f64 {
                $crate::optim::rated::Rated::rate(self)
            }

            /// As [`Optimizer::set_learning_rate`].
            pub fn set_learning_rate(&mut self, rate: f64) {
                $crate::optim::rated::Rated::set_rate(self, rate);
            }
        }
    };
}
pub(super) use wrapper;
