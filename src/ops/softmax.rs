//! y_k = e^(x_k) / Σᵢ e^(xᵢ), row by row.

use crate::Float;
use crate::compute::{kernels, parallel::each};

/// Each row of this many columns becomes a distribution.
pub(crate) fn inplace<A: Float>(x: &mut [A], columns: usize) {
    let columns = columns.max(1);
    each(x, columns, |x| kernels::softmax_inplace(x, columns));
}
