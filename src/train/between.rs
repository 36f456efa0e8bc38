//! [`Between`]: what stands between the gradient and the optimiser.

use std::ops::Range;

use crate::{Result, Sums};

/// Stands between the gradient and the optimiser of a [`Trainer`](super::Trainer): to look at gradients, to change them, or to
/// exchange them with other processes, each of which computes those of a part of each batch.
///
/// ```
/// use std::ops::Range;
///
/// use blasnet::train::{Between, Trainer};
/// use blasnet::{Activation, Dataset, Loss, Mlp, Result, Sgd, Sums};
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// /// The largest element of all gradients.
/// #[derive(Default)]
/// struct Largest(f32);
///
/// impl Between<f32> for Largest {
///     fn gradient(&mut self, gradient: &mut [f32], _: &mut Sums) -> Result<()> {
///         self.0 = gradient.iter().fold(self.0, |largest, element| largest.max(element.abs()));
///         Ok(())
///     }
/// }
///
/// let data = Dataset::new(ndarray::array![[0, 255], [255, 0]], vec![0, 1], 2)?;
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
/// let builder = Mlp::builder(2).hidden(8, Activation::Relu).output(2, Loss::SoftmaxCrossEntropy);
/// let (mut network, mut largest) = (builder.build(&mut rng)?, Largest::default());
/// Trainer::new(&mut network, &mut Sgd::new(0.1), &data).between(&mut largest).epochs(3).run(&mut rng)?;
/// assert!(largest.0 > 0.0);
/// # Ok::<(), blasnet::Error>(())
/// ```
pub trait Between<A> {
    /// Which rows of a batch of so many this process computes. All of them by default.
    fn part(&mut self, batch: usize) -> Range<usize> {
        0..batch
    }

    /// Called with the gradient of this process's rows, divided by the whole batch's if the network takes the mean, and the
    /// sums of their scores. What it leaves there is what the optimiser gets, and what the step's scores are made of.
    ///
    /// # Errors
    ///
    /// An error ends the run; nothing is changed by this step.
    fn gradient(&mut self, gradient: &mut [A], sums: &mut Sums) -> Result<()>;

    /// Called after each step with whether a callback wants to interrupt the run; gives whether it is interrupted.
    ///
    /// # Errors
    ///
    /// An error ends the run.
    fn interrupt(&mut self, wanted: bool) -> Result<bool> {
        Ok(wanted)
    }
}

/// For one that is wanted back after the run.
impl<A, B: Between<A> + ?Sized> Between<A> for &mut B {
    fn part(&mut self, batch: usize) -> Range<usize> {
        (**self).part(batch)
    }

    fn gradient(&mut self, gradient: &mut [A], sums: &mut Sums) -> Result<()> {
        (**self).gradient(gradient, sums)
    }

    fn interrupt(&mut self, wanted: bool) -> Result<bool> {
        (**self).interrupt(wanted)
    }
}
