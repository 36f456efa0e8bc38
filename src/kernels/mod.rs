//! Elementwise maths on slices: plain loops that the compiler turns into vector instructions, for the best
//! instruction set that the processor has.

#![allow(unsafe_code)]

mod elementwise;
pub(crate) mod exp;
mod isa;
mod relu;
mod softmax;
mod stream;
#[cfg(test)]
mod tests;

pub(crate) use elementwise::*;
pub(crate) use relu::{MASK_WORD, gate_and_sum, relu, relu_and_mask, relu_backprop, relu_inplace};
pub(crate) use softmax::{softmax_cross_entropy, softmax_cross_entropy_and_copy, softmax_inplace};
pub(crate) use stream::prefetch_all;
