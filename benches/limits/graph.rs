//! Rows of the computation graph: what the course's network costs as a graph, beside its own step.

use blasnet::graph::{Graph, Linear, SumLoss};
use blasnet::nodes::Relu;
use blasnet::{Loss, NeuralNetwork, Parameters, Sgd};
use ndarray::{Array2, ArrayViewD};
use std::hint::black_box;

use crate::chain::{self, Layers};
use crate::common::{one_hot, random, rng};
use crate::context::Context;
use crate::measure::Arm;
use crate::report::Case;
use crate::step::{RATE, SIZES, name};

const GRAPH: &str = "graph against sgd";
const BATCH: usize = 100;

pub fn rows(context: &mut Context) {
    let size = name::<f32>(BATCH);
    let pools = context.pools(GRAPH, &size);
    if pools.is_empty() {
        return;
    }
    let mut network = NeuralNetwork::<f32>::new(SIZES, &mut rng(5)).expect("no size is 0");
    let (x, t) = (random::<f32>(BATCH, SIZES[0], 6), one_hot::<f32>(BATCH, SIZES[2], 7));
    let mut graph = graph(network.clone().into_parameters(), &x, &t);
    for pool in pools {
        pool.install(|| check(network.clone().into_parameters(), &x, &t));
        let case = Case {
            what: GRAPH.into(),
            size: size.clone(),
            threads: pool.current_num_threads(),
            goal: None,
            amount: None,
            note: "our dense step".into(),
        };
        let ours = Arm::new(&pool, || {
            black_box(step(&mut graph, RATE));
        });
        let fused = Arm::new(&pool, || {
            black_box(network.sgd(&x, &t, RATE as f32).expect("the batch fits the network"));
        });
        context.row(case, ours, fused);
    }
    assert!(step(&mut graph, 0.0).is_finite());
}

/// The network's graph, its inputs set.
fn graph(parameters: Parameters<f32>, x: &Array2<f32>, t: &Array2<f32>) -> Graph<f32> {
    let Parameters { w1, b1, w2, b2 } = parameters;
    let mut graph = Graph::builder()
        .input("x", x.shape())
        .input("t", t.shape())
        .parameter("w1", &w1)
        .parameter("b1", &b1)
        .parameter("w2", &w2)
        .parameter("b2", &b2)
        .node("z1", Linear, ["x", "w1", "b1"])
        .node("h", Relu::new(), ["z1"])
        .node("z2", Linear, ["h", "w2", "b2"])
        .node("loss", SumLoss::new(Loss::SoftmaxCrossEntropy), ["z2", "t"])
        .build()
        .expect("the course's network is a graph");
    graph.set("x", x).expect("its own shape");
    graph.set("t", t).expect("its own shape");
    graph
}

/// Forward, back and update; gives the loss, summed over the batch.
fn step(graph: &mut Graph<f32>, rate: f64) -> f64 {
    graph.forward().expect("all inputs are set");
    graph.backprop("loss").expect("a single number");
    graph.update(&mut Sgd::new(rate)).expect("a rate that can be");
    f64::from(graph.value("loss").expect("a node").sum())
}

/// Panics unless a step does what plain f64 says.
fn check(parameters: Parameters<f32>, x: &Array2<f32>, t: &Array2<f32>) {
    let mut graph = graph(parameters, x, t);
    let layers = |graph: &Graph<f32>| -> Layers {
        let value = |name| -> (&str, ArrayViewD<'_, f32>) { (name, graph.value(name).expect("a parameter")) };
        chain::layers(["w1", "b1", "w2", "b2"].map(value))
    };
    chain::assert_step(&layers(&graph), x, t, |rate| {
        let loss = step(&mut graph, rate) / BATCH as f64;
        (loss, layers(&graph))
    });
}
