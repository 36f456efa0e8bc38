//! z = x.

use crate::compute::parallel::each;

/// z = x; both are of one length.
pub(crate) fn copy<T: Copy + Send + Sync>(x: &[T], z: &mut [T]) {
    each((x, z), 1, |(x, z)| z.copy_from_slice(x));
}
