//! Rows of the training step on sparse input: against the dense products, and against our own dense step.

use std::hint::black_box;
use std::sync::Arc;

use blasnet::data::{Dataset, InputForm, Mnist};
use blasnet::{NeuralNetwork, SparseMatrix};
use ndarray::Array2;
use rand::RngExt;
use rayon::ThreadPool;

use crate::chain::products;
use crate::common::{one_hot, rng};
use crate::context::Context;
use crate::context::Mode::{Full, Smoke};
use crate::measure::Arm;
use crate::mnist::mnist_folder;
use crate::report::{Amount, Case};
use crate::step::{RATE, SIZES, assert_step, name};

const STEP: &str = "sgd on MNIST, sparse";
const CROSSOVER: &str = "sgd, sparse against dense";

pub fn rows(context: &mut Context) {
    let batches: &[usize] = if context.mode == Full { &[10, 100, 1000, 10_000] } else { &[100] };
    for &batch in batches {
        step(context, batch);
    }
    let densities: &[usize] = match context.mode {
        Full => &[1, 5, 10, 20, 30, 40, 50, 55, 60, 65, 70, 80, 90, 100],
        _ => &[20],
    };
    for &density in densities {
        crossover(context, density, Pattern::Anywhere);
        crossover(context, density, Pattern::Strokes);
    }
}

/// A step on images of MNIST, other ones each time, against the raw products of as many dense images.
fn step(context: &mut Context, batch: usize) {
    let size = name::<f32>(batch);
    let pools = context.pools(STEP, &size);
    if pools.is_empty() {
        return;
    }
    let mnist = Mnist::from_dir(mnist_folder()).expect("the folder holds MNIST");
    let data = mnist.train.read_as(InputForm::Sparse);
    let mut rng = rng(1);
    let draw = |_| (0..batch).map(|_| rng.random_range(0..data.len())).collect();
    let batches: Vec<Vec<usize>> = (0..if context.mode == Smoke { 2 } else { 60 }).map(draw).collect();
    let mut network = NeuralNetwork::<f32>::new(SIZES, &mut rng_of_weights()).expect("no size is 0");
    let mut raw = products::<f32>(batch, &SIZES);
    for pool in pools {
        pool.install(|| check(&network, &data, &batches[0]));
        let plan = raw.fastest_plan(&pool, &context.effort);
        let case = Case {
            what: STEP.into(),
            size: size.clone(),
            threads: pool.current_num_threads(),
            // 0.40 of the products' time, and 0.60 for other batches.
            goal: Some(if batch == 100 { 2.5 } else { 1.0 / 0.6 }),
            amount: Some(Amount::Flops(raw.flops())),
            note: format!("raw dense {}; rate: of as many dense", plan.name()),
        };
        let mut next = batches.iter().cycle();
        let arm = Arm::new(&pool, || {
            let rows = next.next().expect("an endless circle");
            black_box(network.sgd_on(&data, rows, RATE as f32).expect("MNIST fits the network"));
        });
        context.row(case, arm, raw.arm(&pool, &plan));
    }
    check(&network, &data, &batches[0]);
}

fn rng_of_weights() -> rand::rngs::Xoshiro256PlusPlus {
    rng(5)
}

fn check(network: &NeuralNetwork<f32>, data: &Dataset, rows: &[usize]) {
    let (mut x, mut t) = (Array2::zeros((rows.len(), SIZES[0])), Array2::zeros((rows.len(), SIZES[2])));
    data.gather(rows, &mut x, &mut t);
    assert_step(network, &x, &t, |network, rate| network.sgd_on(data, rows, rate as f32));
}

/// Where the entries of a row are.
#[derive(Clone, Copy, PartialEq)]
enum Pattern {
    /// Each by itself.
    Anywhere,
    /// In runs of five or more on the average, as strokes are.
    Strokes,
}

/// Sparse steps against dense ones, on rows of which so many per cent are not 0.
fn crossover(context: &mut Context, per_cent: usize, pattern: Pattern) {
    const BATCH: usize = 100;
    let kind = if pattern == Pattern::Strokes { "strokes" } else { "anywhere" };
    let size = format!("{}, {per_cent} % {kind}", name::<f32>(BATCH));
    let pools = context.pools(CROSSOVER, &size);
    if pools.is_empty() {
        return;
    }
    let x = matrix(BATCH, per_cent as f64 / 100.0, pattern);
    let sparse = SparseMatrix::from_dense(&x);
    let t = one_hot::<f32>(BATCH, SIZES[2], 3);
    let network = NeuralNetwork::<f32>::new(SIZES, &mut rng_of_weights()).expect("no size is 0");
    let (mut on_sparse, mut on_dense) = (network.clone(), network.clone());
    let auto = if blasnet::Input::auto(&x).is_sparse() { "sparse" } else { "dense" };
    for pool in pools {
        let check = || assert_step(&network, &x, &t, |network, rate| network.sgd(&sparse, &t, rate as f32));
        pool.install(check);
        let case = Case {
            what: CROSSOVER.into(),
            size: size.clone(),
            threads: pool.current_num_threads(),
            goal: None,
            amount: None,
            note: format!("our dense step; auto takes {auto}"),
        };
        let (ours, limit) = arms(&pool, &mut on_sparse, &mut on_dense, &sparse, &x, &t);
        context.row(case, ours, limit);
    }
}

fn arms<'a>(
    pool: &Arc<ThreadPool>,
    on_sparse: &'a mut NeuralNetwork<f32>,
    on_dense: &'a mut NeuralNetwork<f32>,
    sparse: &'a SparseMatrix<f32>,
    x: &'a Array2<f32>,
    t: &'a Array2<f32>,
) -> (Arm<'a>, Arm<'a>) {
    let ours = Arm::new(pool, move || {
        black_box(on_sparse.sgd(sparse, t, RATE as f32).expect("the batch fits the network"));
    });
    let limit = Arm::new(pool, move || {
        black_box(on_dense.sgd(x, t, RATE as f32).expect("the batch fits the network"));
    });
    (ours, limit)
}

/// Rows of [0, 1), of which this share is not 0.
fn matrix(rows: usize, density: f64, pattern: Pattern) -> Array2<f32> {
    let mut rng = rng(2);
    let mut inside = false;
    // Runs end so often that they are so long, and begin so often that the share is right. Where most is inside,
    // one run must follow another at once.
    let odds = density / (1.0 - density);
    let length = odds.max(5.0);
    Array2::from_shape_simple_fn((rows, SIZES[0]), || {
        inside = match pattern {
            Pattern::Strokes if density < 1.0 && inside => rng.random_bool(1.0 - 1.0 / length),
            Pattern::Strokes if density < 1.0 => rng.random_bool(odds / length),
            _ => rng.random_bool(density),
        };
        if inside { rng.random_range(0.01..1.0) } else { 0.0 }
    })
}
