//! z = max(0, x).

use ndarray::{Array, ArrayRef, Dimension};

use super::cache::{Cache, backprop};
use crate::ops::relu;
use crate::{Float, Result};

/// The ReLU node (exercise 3-2): z = max(0, x), for arrays of any dimension.
///
/// Its derivative is 1 where x > 0, else 0 (at 0 too). NaN stays NaN in `forward`, and its gradient is 0.
///
/// ```
/// use blasnet::nodes::Relu;
/// use ndarray::array;
///
/// let mut relu = Relu::new();
/// assert_eq!(relu.forward(&array![-0.5, 0.0, 1.0, 2.0]), array![0.0, 0.0, 1.0, 2.0]);
/// assert_eq!(relu.backprop(&array![1.0, 1.0, 1.0, 1.0])?, array![0.0, 0.0, 1.0, 1.0]);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Relu {
    /// A bit for each element.
    positive: Cache<u32>,
}

impl Relu {
    /// A node with an empty cache.
    pub const fn new() -> Self {
        Self { positive: Cache::new() }
    }

    /// max(0, x) of each element.
    pub fn forward<A: Float, D: Dimension>(&mut self, x: &ArrayRef<A, D>) -> Array<A, D> {
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
    pub fn forward_into<A: Float, D: Dimension>(&mut self, x: &ArrayRef<A, D>, z: &mut ArrayRef<A, D>) {
        let words = relu::mask_len(x.len());
        self.positive.forward_into("Relu::forward_into", x, z, words, relu::and_mask);
    }

    backprop! {
        /// dx = dz where x > 0, else 0.
        "Relu", positive, relu::backprop, A
    }
}
