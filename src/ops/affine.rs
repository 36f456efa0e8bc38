//! z = x·W + b, for x `[n, in]`, W `[in, out]` and b `[out]`: dx and dW as of a [product](super::matmul), and
//! db = Σ rows of dz.

use ndarray::{ArrayRef1, ArrayRef2};

use crate::Float;
use crate::compute::flat::{elements, write_elements};
use crate::compute::linalg::gemm;
use crate::compute::{kernels, parallel::each};

/// z = x·W + b.
#[track_caller]
pub(crate) fn into<A: Float>(x: &ArrayRef2<A>, w: &ArrayRef2<A>, b: &ArrayRef1<A>, z: &mut ArrayRef2<A>) {
    let b = elements(b);
    let row = b.len().max(1);
    write_elements(z, |z| {
        each(z, row, |z| z.chunks_exact_mut(row).for_each(|z| z.copy_from_slice(&b)));
    });
    gemm(A::one(), x, w, A::one(), z);
}

/// db = Σ rows of dz, added up from the first to the last whatever the layout.
pub(crate) fn backprop_bias<A: Float>(dz: &ArrayRef2<A>, db: &mut ArrayRef1<A>) {
    let dz = elements(dz);
    write_elements(db, |db| {
        db.fill(A::zero());
        dz.chunks_exact(db.len().max(1)).for_each(|dz| kernels::accumulate(dz, db));
    });
}
