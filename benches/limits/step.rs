//! Rows of the training step: against the raw products that it cannot do without.

use std::hint::black_box;
use std::ops::ControlFlow::{Break, Continue};

use blasnet::data::{Dataset, InputForm};
use blasnet::{NeuralNetwork, Result, Scores, Sgd, Trainer};
use ndarray::Array2;
use rand::RngExt;

use crate::chain::{self, products};
use crate::common::{one_hot, random, rng};
use crate::context::Context;
use crate::context::Mode::{Full, Smoke};
use crate::measure::Arm;
use crate::raw::Real;
use crate::report::{Amount, Case};

pub const SIZES: [usize; 3] = NeuralNetwork::<f32>::COURSE;
/// The course's batch.
const BATCH: usize = 100;
/// Too small to lead the weights anywhere in all the steps that are timed.
pub const RATE: f64 = 1e-7;
const GOAL: f64 = 0.87;

const STEP: &str = "sgd";
const TRAIN: &str = "train";

pub fn rows(context: &mut Context) {
    let batches: &[usize] = if context.mode == Full { &[1, 10, BATCH, 1000, 10_000] } else { &[BATCH] };
    for &batch in batches {
        step::<f32>(context, batch);
    }
    step::<f64>(context, BATCH);
    train(context);
    scaling(context);
}

pub fn name<A: Real>(batch: usize) -> String {
    chain::name::<A>(batch, &SIZES)
}

/// A network, and a dense batch for it.
struct Ours<A> {
    network: NeuralNetwork<A>,
    x: Array2<A>,
    t: Array2<A>,
}

impl<A: Real> Ours<A> {
    fn new(batch: usize) -> Self {
        Self {
            network: NeuralNetwork::new(SIZES, &mut rng(5)).expect("no size is 0"),
            x: random(batch, SIZES[0], 6),
            t: one_hot(batch, SIZES[2], 7),
        }
    }

    fn step(&mut self, rate: f64) -> f64 {
        self.network.sgd(&self.x, &self.t, A::of(rate)).expect("the batch fits the network").loss
    }

    fn check(&self) {
        assert_step(&self.network, &self.x, &self.t, |network, rate| {
            network.sgd(&self.x, &self.t, A::of(rate))
        });
    }
}

/// Panics unless loss and update are what plain f64 says, `step` being one on these rows.
pub fn assert_step<A: Real>(
    network: &NeuralNetwork<A>,
    x: &Array2<A>,
    t: &Array2<A>,
    step: impl FnOnce(&mut NeuralNetwork<A>, f64) -> Result<Scores>,
) {
    let mut one = network.clone();
    let before = chain::layers(network.parameters());
    chain::assert_step(&before, x, t, |rate| {
        let scores = step(&mut one, rate).expect("the batch fits the network");
        (scores.loss, chain::layers(one.parameters()))
    });
}

fn step<A: Real>(context: &mut Context, batch: usize) {
    let size = name::<A>(batch);
    let pools = context.pools(STEP, &size);
    if pools.is_empty() {
        return;
    }
    let (mut ours, mut raw) = (Ours::<A>::new(batch), products::<A>(batch, &SIZES));
    for pool in pools {
        pool.install(|| ours.check());
        let plan = raw.fastest_plan(&pool, &context.effort);
        let case = Case {
            what: STEP.into(),
            size: size.clone(),
            threads: pool.current_num_threads(),
            goal: Some(GOAL),
            amount: Some(Amount::Flops(raw.flops())),
            note: format!("raw {}", plan.name()),
        };
        let arm = Arm::new(&pool, || {
            black_box(ours.step(RATE));
        });
        context.row(case, arm, raw.arm(&pool, &plan));
    }
    assert!(ours.step(RATE).is_finite());
}

