//! After its first passes a graph allocates nothing: this program counts allocations.
//!
//! Not without OpenBLAS: ndarray's own product allocates what it packs its operands into.
#![cfg(feature = "_openblas")]

mod common;
#[path = "common/counting.rs"]
mod counting;

use blasnet::graph::{Dropout, Linear, MeanLoss};
use blasnet::nodes::{Activate, Add, Multiply, Relu, Sigmoid};
use blasnet::parallel::SingleThreadedBlas;
use blasnet::{Activation, Adam, Float, Graph, Loss};
use common::{one_hot, pool, random};
use counting::allocations;
use ndarray::Array1;

/// Two layers, and a value that is used several times; large enough for all parts to be shared out.
fn passes_allocate_nothing<A: Float>(case: &str) {
    let [inputs, rows, hidden, outputs] = [784, 300, 500, 10];
    let mut graph = Graph::<A>::builder()
        .input("x", &[rows, inputs])
        .input("t", &[rows, outputs])
        .parameter("w1", &random(inputs, hidden, 1))
        .parameter("b1", &Array1::zeros(hidden))
        .parameter("w2", &random(hidden, outputs, 2))
        .parameter("b2", &Array1::zeros(outputs))
        .node("affine", Linear, ["x", "w1", "b1"])
        .node("relu", Relu::new(), ["affine"])
        .node("sigmoid", Sigmoid::new(), ["affine"])
        .node("gated", Multiply::new(), ["relu", "sigmoid"])
        .node("again", Add::new(), ["gated", "affine"])
        .node("tanh", Activate::new(Activation::Tanh).expect("no slope"), ["again"])
        .node("dropped", Dropout::new(0.5, 5).expect("a probability"), ["tanh"])
        .node("z", Linear, ["dropped", "w2", "b2"])
        .node("z²", Multiply::new(), ["z", "z"])
        .node("loss", MeanLoss::new(Loss::SoftmaxCrossEntropy), ["z²", "t"])
        .build()
        .expect("the shapes fit");
    let (x, t) = (random(rows, inputs, 3), one_hot(rows, outputs, 4));
    let mut adam = Adam::new(1e-3);
    let mut step = || {
        graph.set("x", &x).expect("an input");
        graph.set("t", &t).expect("an input");
        graph.forward().expect("all is set");
        graph.backprop("loss").expect("it depends on parameters");
        graph.update(&mut adam).expect("the settings are right");
        assert!(graph.value("loss").expect("computed")[[]].is_finite());
    };
    step();
    for number in 1..4 {
        assert_eq!(allocations(&mut step), 0, "step {number}, {case}");
    }
}

/// One test, as the counter is the process's.
#[test]
fn graphs_allocate_once() {
    let cases = |case: &str| {
        for threads in [1, 2] {
            pool(threads).install(|| {
                passes_allocate_nothing::<f32>(&format!("f32, threads: {threads}, {case}"));
                passes_allocate_nothing::<f64>(&format!("f64, threads: {threads}, {case}"));
            });
        }
    };
    cases("OpenBLAS has threads");
    let _rayon_has_the_threads = SingleThreadedBlas::new();
    cases("OpenBLAS has one thread");
}
