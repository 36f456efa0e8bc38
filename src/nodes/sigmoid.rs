//! z = 1 / (1 + e^(−x)).

use ndarray::{Array, ArrayRef, Dimension};

use super::cache::Cache;
use super::operand::check_shape;
use crate::compute::flat::{assert_same_shape, elements, write_elements};
use crate::compute::{kernels, parallel::each};
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
    /// A node that has seen nothing yet.
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
        assert_same_shape("Sigmoid::forward_into", "z", z.shape(), x.shape());
        let kept = self.z.reset(x.shape(), x.len());
        let x = elements(x);
        write_elements(z, |z| {
            each(((&*x, z), kept), 1, |((x, z), kept)| kernels::sigmoid_and_copy(x, z, kept));
        });
    }

    /// dx = dz · z · (1 − z).
    ///
    /// # Errors
    ///
    /// Before `forward`, or if `dz` has not the shape of its output.
    pub fn backprop<D: Dimension>(&self, dz: &ArrayRef<A, D>) -> Result<Array<A, D>> {
        let (shape, _) = self.z.get("Sigmoid")?;
        check_shape("Sigmoid::backprop", "dz", &&dz.view(), shape)?;
        let mut dx = Array::zeros(dz.raw_dim());
        self.backprop_into(dz, &mut dx)?;
        Ok(dx)
    }

    /// [`backprop`](Self::backprop) into `dx`.
    ///
    /// # Errors
    ///
    /// Before `forward`.
    ///
    /// # Panics
    ///
    /// If a shape is not that of the output.
    #[track_caller]
    pub fn backprop_into<D: Dimension>(&self, dz: &ArrayRef<A, D>, dx: &mut ArrayRef<A, D>) -> Result<()> {
        let (shape, z) = self.z.get("Sigmoid")?;
        assert_same_shape("Sigmoid::backprop_into", "dz", dz.shape(), shape);
        assert_same_shape("Sigmoid::backprop_into", "dx", dx.shape(), shape);
        let dz = elements(dz);
        write_elements(dx, |dx| {
            each(((&*dz, z), dx), 1, |((dz, z), dx)| kernels::sigmoid_backprop(dz, z, dx));
        });
        Ok(())
    }
}
