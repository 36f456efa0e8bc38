//! z = x · y, element by element: dx = dz · y and dy = dz · x.

use super::copy;
use crate::Float;
use crate::compute::{kernels, parallel::each};

/// z = x · y.
pub(crate) fn into<A: Float>(x: &[A], y: &[A], z: &mut [A]) {
    each(((x, y), z), 1, |((x, y), z)| kernels::multiply(x, y, z));
}

/// z = x · y, and copies of x and y.
pub(crate) fn and_copy<A: Float>(x: &[A], y: &[A], z: &mut [A], kept: (&mut [A], &mut [A])) {
    each((((x, y), z), kept), 1, |(((x, y), z), (kept_x, kept_y))| {
        kernels::multiply_and_copy(x, y, z, kept_x, kept_y);
    });
}

/// dx = dz · y and dy = dz · x, where they are wanted.
pub(crate) fn backprop<A: Float>(dz: &[A], x: &[A], y: &[A], dx: Option<&mut [A]>, dy: Option<&mut [A]>) {
    match (dx, dy) {
        (Some(dx), Some(dy)) => each(((dz, (x, y)), (dx, dy)), 1, |((dz, (x, y)), (dx, dy))| {
            kernels::multiply_backprop(dz, x, y, dx, dy);
        }),
        (Some(dx), None) => into(dz, y, dx),
        (None, Some(dy)) => into(dz, x, dy),
        (None, None) => {}
    }
}

/// dx = dz · slope, for an operation that has kept its derivative; an empty slope is 1 everywhere.
pub(crate) fn by_slope<A: Float>(dz: &[A], slope: &[A], dx: &mut [A]) {
    if slope.is_empty() { copy(dz, dx) } else { into(dz, slope, dx) }
}
