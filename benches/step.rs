//! A training step of the course's network, [784, 500, 10]: `NeuralNetwork::sgd` on one batch, and
//! `Trainer::run`, which also draws and gathers each batch.
//!
//! No pixel is 0 here, so that a step which gains from zeros gains nothing: MNIST's own are in the
//! benchmark of the epoch. The throughput is in images.

mod support;

use std::ops::ControlFlow;
use std::time::Instant;

use blasnet::data::Dataset;
use blasnet::{Float, NeuralNetwork, Parameters, Sgd, Trainer};
use criterion::{Criterion, SamplingMode, Throughput};
use ndarray::{Array1, Array2, Axis};
use rand::{RngExt, rngs::Xoshiro256PlusPlus};
use support::common::rng;
use support::{at_threads, type_name};

/// So small that millions of steps leave the network as it was: each does the work of the first. Not
/// 0, for which BLAS has a way out, nor so small that an update would be denormal.
const RATE: f64 = 1e-12;

const SIZES: [usize; 3] = NeuralNetwork::<f64>::COURSE;

fn main() {
    let data = images();
    support::main(|criterion| {
        for batch in [1, 10, 100, 1000, 10_000] {
            sgd::<f32>(criterion, &data, batch);
        }
        sgd::<f64>(criterion, &data, 100);
        train::<f32>(criterion, &data, 100);
        train::<f64>(criterion, &data, 100);
    });
}

/// As many images as MNIST has to test with, their pixels from 1 to 255.
fn images() -> Dataset {
    let [pixels, _, classes] = SIZES;
    let mut rng = rng(1);
    let images = Array2::from_shape_simple_fn((10_000, pixels), || rng.random_range(1..=255));
    let labels = (0..10_000).map(|_| rng.random_range(0..classes as u8)).collect();
    Dataset::new(images, labels, classes).expect("labels are below 10")
}

fn network<A: Float>() -> NeuralNetwork<A> {
    NeuralNetwork::new(SIZES, &mut rng(2)).expect("no size is 0")
}

fn gather<A: Float>(data: &Dataset, rows: &[usize]) -> (Array2<A>, Array2<A>) {
    let [pixels, _, classes] = SIZES;
    let (mut x, mut t) = (Array2::zeros((rows.len(), pixels)), Array2::zeros((rows.len(), classes)));
    data.gather(rows, &mut x, &mut t);
    (x, t)
}

fn sgd<A: Float>(criterion: &mut Criterion, data: &Dataset, batch: usize) {
    let rows: Vec<usize> = (0..batch).collect();
    let (x, t) = gather::<A>(data, &rows);
    let expected = Reference::of(data, &rows);

    let mut group = criterion.benchmark_group("sgd");
    group.throughput(Throughput::Elements(batch as u64));
    if batch >= 1000 {
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
    }
    at_threads(|threads| {
        let (mut network, mut steps) = (network::<A>(), 0);
        threads.bench(&mut group, &format!("{}/{batch}", type_name::<A>()), |bencher| {
            let mut loss = f64::NAN;
            bencher.iter(|| {
                steps += 1;
                loss = network.sgd(&x, &t, A::of(RATE)).expect("the shapes fit").loss;
            });
            expected.assert_loss(loss);
            expected.assert_steps(&network, steps);
        });
    });
    group.finish();
}

/// The clock covers what `run` does before its first step too: a few small arrays are allocated.
fn train<A: Float>(criterion: &mut Criterion, data: &Dataset, batch: usize) {
    // The rows that `run` draws first.
    let draw = |rng: &mut Xoshiro256PlusPlus| rng.random_range(0..data.len());
    let mut from = rng(3);
    let rows: Vec<usize> = (0..batch).map(|_| draw(&mut from)).collect();
    let expected = Reference::of(data, &rows);

    let mut group = criterion.benchmark_group("train");
    group.throughput(Throughput::Elements(batch as u64));
    at_threads(|threads| {
        let (mut network, mut sgd) = (network::<A>(), Sgd::new(RATE));
        threads.bench(&mut group, &format!("{}/{batch}", type_name::<A>()), |bencher| {
            bencher.iter_custom(|steps| {
                let (mut rng, mut first_loss, mut last_loss) = (rng(3), None, 0.0);
                let start = Instant::now();
                let outcome = Trainer::new(&mut network, &mut sgd, data)
                    .epochs(usize::MAX)
                    .batch(batch)
                    .on_step(|step| {
                        last_loss = step.scores.loss;
                        first_loss.get_or_insert(last_loss);
                        let enough = step.number as u64 + 1 == steps;
                        if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                    })
                    .run(&mut rng);
                let time = start.elapsed();
                assert_eq!(outcome.expect("the data fits").position.steps() as u64, steps);
                expected.assert_loss(first_loss.expect("a step was made"));
                assert!(last_loss.is_finite());
                time
            });
        });
    });
    group.finish();
}

/// What a step should find, in f64 and by ndarray's own products.
struct Reference {
    loss: f64,
    /// The gradient of the summed loss by the second layer's biases.
    db2: Array1<f64>,
}

impl Reference {
    fn of(data: &Dataset, rows: &[usize]) -> Self {
        let (x, t) = gather::<f64>(data, rows);
        let Parameters { w1, b1, w2, b2 } = network::<f64>().into_parameters();
        let h = (x.dot(&w1) + b1).mapv_into(|h| h.max(0.0));
        let mut y = (h.dot(&w2) + b2).mapv_into(f64::exp);
        for mut row in y.rows_mut() {
            row /= row.sum();
        }
        let loss = -(&t * &y.ln()).sum() / rows.len() as f64;
        Self { loss, db2: (y - t).sum_axis(Axis(0)) }
    }

    #[track_caller]
    fn assert_loss(&self, loss: f64) {
        assert!((loss - self.loss).abs() <= 1e-4 * self.loss, "loss {loss}, expected {}", self.loss);
    }

    /// Biases begin at 0, so even updates as small as these show in them.
    #[track_caller]
    fn assert_steps<A: Float>(&self, network: &NeuralNetwork<A>, steps: usize) {
        let (_, b2) = network.parameters().last().expect("four parameters");
        for (b2, db2) in b2.iter().zip(&self.db2) {
            let moved = b2.as_f64() / (-RATE * steps as f64);
            assert!((moved - db2).abs() <= 0.01 * db2.abs().max(0.1), "gradient {moved}, expected {db2}");
        }
    }
}
