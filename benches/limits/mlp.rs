//! Rows of a deep network's training step: against the raw products that it cannot do without.

use std::hint::black_box;

use blasnet::{Activation, AdamW, Loss, Mlp, MlpBuilder, Optimizer, Reduction, Sgd};
use ndarray::Array2;

use crate::chain::{self, products};
use crate::common::{one_hot, random, rng};
use crate::context::Context;
use crate::measure::Arm;
use crate::raw::Real;
use crate::report::{Amount, Case};

const SIZES: [usize; 5] = [784, 512, 512, 512, 10];
const BATCH: usize = 100;
/// Too small to lead the weights anywhere in all the steps that are timed.
const RATE: f64 = 1e-7;
const GOAL: f64 = 0.87;

pub fn rows(context: &mut Context) {
    deep(context, "mlp, sgd", Activation::Relu, Some(GOAL), || Box::new(Sgd::new(RATE)));
    deep(context, "mlp, gelu, sgd", Activation::Gelu, None, || Box::new(Sgd::new(RATE)));
    deep(context, "mlp, momentum", Activation::Relu, None, || Box::new(Sgd::new(RATE).momentum(0.9)));
    deep(context, "mlp, adamw", Activation::Relu, None, || Box::new(AdamW::new(RATE)));
}

fn deep(
    context: &mut Context,
    what: &str,
    activation: Activation,
    goal: Option<f64>,
    optimizer: impl Fn() -> Box<dyn Optimizer<f32> + Send>,
) {
    let size = chain::name::<f32>(BATCH, &SIZES);
    let pools = context.pools(what, &size);
    if pools.is_empty() {
        return;
    }
    let mut network = network::<f32>(activation).build(&mut rng(5)).expect("no size is 0");
    let mut optimizer = optimizer();
    let (x, t) = (random::<f32>(BATCH, SIZES[0], 6), one_hot::<f32>(BATCH, SIZES[4], 7));
    let mut raw = products::<f32>(BATCH, &SIZES);
    for pool in pools {
        if activation == Activation::Relu {
            pool.install(|| check(&network, &x, &t));
        }
        let plan = raw.fastest_plan(&pool, &context.effort);
        let case = Case {
            what: what.into(),
            size: size.clone(),
            threads: pool.current_num_threads(),
            goal,
            amount: Some(Amount::Flops(raw.flops())),
            note: format!("raw {}", plan.name()),
        };
        let arm = Arm::new(&pool, || {
            black_box(network.train(&x, &t, &mut *optimizer).expect("the batch fits the network"));
        });
        context.row(case, arm, raw.arm(&pool, &plan));
    }
    assert!(network.scores(&x, &t).expect("the batch fits the network").loss.is_finite());
}

fn network<A: Real>(activation: Activation) -> MlpBuilder<A> {
    let [inputs, hidden @ .., outputs] = SIZES;
    let start = Mlp::builder(inputs).reduction(Reduction::Sum);
    let builder = hidden.iter().fold(start, |builder, &units| builder.hidden(units, activation));
    builder.output(outputs, Loss::SoftmaxCrossEntropy)
}

/// Panics unless a step of the same network in f64 does what plain f64 says, and its loss is ours. Updates are not
/// compared in f32: through three layers, one unit so near 0 that ReLU lets it pass in one of the types alone
/// makes a per cent of them.
fn check(ours: &Mlp<f32>, x: &Array2<f32>, t: &Array2<f32>) {
    let values: Vec<f64> = ours.values().iter().copied().map(f64::from).collect();
    let mut one = network(Activation::Relu).build_with(&values).expect("as many values");
    let (x64, t64) = (x.mapv(f64::from), t.mapv(f64::from));
    let loss = ours.scores(x, t).expect("the batch fits the network").loss;
    chain::assert_step(&chain::layers(one.parameters()), &x64, &t64, |rate| {
        let scores = one.train(&x64, &t64, &mut Sgd::new(rate)).expect("the batch fits the network");
        assert!((loss - scores.loss).abs() <= 1e-5 * scores.loss, "loss {loss}, expected {}", scores.loss);
        (scores.loss, chain::layers(one.parameters()))
    });
}
