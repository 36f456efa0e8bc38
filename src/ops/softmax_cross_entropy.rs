//! L = Σ over the rows of −Σₖ tₖ log yₖ for y = softmax(x): dx = dL · (y − t), as long as Σ tₖ = 1.
//!
//! The logarithm is taken of the sum of exponentials, not of y: log yₖ = xₖ − log Σᵢ e^(xᵢ), so that a probability too
//! small for the number type has a finite loss.

use crate::Float;
use crate::compute::kernels;
use crate::compute::parallel::{each, sum_of_each};

/// Writes y − t, the derivative, to `dx`, and gives L. On this thread.
pub(super) fn with_derivative<A: Float>(x: &[A], t: &[A], dx: &mut [A], columns: usize) -> f64 {
    let loss = kernels::softmax_cross_entropy(x, t, dx, columns);
    for (dx, &t) in dx.iter_mut().zip(t) {
        *dx -= t;
    }
    loss
}

/// Writes y, keeps a copy of t, and gives L.
pub(crate) fn and_copy<A: Float>(x: &[A], t: &[A], y: &mut [A], kept: &mut [A], columns: usize) -> f64 {
    sum_of_each(((x, t), (y, kept)), columns.max(1), |((x, t), (y, kept))| {
        kernels::softmax_cross_entropy_and_copy(x, t, y, kept, columns)
    })
}

/// dx = dL · (y − t).
pub(crate) fn backprop<A: Float>(by_loss: A, y: &[A], t: &[A], dx: &mut [A]) {
    each(((y, t), dx), 1, |((y, t), dx)| kernels::scaled_difference(by_loss, y, t, dx));
}
