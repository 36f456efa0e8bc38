//! z = 1 / (1 + e^(−x)).

use ndarray::{Array, ArrayRef, Dimension};

use super::cache::{Cache, backprop};
use crate::ops::sigmoid;
use crate::{Float, Result};

/// The sigmoid node (exercise 3-3): z = 1 / (1 + e^(−x)), for arrays of any dimension.
///
/// Its derivative is z · (1 − z), so it keeps z. (The course's text calls it `Softmax` and
/// writes 1 − e^(−x); its figures are those of the sigmoid.)
///
/// ```
/// use blasnet::nodes::Sigmoid;
/// use ndarray::array;
///
/// let mut sigmoid = Sigmoid::new();
/// assert_eq!(sigmoid.forward(&array![0.0]), array![0.5]);
/// assert_eq!(sigmoid.backprop(&array![2.0])?, array![0.5]);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Sigmoid<A> {
    z: Cache<A>,
}

impl<A: Float> Sigmoid<A> {
    /// A node with an empty cache.
    pub const fn new() -> Self {
        Self { z: Cache::new() }
    }

    /// 1 / (1 + e^(−x)) of each element.
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
        self.z.forward_into("Sigmoid::forward_into", x, z, x.len(), sigmoid::and_copy);
    }

    backprop! {
        /// dx = dz · z · (1 − z).
        "Sigmoid", z, sigmoid::backprop
    }
}
