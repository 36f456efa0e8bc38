//! The output layer on a block of hidden units: [`BLOCK`] registers wide, as in [`sparse`](super::sparse).
//!
//! There W2 is transposed, `[out, block]`. For the few outputs of a classifier these loops are faster than
//! BLAS's products, and they add up in the same order on any number of threads.

#[cfg(test)]
mod tests;

use super::isa::{Isa, kernels};
use super::sparse::{BLOCK, add_all, load_all, store_all, zeros};
use super::vector::{Vector, with_registers};
use crate::Float;

/// Rows of h that stay in the first-level cache while each output passes by.
const ROWS: usize = 32;

kernels! {
    /// What the block's units contribute to the logits: share = h·W2, `[batch, out]`.
    pub(crate) fn contribute<A>(isa: Isa, h: &[A], w2: &[A], share: &mut [A]) {
        with_registers!(isa, contribute_in::<A>(h, w2, share));
    }

    /// dh = scale · dz·W2ᵀ where h > 0, else 0; its rows are added to b.
    pub(crate) fn hidden_gradient<A>(
        isa: Isa, h: &[A], dz: &[A], w2: &[A], scale: A, dh: &mut [A], b: &mut [A]
    ) {
        with_registers!(isa, hidden_gradient_in::<A>(h, dz, w2, scale, dh, b));
    }

    /// W2 = W2 + scale · hᵀ·dz.
    pub(crate) fn add_output_gradient<A>(isa: Isa, h: &[A], dz: &[A], scale: A, w2: &mut [A]) {
        with_registers!(isa, add_output_gradient_in::<A>(h, dz, scale, w2));
    }
}

#[inline(always)]
fn contribute_in<A: Float, V: Vector<A>>(h: &[A], w2: &[A], share: &mut [A]) {
    let block = BLOCK * V::LANES;
    let outputs = w2.len() / block;
    for (h, share) in h.chunks_exact(block).zip(share.chunks_exact_mut(outputs)) {
        let h: [V; BLOCK] = load_all(h);
        for (w2, share) in w2.chunks_exact(block).zip(share) {
            let mut sum = V::splat(A::zero());
            for k in 0..BLOCK {
                sum = V::load(&w2[k * V::LANES..]).mul_add(h[k], sum);
            }
            *share = sum.sum();
        }
    }
}

#[inline(always)]
fn hidden_gradient_in<A: Float, V: Vector<A>>(
    h: &[A],
    dz: &[A],
    w2: &[A],
    scale: A,
    dh: &mut [A],
    b: &mut [A],
) {
    let block = BLOCK * V::LANES;
    let outputs = w2.len() / block;
    let mut sums = zeros::<A, V, BLOCK>();
    for ((h, dh), dz) in h.chunks_exact(block).zip(dh.chunks_exact_mut(block)).zip(dz.chunks_exact(outputs)) {
        let mut gradient = zeros::<A, V, BLOCK>();
        for (w2, &dz) in w2.chunks_exact(block).zip(dz) {
            let dz = V::splat(scale * dz);
            for k in 0..BLOCK {
                gradient[k] = V::load(&w2[k * V::LANES..]).mul_add(dz, gradient[k]);
            }
        }
        for k in 0..BLOCK {
            gradient[k] = gradient[k].where_positive(V::load(&h[k * V::LANES..]));
            sums[k] = sums[k].add(gradient[k]);
        }
        store_all(&gradient, dh);
    }
    add_all(&sums, b);
}

#[inline(always)]
fn add_output_gradient_in<A: Float, V: Vector<A>>(h: &[A], dz: &[A], scale: A, w2: &mut [A]) {
    let block = BLOCK * V::LANES;
    let outputs = w2.len() / block;
    for (h, dz) in h.chunks(ROWS * block).zip(dz.chunks(ROWS * outputs)) {
        for (output, w2) in w2.chunks_exact_mut(block).enumerate() {
            let mut sums = zeros::<A, V, BLOCK>();
            for (h, dz) in h.chunks_exact(block).zip(dz.chunks_exact(outputs)) {
                let dz = V::splat(scale * dz[output]);
                for k in 0..BLOCK {
                    sums[k] = V::load(&h[k * V::LANES..]).mul_add(dz, sums[k]);
                }
            }
            add_all(&sums, w2);
        }
    }
}
