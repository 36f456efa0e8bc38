//! z = x·y, the product of matrices, for x `[m, k]` and y `[k, n]`: dx = dz·yᵀ and dy = xᵀ·dz.

use ndarray::ArrayRef2;

use crate::Float;
use crate::compute::linalg::gemm;

/// z = x·y.
#[track_caller]
pub(crate) fn into<A: Float>(x: &ArrayRef2<A>, y: &ArrayRef2<A>, z: &mut ArrayRef2<A>) {
    gemm(A::one(), x, y, A::zero(), z);
}

/// dx = dz·yᵀ.
#[track_caller]
pub(crate) fn backprop_left<A: Float>(dz: &ArrayRef2<A>, y: &ArrayRef2<A>, dx: &mut ArrayRef2<A>) {
    into(dz, &y.t(), dx);
}

/// dy = xᵀ·dz.
#[track_caller]
pub(crate) fn backprop_right<A: Float>(x: &ArrayRef2<A>, dz: &ArrayRef2<A>, dy: &mut ArrayRef2<A>) {
    into(&x.t(), dz, dy);
}
