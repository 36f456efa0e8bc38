//! z = f(x) for any [`Activation`].

use ndarray::{Array, ArrayRef, Dimension};

use super::cache::Cache;
use super::operand::check_shape;
use crate::compute::flat::{assert_same_shape, elements, write_elements};
use crate::compute::{kernels, parallel::each};
use crate::{Activation, Float, Result};

/// A node for any [`Activation`] f: z = f(x), for arrays of any dimension.
///
/// It keeps the slope f′(x), which is computed along with f(x); nothing for the identity. For ReLU alone the node
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

/// Elements that a core's first cache holds, with their slopes.
const BLOCK: usize = 1 << 10;

impl<A: Float> Activate<A> {
    /// A node that has seen nothing yet.
    ///
    /// # Errors
    ///
    /// If the slope of a leaky ReLU is not finite, as an `A`.
    pub fn new(activation: Activation) -> Result<Self> {
        activation.check::<A>()?;
        Ok(Self { activation, slope: Cache::new() })
    }

    /// What the node applies.
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
        assert_same_shape("Activate::forward_into", "z", z.shape(), x.shape());
        let activation = self.activation;
        let (shape, x) = (x.shape(), elements(x));
        if activation == Activation::Identity {
            self.slope.reset(shape, 0);
            return write_elements(z, |z| copy(&x, z));
        }
        let slope = self.slope.reset(shape, x.len());
        write_elements(z, |z| {
            each(((&*x, z), slope), 1, |((x, z), slope)| {
                let blocks = x.chunks(BLOCK).zip(z.chunks_mut(BLOCK)).zip(slope.chunks_mut(BLOCK));
                for ((x, z), slope) in blocks {
                    z.copy_from_slice(x);
                    activation.apply_with_slope(z, slope);
                }
            });
        });
    }

    /// dx = dz · f′(x).
    ///
    /// # Errors
    ///
    /// Before `forward`, or if `dz` has not the shape of its output.
    pub fn backprop<D: Dimension>(&self, dz: &ArrayRef<A, D>) -> Result<Array<A, D>> {
        let (shape, _) = self.slope.get("Activate")?;
        check_shape("Activate::backprop", "dz", &&dz.view(), shape)?;
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
        let (shape, slope) = self.slope.get("Activate")?;
        assert_same_shape("Activate::backprop_into", "dz", dz.shape(), shape);
        assert_same_shape("Activate::backprop_into", "dx", dx.shape(), shape);
        let dz = elements(dz);
        write_elements(dx, |dx| {
            if self.activation == Activation::Identity {
                return copy(&dz, dx);
            }
            each(((&*dz, slope), dx), 1, |((dz, slope), dx)| kernels::multiply(dz, slope, dx));
        });
        Ok(())
    }
}

fn copy<A: Float>(from: &[A], to: &mut [A]) {
    each((from, to), 1, |(from, to)| to.copy_from_slice(from));
}
