//! z = max(0, x).

use ndarray::{Array, ArrayRef, Dimension};

use super::cache::Cache;
use super::operand::check_shape;
use crate::compute::flat::{assert_same_shape, elements, write_elements};
use crate::compute::kernels::{self, MASK_WORD};
use crate::compute::parallel::{Bits, each};
use crate::{Float, Result};

/// The ReLU node (exercise 3-2): z = max(0, x), for arrays of any dimension.
///
/// Its derivative is 1 where x > 0, else 0 (at 0 too). NaN goes through forward as NaN, and lets
/// no gradient back.
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
    /// A node that has seen nothing yet.
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
        assert_same_shape("Relu::forward_into", "z", z.shape(), x.shape());
        let positive = self.positive.reset(x.shape(), x.len().div_ceil(MASK_WORD));
        let x = elements(x);
        write_elements(z, |z| {
            each(((&*x, z), Bits(positive)), MASK_WORD, |((x, z), Bits(positive))| {
                kernels::relu_and_mask(x, z, positive);
            });
        });
    }

    /// dx = dz where x > 0, else 0.
    ///
    /// # Errors
    ///
    /// Before `forward`, or if `dz` has not the shape of its output.
    pub fn backprop<A: Float, D: Dimension>(&self, dz: &ArrayRef<A, D>) -> Result<Array<A, D>> {
        let (shape, _) = self.positive.get("Relu")?;
        check_shape("Relu::backprop", "dz", &&dz.view(), shape)?;
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
    pub fn backprop_into<A: Float, D: Dimension>(
        &self,
        dz: &ArrayRef<A, D>,
        dx: &mut ArrayRef<A, D>,
    ) -> Result<()> {
        let (shape, positive) = self.positive.get("Relu")?;
        assert_same_shape("Relu::backprop_into", "dz", dz.shape(), shape);
        assert_same_shape("Relu::backprop_into", "dx", dx.shape(), shape);
        let dz = elements(dz);
        write_elements(dx, |dx| {
            each(((&*dz, Bits(positive)), dx), MASK_WORD, |((dz, Bits(positive)), dx)| {
                kernels::relu_backprop(dz, positive, dx);
            });
        });
        Ok(())
    }
}
