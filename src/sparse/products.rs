//! Products of a sparse matrix with a dense one: what a layer needs outside of a training step.

use std::ops::Range;

use ndarray::{ArrayRef1, ArrayRef2, ArrayViewMut2, Axis};

use super::{PairList, RowTile, SparseRows, pack, row_tiles, unpack};
use crate::Float;
use crate::compute::aligned::Aligned;
use crate::compute::kernels::{self, Isa, block_columns};
use crate::compute::parallel::{self, Split, in_pieces};

/// Weights in blocks, beside what they are made for.
#[derive(Debug, Clone)]
pub(crate) struct Packed<A> {
    isa: Isa,
    blocks: Vec<Aligned<A>>,
}

impl<A: Float> Packed<A> {
    pub(crate) fn of(w: &ArrayRef2<A>) -> Self {
        let isa = Isa::best();
        Self { isa, blocks: pack(isa, w, w.nrows().next_multiple_of(2)).collect() }
    }
}

/// z = x·W + b; shapes fit.
pub(crate) fn multiply<A: Float>(
    x: SparseRows<'_, A>,
    w: &Packed<A>,
    b: &ArrayRef1<A>,
    z: &mut ArrayRef2<A>,
) {
    let Packed { isa, blocks } = w;
    let width = block_columns::<A>(*isa);
    let b: Vec<_> = pack(*isa, &b.view().insert_axis(Axis(0)), 1).collect();
    by_rows(x, z.ncols(), z, |tile, z| {
        let mut computed = Aligned::zeros(z.nrows() * width);
        for ((w, b), mut z) in blocks.iter().zip(&b).zip(z.axis_chunks_iter_mut(Axis(1), width)) {
            kernels::multiply_rows(*isa, tile.view(), w, b, false, &mut computed);
            for (z, computed) in z.rows_mut().into_iter().zip(computed.chunks_exact(width)) {
                z.into_iter().zip(computed).for_each(|(z, &computed)| *z = computed);
            }
        }
    });
}

/// product = xᵀ·d; shapes fit.
pub(crate) fn transposed_multiply<A: Float>(
    x: SparseRows<'_, A>,
    d: &ArrayRef2<A>,
    product: &mut ArrayRef2<A>,
) {
    let isa = Isa::best();
    let width = block_columns::<A>(isa);
    let of_rows = |rows: Range<usize>| {
        let mut list = PairList::new();
        list.reserve(&x, rows.len());
        list.sort(&x, rows);
        list
    };
    let lists: Vec<_> = row_tiles(x.len()).map(of_rows).collect();
    let zeros = || Aligned::zeros(x.columns().next_multiple_of(2) * width);
    let mut blocks: Vec<_> = pack(isa, d, d.nrows()).map(|d| (d, zeros())).collect();
    let pieces = parallel::pieces(x.len() * x.average() * d.ncols()).min(blocks.len());
    in_pieces(&mut blocks[..], 1, pieces, |blocks| {
        for (d, block) in blocks {
            for (rows, list) in row_tiles(x.len()).zip(&lists) {
                kernels::add_columns(isa, list.view(), &d[rows.start * width..rows.end * width], block);
            }
        }
    });
    unpack(isa, blocks.iter().map(|(_, block)| &block[..]), product);
}

/// Lets `compute` find rows of z from a tile of x's, for all of them, shared out to threads: so many multiplications
/// an entry.
pub(crate) fn by_rows<A: Float>(
    x: SparseRows<'_, A>,
    multiplications: usize,
    z: &mut ArrayRef2<A>,
    compute: impl Fn(&RowTile<A>, &mut ArrayViewMut2<'_, A>) + Sync,
) {
    let pieces = parallel::pieces(x.len() * x.average() * multiplications).min(x.len());
    let work = Results { first: 0, z: z.view_mut() };
    in_pieces(work, 1, pieces, |Results { first, mut z }| {
        let mut tile = RowTile::new();
        tile.reserve(&x);
        for rows in row_tiles(z.nrows()) {
            tile.gather(&x, first + rows.start..first + rows.end);
            compute(&tile, &mut z.slice_axis_mut(Axis(0), rows.into()));
        }
    });
}

/// Some rows of a product.
struct Results<'a, A> {
    /// The number of the first.
    first: usize,
    z: ArrayViewMut2<'a, A>,
}

impl<A: Float> Split for Results<'_, A> {
    fn len(&self) -> usize {
        self.z.nrows()
    }

    fn split(self, at: usize) -> (Self, Self) {
        let (z, rest) = self.z.split_at(Axis(0), at);
        (Self { first: self.first, z }, Self { first: self.first + at, z: rest })
    }
}
