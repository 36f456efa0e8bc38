//! z = x + y, element by element: dx = dz and dy = dz.

use super::copy;
use crate::Float;
use crate::compute::{kernels, parallel::each};

/// z = x + y.
pub(crate) fn into<A: Float>(x: &[A], y: &[A], z: &mut [A]) {
    each(((x, y), z), 1, |((x, y), z)| kernels::add(x, y, z));
}

/// z ← z + x.
pub(crate) fn accumulate<A: Float>(x: &[A], z: &mut [A]) {
    each((x, z), 1, |(x, z)| kernels::accumulate(x, z));
}

/// dx = dz and dy = dz, where they are wanted.
pub(crate) fn backprop<A: Float>(dz: &[A], dx: Option<&mut [A]>, dy: Option<&mut [A]>) {
    match (dx, dy) {
        (Some(dx), Some(dy)) => each((dz, (dx, dy)), 1, |(dz, (dx, dy))| kernels::copy_twice(dz, dx, dy)),
        (Some(to), None) | (None, Some(to)) => copy(dz, to),
        (None, None) => {}
    }
}
