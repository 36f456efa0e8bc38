//! [`Blocks`]: a network's parameters as the sparse kernels want them.

use ndarray::{Array1, Array2, ArrayRef2, Axis};

use crate::Float;
use crate::compute::aligned::Aligned;
use crate::compute::kernels;
use crate::compute::kernels::{Isa, block_columns};
use crate::nn::weights::{LayerMut, Shape, Weights};
use crate::sparse::{SparseRows, by_rows, pack, unpack};

/// The parameters, cut into blocks of hidden units, each with its weights on both sides.
#[derive(Debug, Clone)]
pub(crate) struct Blocks<A> {
    /// What the blocks are made for.
    pub(crate) isa: Isa,
    pub(crate) blocks: Vec<Block<A>>,
    pub(crate) b2: Array1<A>,
    inputs: usize,
    hidden: usize,
}

/// Some hidden units: columns of W1 and b1, rows of W2. The last block is filled up with units whose weights
/// are 0: nothing reaches them, and nothing comes back.
#[derive(Debug, Clone)]
pub(crate) struct Block<A> {
    pub(crate) number: usize,
    /// `[in, block]`, and a row of zeros where `in` is odd.
    pub(crate) w1: Aligned<A>,
    /// `[block]`.
    pub(crate) b1: Aligned<A>,
    /// Transposed: `[out, block]`.
    pub(crate) w2: Aligned<A>,
}

impl<A: Float> Blocks<A> {
    pub(super) fn of(weights: &Weights<A>) -> Self {
        let ((w1, b1), (w2, b2)) = (weights.layer(0), weights.layer(1));
        let (inputs, hidden) = w1.dim();
        let isa = Isa::best();
        let (b1, w2) = (b1.insert_axis(Axis(0)), w2.reversed_axes());
        let w1 = pack(isa, &w1, inputs.next_multiple_of(2));
        let (b1, w2) = (pack(isa, &b1, 1), pack(isa, &w2, b2.len()));
        let blocks = w1.zip(b1).zip(w2).enumerate();
        let blocks = blocks.map(|(number, ((w1, b1), w2))| Block { number, w1, b1, w2 }).collect();
        Self { isa, blocks, b2: b2.to_owned(), inputs, hidden }
    }

    pub(super) fn to_weights(&self) -> Weights<A> {
        let mut weights = Weights::zeros(Shape::new(self.sizes().to_vec()));
        let LayerMut { mut w, b } = weights.layer_mut(0);
        let mut b = b.insert_axis(Axis(0));
        unpack(self.isa, self.blocks.iter().map(|block| &block.w1[..]), &mut w);
        unpack(self.isa, self.blocks.iter().map(|block| &block.b1[..]), &mut b);
        let LayerMut { w, mut b } = weights.layer_mut(1);
        unpack(self.isa, self.blocks.iter().map(|block| &block.w2[..]), &mut w.reversed_axes());
        b.assign(&self.b2);
        weights
    }

    pub(crate) fn sizes(&self) -> [usize; 3] {
        [self.inputs, self.hidden, self.b2.len()]
    }

    /// The logits of `x`: `[batch, out]`.
    pub(super) fn logits(&self, x: SparseRows<'_, A>, z: &mut ArrayRef2<A>) {
        let outputs = self.b2.len();
        by_rows(x, self.hidden, z, |tile, z| {
            let mut h = Aligned::zeros(z.nrows() * self.width());
            let mut share = Array2::zeros((z.nrows(), outputs));
            z.assign(&self.b2);
            for block in &self.blocks {
                kernels::multiply_rows(self.isa, tile.view(), &block.w1, &block.b1, true, &mut h);
                let share_of_block = share.as_slice_mut().expect("a new array is contiguous");
                kernels::contribute(self.isa, &h, &block.w2, share_of_block);
                *z += &share;
            }
        });
    }

    /// Columns of a block.
    pub(crate) fn width(&self) -> usize {
        block_columns::<A>(self.isa)
    }
}
