//! [`Sparse`]: a training step on sparse input, layer 1 on the entries that are there.
//!
//! Its parameters are a network's [`Blocks`]. A block belongs to one thread, which adds everything up in the
//! order of rows, columns and blocks, so that the results have the same bits on any number of threads.

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::{PoisonError, RwLock};

use ndarray::{Array2, ArrayRef2, s};

use super::units::change_biases;
use super::{PerPiece, add_up, loss, row_sum};
use crate::Float;
use crate::compute::aligned::Aligned;
use crate::compute::flat::elements;
use crate::compute::kernels::{self, Isa};
use crate::compute::parallel::{self, Split, in_two_phases};
use crate::course::network::{Block, Blocks};
use crate::data::Dataset;
use crate::ops::Scores;
use crate::ops::loss::Loss;
use crate::sparse::{PairList, RowTile, SparseRows, most_rows, row_tiles};

/// Every buffer that a step needs, allocated by the first step and when a batch is larger than any before.
#[derive(Debug)]
pub(crate) struct Sparse<A> {
    /// Rows for which there is room.
    batch: usize,
    /// Activations of each block, `[batch, block]`.
    h: Vec<Aligned<A>>,
    /// What each block contributes to the logits, `[batch, out]`. Its thread writes it, and all read all when
    /// the others have written theirs, so that nobody waits at these locks.
    shares: Vec<RwLock<Array2<A>>>,
    own: Vec<Own<A>>,
}

/// What a piece has for itself, though others have the same.
#[derive(Debug)]
struct Own<A> {
    x: RowTile<A>,
    /// The entries of each tile of rows by columns.
    lists: Vec<PairList<A>>,
    /// Labels, logits, and the derivative by them: `[batch, out]` each.
    t: Array2<A>,
    z: Array2<A>,
    dz: Array2<A>,
    /// The derivative by the activations of a block, times −rate, for a tile of rows.
    dh: Aligned<A>,
    /// A block's W2 before it changes.
    w2: Aligned<A>,
}

/// What the rows of a batch should be.
#[derive(Clone, Copy)]
pub(crate) enum Labels<'a, A> {
    /// `[batch, out]`.
    Array(&'a ArrayRef2<A>),
    /// Those of these rows.
    Rows { data: &'a Dataset, rows: &'a [usize] },
}

/// What a network on sparse input is held to.
const LOSS: Loss = Loss::SoftmaxCrossEntropy;

impl<A> Default for Sparse<A> {
    fn default() -> Self {
        Self { batch: 0, h: Vec::new(), shares: Vec::new(), own: Vec::new() }
    }
}

/// A copy of a network allocates its own buffers when it is trained.
impl<A> Clone for Sparse<A> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<A: Float> Sparse<A> {
    /// Changes the parameters; shapes fit and the batch is not empty.
    pub(crate) fn sgd(
        &mut self,
        network: &mut Blocks<A>,
        x: SparseRows<'_, A>,
        labels: Labels<'_, A>,
        rate: A,
    ) -> Scores {
        let batch = x.len();
        let [_, hidden, outputs] = network.sizes();
        // Once forward and once back.
        let pieces = parallel::pieces(2 * batch * hidden * x.average()).min(network.blocks.len());
        self.reserve(network, &x, pieces);
        let layout = Layout { isa: network.isa, width: network.width(), outputs };
        let (shares, b2) = (&self.shares[..], &mut network.b2);

        let units = Units { blocks: &mut network.blocks, h: &mut self.h };
        let work = (units, PerPiece(&mut self.own[..pieces]));
        let forward = |(units, own): &mut (Units<'_, A>, PerPiece<'_, Own<A>>)| {
            let Own { x: tile, lists, .. } = own.get();
            for (rows, list) in row_tiles(batch).zip(lists) {
                tile.gather(&x, rows.clone());
                list.sort(&x, rows.clone());
                units.forward(layout, rows, tile, shares);
            }
        };
        let back = |(mut units, mut own): (Units<'_, A>, PerPiece<'_, Own<A>>)| {
            let Own { lists, t, z, dz, dh, w2, .. } = own.get();
            let (mut z, mut dz) = (z.slice_mut(s![..batch, ..]), dz.slice_mut(s![..batch, ..]));
            add_up(shares, b2, &mut z);
            let scores = match labels {
                Labels::Array(t) => loss(LOSS, &z, &elements(t), &mut dz),
                Labels::Rows { data, rows } => {
                    let mut t = t.slice_mut(s![..batch, ..]);
                    data.gather_labels(rows, &mut t);
                    loss(LOSS, &z, &elements(&t), &mut dz)
                }
            };
            let dz = dz.as_slice().expect("a buffer's first rows are contiguous");
            units.update(layout, lists, dz, rate, dh, w2);
            scores
        };
        let scores = in_two_phases(work, 1, pieces, forward, back);
        change_biases(-rate, row_sum(&self.own[0].dz.slice(s![..batch, ..])), b2, None);
        scores
    }

