//! z = 1 / (1 + e^(−x)) with its derivative by way of z: dx = dz · z · (1 − z).
//! [`Activation::Sigmoid`](super::Activation::Sigmoid) is the function alone.

use crate::Float;
use crate::compute::{kernels, parallel::each};

/// z = 1 / (1 + e^(−x)), and a copy of z.
pub(crate) fn and_copy<A: Float>(x: &[A], z: &mut [A], kept: &mut [A]) {
    each((x, (z, kept)), 1, |(x, (z, kept))| kernels::sigmoid_and_copy(x, z, kept));
}

/// dx = dz · z · (1 − z).
pub(crate) fn backprop<A: Float>(dz: &[A], z: &[A], dx: &mut [A]) {
    each(((dz, z), dx), 1, |((dz, z), dx)| kernels::sigmoid_backprop(dz, z, dx));
}
