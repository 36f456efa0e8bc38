//! What a chain of layers gives when it is not to learn.

use ndarray::{Array2, ArrayRef2, ArrayView1, ArrayView2, ArrayViewMut2, Axis};

use super::step::{Chain, strips};
use crate::Float;
use crate::compute::flat::write_elements;
use crate::compute::linalg::gemm_on_this_thread;
use crate::compute::parallel::{each, in_pieces, pieces_of_product};
use crate::nn::store::Store;
use crate::sparse::{self, Form};

/// Rows of a product that one thread makes, about. Fewer make BLAS read the weights more often.
const ROWS: usize = 512;

impl Chain<'_> {
    /// The outputs `[batch, out]` of `x: [batch, in]`, without dropout: the same bits on any number of threads, while
    /// OpenBLAS runs one.
    pub(crate) fn outputs<A: Float>(&self, parameters: &Store<A>, x: Form<'_, A>) -> Array2<A> {
        let first = self.through(parameters, 0, x);
        (1..self.shape.layers()).fold(first, |z, layer| self.through(parameters, layer, Form::Dense(&z)))
    }

    /// The same with what every layer before makes of it.
    pub(crate) fn activations<A: Float>(&self, parameters: &Store<A>, x: Form<'_, A>) -> Vec<Array2<A>> {
        let mut all = vec![self.through(parameters, 0, x)];
        for layer in 1..self.shape.layers() {
            all.push(self.through(parameters, layer, Form::Dense(&all[layer - 1])));
        }
        all
    }

    fn through<A: Float>(&self, parameters: &Store<A>, layer: usize, x: Form<'_, A>) -> Array2<A> {
        let (w, b) = parameters.layer(layer);
        let mut z = Array2::zeros((x.dim().0, w.ncols()));
        match x {
            Form::Dense(x) => affine(x, w, b, &mut z),
            Form::Sparse(x) => sparse::multiply(x, &w, &b, &mut z),
        }
        if let Some(hidden) = self.hidden.get(layer) {
            write_elements(&mut z, |z| each(z, 1, |z| hidden.activation.apply_inplace(z)));
        }
        z
    }
}

/// A part of a product: some rows of x, some columns of the weights.
struct Part<'a, A> {
    x: ArrayView2<'a, A>,
    w: ArrayView2<'a, A>,
    b: ArrayView1<'a, A>,
    z: ArrayViewMut2<'a, A>,
}

/// z = x·W + b, in parts that follow from the shapes alone.
fn affine<A: Float>(x: &ArrayRef2<A>, w: ArrayView2<'_, A>, b: ArrayView1<'_, A>, z: &mut ArrayRef2<A>) {
    let (rows, strips) = (x.nrows(), strips(w.ncols()));
    let blocks = rows.div_ceil(ROWS).max(1);
    let (mut parts, mut x, mut z) = (Vec::with_capacity(blocks * strips.len()), x.view(), z.view_mut());
    for block in 0..blocks {
        let rows = rows * (block + 1) / blocks - rows * block / blocks;
        let (x_block, x_rest) = x.split_at(Axis(0), rows);
        let (mut z_block, z_rest) = z.split_at(Axis(0), rows);
        for ends in strips.windows(2) {
            let (z, rest) = z_block.split_at(Axis(1), ends[1] - ends[0]);
            let columns = (ends[0]..ends[1]).into();
            let (mut w, mut b) = (w, b);
            w.slice_axis_inplace(Axis(1), columns);
            b.slice_axis_inplace(Axis(0), columns);
            parts.push(Part { x: x_block, w, b, z });
            z_block = rest;
        }
        (x, z) = (x_rest, z_rest);
    }
    let pieces = pieces_of_product(rows, w.ncols(), w.nrows()).min(parts.len());
    in_pieces(&mut parts[..], 1, pieces, |parts| {
        for Part { x, w, b, z } in parts {
            z.assign(b);
            gemm_on_this_thread(A::one(), x, w, A::one(), z);
        }
    });
}
