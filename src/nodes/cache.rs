//! [`Cache`]: what a node keeps from `forward` for `backprop`.

use crate::compute::parallel::each;
use crate::{Error, Result};

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

    /// Keeps a copy of these values.
    pub(super) fn store(&mut self, shape: &[usize], values: &[T])
    where
        T: Send + Sync,
    {
        let kept = self.reset(shape, values.len());
        each((values, kept), 1, |(values, kept)| kept.copy_from_slice(values));
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
}
