//! Forward and backprop of every node, by the forms that do not allocate.
//!
//! Ids read `node/direction/type/shape/threads`. Of elementwise nodes the throughput is in bytes: each
//! array of numbers that is an argument, a result, or kept for backprop counts once, read or written.
//! What a processor moves on top (a cache line read before it is overwritten, ReLU's mask) does not.

mod affine;
mod elementwise;
mod softmax_cross_entropy;
#[path = "../support/mod.rs"]
mod support;

use criterion::{BenchmarkGroup, Criterion, SamplingMode, measurement::WallTime};

/// The group of a node, with few samples where `elements` are so many that one takes a while.
fn group<'a>(criterion: &'a mut Criterion, node: &str, elements: usize) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(node);
    if elements >= 1_000_000 {
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
    }
    group
}

/// How far a result may be from its reference: some roundings of the number type.
fn tolerance<A>(f32: f64, f64: f64) -> f64 {
    if size_of::<A>() == 4 { f32 } else { f64 }
}

fn main() {
    support::main(|criterion| {
        elementwise::bench::<f32>(criterion);
        elementwise::bench::<f64>(criterion);
        affine::bench::<f32>(criterion);
        affine::bench::<f64>(criterion);
        softmax_cross_entropy::bench::<f32>(criterion);
        softmax_cross_entropy::bench::<f64>(criterion);
    });
}