/// The dense step with drawing a batch and making floats of its bytes, against the same products.
fn train(context: &mut Context) {
    let size = name::<f32>(BATCH);
    let pools = context.pools(TRAIN, &size);
    if pools.is_empty() {
        return;
    }
    // As it would be if no pixel were 0.
    let data = images(if context.mode == Smoke { 6000 } else { 60_000 }).read_as(InputForm::Dense);
    let (mut network, mut sgd) = (Ours::<f32>::new(1).network, Sgd::new(RATE));
    let mut raw = products::<f32>(BATCH, &SIZES);
    let mut rng = rng(8);
    for pool in pools {
        let plan = raw.fastest_plan(&pool, &context.effort);
        let case = Case {
            what: TRAIN.into(),
            size: size.clone(),
            threads: pool.current_num_threads(),
            goal: None,
            amount: Some(Amount::Flops(raw.flops())),
            note: format!("raw {}", plan.name()),
        };
        // A run allocates its batch first: so many steps that this is no part of any.
        let arm = Arm::repeating(&pool, 20, |steps| {
            let mut loss = 0.0;
            let outcome = Trainer::new(&mut network, &mut sgd, &data)
                .epochs(usize::MAX)
                .batch(BATCH)
                .on_step(|step| {
                    loss = step.scores.loss;
                    if step.number + 1 < steps { Continue(()) } else { Break(()) }
                })
                .run(&mut rng)
                .expect("the data fits");
            assert_eq!(outcome.position.steps(), steps);
            // Untrained, but no rubbish: guessing evenly costs ln 10.
            assert!((1.0..10.0).contains(&loss), "a loss of {loss}");
        });
        context.row(case, arm, raw.arm(&pool, &plan));
    }
}

/// So many images like MNIST's: bytes, a fifth of them not 0.
fn images(count: usize) -> Dataset {
    let mut rng = rng(9);
    let pixel = |draw: u32| if draw % 256 < 49 { (draw >> 8) as u8 | 1 } else { 0 };
    let pixels = (0..count * SIZES[0]).map(|_| pixel(rng.random())).collect();
    let pixels = Array2::from_shape_vec((count, SIZES[0]), pixels).expect("as many as drawn");
    let labels = (0..count).map(|image| (image % SIZES[2]) as u8).collect();
    Dataset::new(pixels, labels, SIZES[2]).expect("labels below 10")
}

/// What more threads bring, to the raw products and then to ours: that is how the machine itself scales.
fn scaling(context: &mut Context) {
    let size = name::<f32>(BATCH);
    let (raw_name, ours_name) = ("raw products, threads' gain", "sgd, threads' gain");
    let case = |what: &str, threads, goal, note: String| Case {
        what: what.into(),
        size: size.clone(),
        threads,
        goal,
        amount: None,
        note,
    };
    let wanted = [raw_name, ours_name].map(|what| context.single_and_larger_pools(what, &size));
    // Either row needs the raw products: ours is held to them.
    let pools = if wanted[0].is_empty() { &wanted[1] } else { &wanted[0] };
    for [single, larger] in pools {
        let threads = larger.current_num_threads();
        let (mut raw, mut raw_single) = (products::<f32>(BATCH, &SIZES), products::<f32>(BATCH, &SIZES));
        let plan = raw.fastest_plan(larger, &context.effort);
        let plan_single = raw_single.fastest_plan(single, &context.effort);
        let note = format!("one thread; raw {}", plan.name());
        let arms = (raw.arm(larger, &plan), raw_single.arm(single, &plan_single));
        let gain = context.row(case(raw_name, threads, None, note), arms.0, arms.1);

        // Never a loss, even where a busy machine makes raw lose.
        let goal = (gain * 1.6 / 1.8).max(0.95);
        let (mut ours, mut ours_single) = (Ours::<f32>::new(BATCH), Ours::<f32>::new(BATCH));
        let arm = |ours: &mut Ours<f32>| {
            black_box(ours.step(RATE));
        };
        let note = "itself on one thread; goal: 1.6 where raw has 1.8".into();
        context.row(
            case(ours_name, threads, Some(goal), note),
            Arm::new(larger, || arm(&mut ours)),
            Arm::new(single, || arm(&mut ours_single)),
        );
        // Both have seen the same, but not as often.
        for check in [ours, ours_single] {
            check.check();
        }
    }
}
