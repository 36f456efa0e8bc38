//! z = x · y, element by element.

use ndarray::{ArrayRef, Dimension};

use super::cache::Cache;
use super::operand::{Operand, check_shape};
use crate::compute::flat::{assert_same_shape, elements, write_elements};
use crate::ops::multiply;
use crate::{Float, Result};

/// The multiplication node, for numbers and arrays (the example of chapter 3): z = x · y.
///
/// Its derivatives are ∂z/∂x = y and ∂z/∂y = x, so it keeps both. Both must have the same shape:
/// nothing is broadcast.
///
/// ```
/// use blasnet::nodes::Multiply;
/// use ndarray::array;
///
/// let mut multiply = Multiply::new();
/// assert_eq!(multiply.forward(&array![1.0, 2.0], &array![3.0, 4.0])?, array![3.0, 8.0]);
/// let (dx, dy) = multiply.backprop(&array![1.0, 10.0])?;
/// assert_eq!((dx, dy), (array![3.0, 40.0], array![1.0, 20.0]));
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Multiply<A> {
    x: Cache<A>,
    y: Cache<A>,
}

impl<A: Float> Multiply<A> {
    /// A node with an empty cache.
    pub const fn new() -> Self {
        Self { x: Cache::new(), y: Cache::new() }
    }

    /// x · y: two numbers, or references to two arrays of one shape.
    ///
    /// # Errors
    ///
    /// If the shapes differ.
    pub fn forward<X, Y>(&mut self, x: X, y: Y) -> Result<X::Owned>
    where
        X: Operand<Elem = A>,
        Y: Operand<Elem = A, Owned = X::Owned>,
    {
        check_shape("Multiply::forward", "y", y.shape(), x.shape())?;
        let (x_elements, y_elements) = (x.elements(), y.elements());
        let mut z = vec![A::zero(); x_elements.len()];
        self.product(x.shape(), &x_elements, &y_elements, &mut z);
        Ok(x.with_elements(z))
    }

    /// [`forward`](Self::forward) of two arrays into `z`.
    ///
    /// # Panics
    ///
    /// If the shapes differ.
    #[track_caller]
    pub fn forward_into<D: Dimension>(
        &mut self,
        x: &ArrayRef<A, D>,
        y: &ArrayRef<A, D>,
        z: &mut ArrayRef<A, D>,
    ) {
        assert_same_shape("Multiply::forward_into", "y", y.shape(), x.shape());
        assert_same_shape("Multiply::forward_into", "z", z.shape(), x.shape());
        let shape = x.shape();
        let (x, y) = (elements(x), elements(y));
        write_elements(z, |z| self.product(shape, &x, &y, z));
    }

    /// z = x · y, keeping x and y.
    fn product(&mut self, shape: &[usize], x: &[A], y: &[A], z: &mut [A]) {
        let kept = (self.x.reset(shape, x.len()), self.y.reset(shape, y.len()));
        multiply::and_copy(x, y, z, kept);
    }

    /// (dx, dy) = (dz · y, dz · x).
    ///
    /// # Errors
    ///
    /// Before `forward`, or if `dz` does not have the shape of its output.
    pub fn backprop<Z: Operand<Elem = A>>(&self, dz: Z) -> Result<(Z::Owned, Z::Owned)> {
        let ((shape, x), (_, y)) = (self.x.get("Multiply")?, self.y.get("Multiply")?);
        check_shape("Multiply::backprop", "dz", dz.shape(), shape)?;
        let (mut dx, mut dy) = (vec![A::zero(); x.len()], vec![A::zero(); y.len()]);
        multiply::backprop(&dz.elements(), x, y, Some(&mut dx), Some(&mut dy));
        Ok((dz.with_elements(dx), dz.with_elements(dy)))
    }

    /// [`backprop`](Self::backprop) of an array into `dx` and `dy`.
    ///
    /// # Errors
    ///
    /// Before `forward`.
    ///
    /// # Panics
    ///
    /// If a shape differs from the output's.
    #[track_caller]
    pub fn backprop_into<D: Dimension>(
        &self,
        dz: &ArrayRef<A, D>,
        dx: &mut ArrayRef<A, D>,
        dy: &mut ArrayRef<A, D>,
    ) -> Result<()> {
        let op = "Multiply::backprop_into";
        let ((shape, x), (_, y)) = (self.x.get("Multiply")?, self.y.get("Multiply")?);
        assert_same_shape(op, "dz", dz.shape(), shape);
        assert_same_shape(op, "dx", dx.shape(), shape);
        assert_same_shape(op, "dy", dy.shape(), shape);
        let dz = elements(dz);
        write_elements(dx, |dx| {
            write_elements(dy, |dy| multiply::backprop(&dz, x, y, Some(dx), Some(dy)));
        });
        Ok(())
    }
}
