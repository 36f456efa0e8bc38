//! [`pack`] and [`unpack`]: weights in blocks of columns, as the sparse kernels want them, and back.

use ndarray::{ArrayRef2, s};

use crate::Float;
use crate::compute::aligned::Aligned;
use crate::compute::kernels::{Isa, block_columns};

/// The blocks of a matrix: each has some of its columns, and all their rows lie side by side, so that none
/// has to share its place in the cache with a neighbour. Zeros fill up the last block, and so many rows.
pub(crate) fn pack<A: Float>(isa: Isa, w: &ArrayRef2<A>, rows: usize) -> impl Iterator<Item = Aligned<A>> {
    let width = block_columns::<A>(isa);
    (0..w.ncols()).step_by(width).map(move |first| {
        let columns = first..(first + width).min(w.ncols());
        let mut block = Aligned::zeros(rows * width);
        for (row, packed) in w.rows().into_iter().zip(block.chunks_exact_mut(width)) {
            for (packed, &w) in packed.iter_mut().zip(row.slice(s![columns.clone()])) {
                *packed = w;
            }
        }
        block
    })
}

/// The matrix that these are the blocks of.
pub(crate) fn unpack<'a, A: Float>(isa: Isa, blocks: impl Iterator<Item = &'a [A]>, w: &mut ArrayRef2<A>) {
    let width = block_columns::<A>(isa);
    for (number, block) in blocks.enumerate() {
        let columns = number * width..((number + 1) * width).min(w.ncols());
        for (mut row, packed) in w.rows_mut().into_iter().zip(block.chunks_exact(width)) {
            for (w, &packed) in row.slice_mut(s![columns.clone()]).iter_mut().zip(packed) {
                *w = packed;
            }
        }
    }
}