    fn reserve(&mut self, network: &Blocks<A>, x: &SparseRows<'_, A>, pieces: usize) {
        let [_, _, outputs] = network.sizes();
        let (width, blocks) = (network.width(), network.blocks.len());
        if self.batch < x.len() || self.h.len() != blocks {
            *self = Self { batch: x.len(), ..Self::default() };
        }
        let (batch, tiles) = (self.batch, row_tiles(x.len()).count());
        let zeros = || Array2::zeros((batch, outputs));
        self.h.resize_with(blocks, || Aligned::zeros(batch * width));
        self.shares.resize_with(blocks, || RwLock::new(zeros()));
        for _ in self.own.len()..pieces {
            self.own.push(Own {
                x: RowTile::new(),
                lists: Vec::new(),
                t: zeros(),
                z: zeros(),
                dz: zeros(),
                dh: Aligned::zeros(most_rows(batch) * width),
                w2: Aligned::zeros(outputs * width),
            });
        }
        for Own { x: tile, lists, .. } in &mut self.own[..pieces] {
            tile.reserve(x);
            if lists.len() < tiles {
                lists.resize_with(tiles, PairList::new);
            }
            for list in &mut lists[..tiles] {
                list.reserve(x, most_rows(batch));
            }
        }
    }
}

/// How blocks lie in memory.
#[derive(Clone, Copy)]
struct Layout {
    isa: Isa,
    /// Columns of a block.
    width: usize,
    outputs: usize,
}

/// Some units of the hidden layer: blocks, and their activations.
struct Units<'a, A> {
    blocks: &'a mut [Block<A>],
    h: &'a mut [Aligned<A>],
}

impl<A: Float> Units<'_, A> {
    /// h = ReLU(x·W1 + b1), and what these units contribute to the logits: h·W2; for these rows, which are `x`.
    fn forward(&mut self, layout: Layout, rows: Range<usize>, x: &RowTile<A>, shares: &[RwLock<Array2<A>>]) {
        let Layout { isa, width, outputs } = layout;
        for (block, h) in self.blocks.iter().zip(&mut *self.h) {
            let h = &mut h[rows.start * width..rows.end * width];
            kernels::multiply_rows(isa, x.view(), &block.w1, &block.b1, true, h);
            let mut share = shares[block.number].write().unwrap_or_else(PoisonError::into_inner);
            let share = share.as_slice_mut().expect("a buffer is contiguous");
            kernels::contribute(isa, h, &block.w2, &mut share[rows.start * outputs..rows.end * outputs]);
        }
    }

    /// Back from dz, `[batch, out]`. Rows come by tiles, of which these are the entries of x.
    fn update(
        &mut self,
        layout: Layout,
        x: &[PairList<A>],
        dz: &[A],
        rate: A,
        dh: &mut [A],
        old_w2: &mut [A],
    ) {
        let Layout { isa, width, outputs } = layout;
        for (block, h) in self.blocks.iter_mut().zip(&*self.h) {
            old_w2.copy_from_slice(&block.w2);
            for (rows, x) in row_tiles(dz.len() / outputs).zip(x) {
                let h = &h[rows.start * width..rows.end * width];
                let dz = &dz[rows.start * outputs..rows.end * outputs];
                let dh = &mut dh[..rows.len() * width];
                kernels::hidden_gradient(isa, h, dz, old_w2, -rate, dh, &mut block.b1);
                kernels::add_output_gradient(isa, h, dz, -rate, &mut block.w2);
                kernels::add_columns(isa, x.view(), dh, &mut block.w1);
            }
        }
    }
}

impl<A: Float> Split for Units<'_, A> {
    fn len(&self) -> usize {
        self.blocks.len()
    }

    fn split(self, at: usize) -> (Self, Self) {
        let (blocks, blocks_rest) = self.blocks.split_at_mut(at);
        let (h, h_rest) = self.h.split_at_mut(at);
        (Self { blocks, h }, Self { blocks: blocks_rest, h: h_rest })
    }
}
