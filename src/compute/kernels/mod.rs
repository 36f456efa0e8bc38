//! Elementwise maths on slices: plain loops that the compiler turns into vector instructions, for the best
//! instruction set that the processor has.

#![allow(unsafe_code)]

mod activation;
mod dropout;
mod elementwise;
pub(crate) mod exp;
mod isa;
mod loss;
pub(crate) mod normal;
mod optim;
mod output;
mod pairs;
mod relu;
mod softmax;
mod sparse;
mod stream;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod vector;

pub(crate) use activation::*;
pub(crate) use dropout::{drop_out, hash};
pub(crate) use elementwise::*;
pub(crate) use isa::Isa;
#[cfg(test)]
pub(crate) use isa::tests::on_each_isa;
pub(crate) use loss::{binary_cross_entropy, squared_error};
pub(crate) use optim::{
    AdaGradStep, AdamStep, Mean, RmsPropStep, SgdStep, ada_grad, adam, approach, centered_rms_prop,
    centered_rms_prop_with_momentum, clamp, rms_prop, rms_prop_with_momentum, scale, sgd, sgd_with_momentum,
    sum_of_squares,
};
pub(crate) use output::{Gate, add_output_gradient, contribute, hidden_gradient};
pub(crate) use pairs::{Head, Pair, Pairs, unpack};
pub(crate) use relu::{MASK_WORD, gate_and_sum, relu, relu_and_mask, relu_backprop, relu_inplace};
pub(crate) use softmax::{softmax_cross_entropy, softmax_cross_entropy_and_copy, softmax_inplace};
pub(crate) use sparse::{Put, Rows, Tile, add_columns, block_columns, columns_of_block, multiply_rows};
pub(crate) use stream::{LINE, prefetch, prefetch_all};
