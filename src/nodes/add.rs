//! z = x + y.

use ndarray::{ArrayRef, Dimension};

use super::cache::Cache;
use super::operand::{Operand, check_shape};
use crate::compute::flat::{assert_same_shape, elements, write_elements};
use crate::ops::add;
use crate::{Float, Result};

/// The addition node, for numbers and arrays (exercise 3-1): z = x + y.
///
/// Its derivatives are ∂z/∂x = ∂z/∂y = 1, so `backprop` gives `dz` to both inputs. Both must
/// have the same shape: nothing is broadcast.
///
/// ```
/// use blasnet::nodes::{Add, Multiply};
///
/// // (a + b) × c
/// let (a, b, c) = (2.0_f64, 3.0_f64, 4.0_f64);
/// let (mut add, mut multiply) = (Add::new(), Multiply::new());
/// let sum = add.forward(a, b)?;
/// assert_eq!(multiply.forward(sum, c)?, 20.0);
///
/// let (dsum, dc) = multiply.backprop(1.0_f64)?;
/// let (da, db) = add.backprop(dsum)?;
/// assert_eq!((da, db, dc), (4.0, 4.0, 5.0));
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Add {
    shape: Cache<()>,
}

impl Add {
    /// A node with an empty cache.
    pub const fn new() -> Self {
        Self { shape: Cache::new() }
    }

    /// x + y: two numbers, or references to two arrays of one shape.
    ///
    /// # Errors
    ///
    /// If the shapes differ.
    pub fn forward<X, Y>(&mut self, x: X, y: Y) -> Result<X::Owned>
    where
        X: Operand,
        Y: Operand<Elem = X::Elem, Owned = X::Owned>,
    {
        check_shape("Add::forward", "y", y.shape(), x.shape())?;
        self.shape.reset(x.shape(), 0);
        let (x_elements, y_elements) = (x.elements(), y.elements());
        let mut z = vec![X::Elem::default(); x_elements.len()];
        add::into(&x_elements, &y_elements, &mut z);
        Ok(x.with_elements(z))
    }

    /// [`forward`](Self::forward) of two arrays into `z`.
    ///
    /// # Panics
    ///
    /// If the shapes differ.
    #[track_caller]
    pub fn forward_into<A: Float, D: Dimension>(
        &mut self,
        x: &ArrayRef<A, D>,
        y: &ArrayRef<A, D>,
        z: &mut ArrayRef<A, D>,
    ) {
        assert_same_shape("Add::forward_into", "y", y.shape(), x.shape());
        assert_same_shape("Add::forward_into", "z", z.shape(), x.shape());
        self.shape.reset(x.shape(), 0);
        let (x, y) = (elements(x), elements(y));
        write_elements(z, |z| add::into(&x, &y, z));
    }

    /// (dx, dy) = (dz, dz).
    ///
    /// # Errors
    ///
    /// Before `forward`, or if `dz` does not have the shape of its output.
    pub fn backprop<Z: Operand>(&self, dz: Z) -> Result<(Z::Owned, Z::Owned)> {
        check_shape("Add::backprop", "dz", dz.shape(), self.shape.get("Add")?.0)?;
        let copy = || dz.with_elements(dz.elements().into_owned());
        Ok((copy(), copy()))
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
    pub fn backprop_into<A: Float, D: Dimension>(
        &self,
        dz: &ArrayRef<A, D>,
        dx: &mut ArrayRef<A, D>,
        dy: &mut ArrayRef<A, D>,
    ) -> Result<()> {
        let (shape, _) = self.shape.get("Add")?;
        assert_same_shape("Add::backprop_into", "dz", dz.shape(), shape);
        assert_same_shape("Add::backprop_into", "dx", dx.shape(), shape);
        assert_same_shape("Add::backprop_into", "dy", dy.shape(), shape);
        let dz = elements(dz);
        write_elements(dx, |dx| {
            write_elements(dy, |dy| add::backprop(&dz, Some(dx), Some(dy)));
        });
        Ok(())
    }
}
