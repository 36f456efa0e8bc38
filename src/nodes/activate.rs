//! z = f(x) for any [`Activation`].

use ndarray::{Array, ArrayRef, Dimension};

use super::cache::{Cache, backprop};
use crate::ops::multiply;
use crate::{Activation, Float, Result};

/// A node for any [`Activation`] f: z = f(x), for arrays of any dimension.
///
/// It keeps the slope f′(x), which is computed along with f(x); nothing for the identity. The node
/// [`Relu`](super::Relu) keeps less, a bit for each element.
///
/// ```
/// use blasnet::{Activation, nodes::Activate};
/// use ndarray::array;
///
/// let mut tanh = Activate::new(Activation::Tanh)?;
/// assert_eq!(tanh.forward(&array![0.0, 50.0]), array![0.0, 1.0]);
/// assert_eq!(tanh.backprop(&array![2.0, 2.0])?, array![2.0, 0.0]);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Activate<A> {
    activation: Activation,
    slope: Cache<A>,
}

impl<A: Float> Activate<A> {
    /// A node with an empty cache.
    ///
    /// # Errors
    ///
    /// If the slope of a leaky ReLU is not finite, as an `A`.
    pub fn new(activation: Activation) -> Result<Self> {
        activation.check::<A>()?;
        Ok(Self { activation, slope: Cache::new() })
    }

    /// The activation.
    pub const fn activation(&self) -> Activation {
        self.activation
    }

    /// f(x) of each element.
    pub fn forward<D: Dimension>(&mut self, x: &ArrayRef<A, D>) -> Array<A, D> {
        let mut z = Array::zeros(x.raw_dim());
        self.forward_into(x, &mut z);
        z
    }

    /// [`forward`](Self::forward) into `z`.
    ///
    /// # Panics
    ///
    /// If the shapes differ.
    #[track_caller]
    pub fn forward_into<D: Dimension>(&mut self, x: &ArrayRef<A, D>, z: &mut ArrayRef<A, D>) {
        let activation = self.activation;
        let slopes = activation.slope_len(x.len());
        self.slope.forward_into("Activate::forward_into", x, z, slopes, |x, z, slope| {
            activation.and_slope(x, z, slope);
        });
    }

    backprop! {
        /// dx = dz · f′(x).
        "Activate", slope, multiply::by_slope
    }
}
