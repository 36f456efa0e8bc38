//! [`Cache`]: what a node keeps from `forward` for `backprop`.

use ndarray::{ArrayRef, Dimension};

use crate::compute::flat::{assert_same_shape, elements, write_elements};
use crate::{Error, Float, Result};

/// Values in row-major order with their shape; nothing before the first `forward`. Memory is kept
/// from one batch to the next.
#[derive(Debug, Clone, Default)]
pub(super) struct Cache<T> {
    shape: Option<Vec<usize>>,
    values: Vec<T>,
}

impl<T: Copy + Default> Cache<T> {
    pub(super) const fn new() -> Self {
        Self { shape: None, values: Vec::new() }
    }

    /// Room for an array of this shape and `length` values, which the caller overwrites.
    pub(super) fn reset(&mut self, shape: &[usize], length: usize) -> &mut [T] {
        let kept = self.shape.get_or_insert_default();
        kept.clear();
        kept.extend_from_slice(shape);
        self.values.resize(length, T::default());
        &mut self.values
    }

    /// The shape and the values.
    ///
    /// # Errors
    ///
    /// Before the first `forward`.
    pub(super) fn get(&self, node: &'static str) -> Result<(&[usize], &[T])> {
        match &self.shape {
            Some(shape) => Ok((shape, &self.values)),
            None => Err(Error::BackpropBeforeForward { node }),
        }
    }

    /// For a node with one input, lets `compute` make z from x, and `length` values to keep.
    #[track_caller]
    pub(super) fn forward_into<A: Float, D: Dimension>(
        &mut self,
        op: &str,
        x: &ArrayRef<A, D>,
        z: &mut ArrayRef<A, D>,
        length: usize,
        compute: impl FnOnce(&[A], &mut [A], &mut [T]),
    ) {
        assert_same_shape(op, "z", z.shape(), x.shape());
        let kept = self.reset(x.shape(), length);
        let x = elements(x);
        write_elements(z, |z| compute(&x, z, kept));
    }
}

/// `backprop` and `backprop_into` of a node with one input: dx is what the operation `$derive` makes of dz and the
/// node's cache. The number type is named where the node has none.
macro_rules! backprop {
    ($(#[$formula:meta])* $node:literal, $cache:ident, $derive:path $(, $number:ident)?) => {
        $(#[$formula])*
        ///
        /// # Errors
        ///
        /// Before `forward`, or if `dz` does not have the shape of its output.
        pub fn backprop<$($number: Float,)? D: Dimension>(&self, dz: &ArrayRef<A, D>) -> Result<Array<A, D>> {
            let (shape, _) = self.$cache.get($node)?;
            $crate::nodes::operand::check_shape(concat!($node, "::backprop"), "dz", dz.shape(), shape)?;
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
        /// If a shape differs from the output's.
        #[track_caller]
        pub fn backprop_into<$($number: Float,)? D: Dimension>(
            &self,
            dz: &ArrayRef<A, D>,
            dx: &mut ArrayRef<A, D>,
        ) -> Result<()> {
            use $crate::compute::flat::{assert_same_shape, elements, write_elements};
            let ((shape, kept), op) = (self.$cache.get($node)?, concat!($node, "::backprop_into"));
            assert_same_shape(op, "dz", dz.shape(), shape);
            assert_same_shape(op, "dx", dx.shape(), shape);
            let dz = elements(dz);
            write_elements(dx, |dx| $derive(&dz, kept, dx));
            Ok(())
        }
    };
}
pub(super) use backprop;
