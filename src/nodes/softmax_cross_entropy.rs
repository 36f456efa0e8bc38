//! Softmax and cross-entropy as one node: the loss.

use ndarray::{Array2, ArrayRef2, ArrayView2};

use super::cache::Cache;
use crate::compute::flat::{assert_same_shape, elements, write_elements};
use crate::ops::softmax_cross_entropy;
use crate::{Error, Float, Result};

/// The output node (exercise 3-5): y = softmax(x), L = 1/N · Σᵢ Σₖ −tᵢₖ log yᵢₖ.
///
/// `x: [N, K]` are logits, `t: [N, K]` the labels: one-hot rows, or any distributions.
///
/// **The gradient is not divided by N.** The loss is the mean over the batch, but `backprop`
/// gives y − t, which is the gradient of the *sum*: the course defines it so, its figures
/// show it, and its learning rate of 0.0001 is meant for it. For the gradient of the mean call
/// `backprop(1.0 / n)`.
///
/// The logarithm is taken of the sum of exponentials and not of y, so that a probability too small
/// for the number type still has its finite loss.
///
/// ```
/// use blasnet::nodes::SoftmaxCrossEntropy;
/// use ndarray::array;
///
/// let mut node = SoftmaxCrossEntropy::new();
/// let loss = node.forward(&array![[1.0, 0.5], [-0.4, 0.1]], &array![[1.0, 0.0], [0.0, 1.0]])?;
/// assert!((loss - 0.47407698418010663_f64).abs() < 1e-12);
///
/// let dx = node.backprop(1.0)?;
/// assert!(dx.abs_diff_eq(&array![[-0.37754067, 0.37754067], [0.37754067, -0.37754067]], 1e-8));
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct SoftmaxCrossEntropy<A> {
    y: Cache<A>,
    t: Cache<A>,
}

impl<A: Float> SoftmaxCrossEntropy<A> {
    /// A node with an empty cache.
    pub const fn new() -> Self {
        Self { y: Cache::new(), t: Cache::new() }
    }

    /// The mean loss of the batch.
    ///
    /// # Errors
    ///
    /// If the shapes differ, or the batch is empty.
    pub fn forward(&mut self, x: &ArrayRef2<A>, t: &ArrayRef2<A>) -> Result<A> {
        if t.shape() != x.shape() {
            let expected = format!("{:?}, as `x`", x.shape());
            return Err(Error::shape("SoftmaxCrossEntropy::forward", "t", t.shape(), expected));
        }
        let (rows, columns) = x.dim();
        if rows == 0 {
            return Err(Error::empty_batch());
        }
        let kept = self.t.reset(t.shape(), t.len());
        let y = self.y.reset(x.shape(), x.len());
        let sum = softmax_cross_entropy::and_copy(&elements(x), &elements(t), y, kept, columns);
        Ok(A::of(sum / rows as f64))
    }

    /// softmax(x) of the last `forward`.
    ///
    /// # Errors
    ///
    /// Before `forward`.
    pub fn probabilities(&self) -> Result<ArrayView2<'_, A>> {
        let (shape, y) = self.y.get("SoftmaxCrossEntropy")?;
        Ok(ArrayView2::from_shape((shape[0], shape[1]), y).expect("kept with its own shape"))
    }

    /// dx = dz · (y − t), where `dz` is the derivative by the loss: 1 unless something is computed from the loss.
    ///
    /// # Errors
    ///
    /// Before `forward`.
    pub fn backprop(&self, dz: A) -> Result<Array2<A>> {
        let mut dx = Array2::zeros(self.probabilities()?.raw_dim());
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
    /// If `dx` does not have the shape of `x`.
    #[track_caller]
    pub fn backprop_into(&self, dz: A, dx: &mut ArrayRef2<A>) -> Result<()> {
        let ((shape, y), (_, t)) = (self.y.get("SoftmaxCrossEntropy")?, self.t.get("SoftmaxCrossEntropy")?);
        assert_same_shape("SoftmaxCrossEntropy::backprop_into", "dx", dx.shape(), shape);
        write_elements(dx, |dx| softmax_cross_entropy::backprop(dz, y, t, dx));
        Ok(())
    }
}
