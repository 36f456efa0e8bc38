//! z = max(0, x) with a mask for its derivative, dx = dz where x > 0, else 0: a bit for each element, an eighth of the
//! memory that a byte would take. [`Activation::Relu`](super::Activation::Relu) is the function without a mask.

use crate::Float;
use crate::compute::kernels::{self, MASK_WORD};
use crate::compute::parallel::{Bits, each};

/// The words of a mask for this many elements.
pub(crate) const fn mask_len(elements: usize) -> usize {
    elements.div_ceil(MASK_WORD)
}

/// z = max(0, x), and a mask of where x > 0.
pub(crate) fn and_mask<A: Float>(x: &[A], z: &mut [A], mask: &mut [u32]) {
    each(((x, z), Bits(mask)), MASK_WORD, |((x, z), Bits(mask))| kernels::relu_and_mask(x, z, mask));
}

/// dx = dz where the mask is set, else 0.
pub(crate) fn backprop<A: Float>(dz: &[A], mask: &[u32], dx: &mut [A]) {
    each(((dz, Bits(mask)), dx), MASK_WORD, |((dz, Bits(mask)), dx)| kernels::relu_backprop(dz, mask, dx));
}
