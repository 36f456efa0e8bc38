//! A layer of few outputs, such as a classifier's last: a block of the units before it at a time, as wide as in
//! [`sparse`](super::sparse).
//!
//! Its weights W are transposed here, `[out, block]`. For few outputs these loops are faster than BLAS's products,
//! and they add up in the same order on any number of threads.

#[cfg(test)]
mod tests;

use super::isa::{Isa, kernels};
use super::sparse::{add_all, load_all, store_all, with_block, zeros};
use super::vector::{Vector, with_registers};
use crate::Float;
use crate::compute::columns::{Columns, ColumnsMut};

/// Rows of h that stay in the first-level cache while each output passes by.
const ROWS: usize = 32;

/// How much of the derivative by a unit's output comes through to its sum.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Gate<'a, A> {
    /// All of it.
    Open,
    /// All where the output, which is here, is positive, else nothing.
    Positive(Columns<'a, A>),
    /// As much as this says.
    Slope(Columns<'a, A>),
}

kernels! {
    /// What the block's units contribute to the outputs: share = share + h·W, `[batch, out]`.
    pub(crate) fn contribute<A>(isa: Isa, h: Columns<'_, A>, w: &[A], share: &mut [A]) {
        with_registers!(isa, contribute_in::<A>(h, w, share));
    }

    /// dh = dz·Wᵀ, as much as comes through the gate. Its rows are added to `sum`.
    pub(crate) fn hidden_gradient<A>(
        isa: Isa, gate: Gate<'_, A>, dz: &[A], w: &[A], dh: ColumnsMut<'_, A>, sum: &mut [A]
    ) {
        with_registers!(isa, hidden_gradient_in::<A>(gate, dz, w, dh, sum));
    }

    /// W = W + hᵀ·dz.
    pub(crate) fn add_output_gradient<A>(isa: Isa, h: Columns<'_, A>, dz: &[A], w: &mut [A]) {
        with_registers!(isa, add_output_gradient_in::<A>(h, dz, w));
    }
}

#[inline(always)]
fn contribute_in<A: Float, V: Vector<A>>(h: Columns<'_, A>, w: &[A], share: &mut [A]) {
    with_block!(h.width(), contribute_of::<A, V>(h, w, share));
}

#[inline(always)]
fn contribute_of<A: Float, V: Vector<A>, const N: usize>(h: Columns<'_, A>, w: &[A], share: &mut [A]) {
    let block = N * V::LANES;
    let outputs = w.len() / block;
    for (row, share) in share.chunks_exact_mut(outputs).enumerate() {
        let h: [V; N] = load_all(h.row(row));
        for (w, share) in w.chunks_exact(block).zip(share) {
            let mut sum = V::splat(A::zero());
            for k in 0..N {
                sum = V::load(&w[k * V::LANES..]).mul_add(h[k], sum);
            }
            *share += sum.sum();
        }
    }
}

#[inline(always)]
fn hidden_gradient_in<A: Float, V: Vector<A>>(
    gate: Gate<'_, A>,
    dz: &[A],
    w: &[A],
    dh: ColumnsMut<'_, A>,
    sum: &mut [A],
) {
    with_block!(dh.width(), hidden_gradient_of::<A, V>(gate, dz, w, dh, sum));
}

#[inline(always)]
fn hidden_gradient_of<A: Float, V: Vector<A>, const N: usize>(
    gate: Gate<'_, A>,
    dz: &[A],
    w: &[A],
    mut dh: ColumnsMut<'_, A>,
    sum: &mut [A],
) {
    let block = N * V::LANES;
    let outputs = w.len() / block;
    let mut sums = zeros::<A, V, N>();
    for (row, dz) in dz.chunks_exact(outputs).enumerate() {
        let mut gradient = zeros::<A, V, N>();
        for (w, &dz) in w.chunks_exact(block).zip(dz) {
            let dz = V::splat(dz);
            for k in 0..N {
                gradient[k] = V::load(&w[k * V::LANES..]).mul_add(dz, gradient[k]);
            }
        }
        match gate {
            Gate::Open => {}
            Gate::Positive(h) => {
                let h = h.row(row);
                for k in 0..N {
                    gradient[k] = gradient[k].where_positive(V::load(&h[k * V::LANES..]));
                }
            }
            Gate::Slope(slope) => {
                let slope = slope.row(row);
                for k in 0..N {
                    gradient[k] = gradient[k].mul_add(V::load(&slope[k * V::LANES..]), V::splat(A::zero()));
                }
            }
        }
        for k in 0..N {
            sums[k] = sums[k].add(gradient[k]);
        }
        store_all(&gradient, dh.row_mut(row));
    }
    add_all(&sums, sum);
}

#[inline(always)]
fn add_output_gradient_in<A: Float, V: Vector<A>>(h: Columns<'_, A>, dz: &[A], w: &mut [A]) {
    with_block!(h.width(), add_output_gradient_of::<A, V>(h, dz, w));
}

#[inline(always)]
fn add_output_gradient_of<A: Float, V: Vector<A>, const N: usize>(h: Columns<'_, A>, dz: &[A], w: &mut [A]) {
    let block = N * V::LANES;
    let outputs = w.len() / block;
    for (chunk, dz) in dz.chunks(ROWS * outputs).enumerate() {
        for (output, w) in w.chunks_exact_mut(block).enumerate() {
            let mut sums = zeros::<A, V, N>();
            for (row, dz) in dz.chunks_exact(outputs).enumerate() {
                let h = h.row(chunk * ROWS + row);
                let dz = V::splat(dz[output]);
                for k in 0..N {
                    sums[k] = V::load(&h[k * V::LANES..]).mul_add(dz, sums[k]);
                }
            }
            add_all(&sums, w);
        }
    }
}
