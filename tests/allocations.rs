//! After its first step a network trains without allocating: this program counts allocations.
//!
//! Not without OpenBLAS: ndarray's own product allocates what it packs its operands into.
#![cfg(feature = "_openblas")]

mod common;
#[path = "common/counting.rs"]
mod counting;

use std::ops::ControlFlow;

use blasnet::data::{Dataset, InputForm};
use blasnet::parallel::SingleThreadedBlas;
use blasnet::{
    Activation, AdaGrad, Adam, AdamW, Clipped, Float, Loss, Mlp, NeuralNetwork, Optimizer, RmsProp, Schedule,
    Scheduled, Sgd, Trainer,
};
use common::{one_hot, random, rng};
use counting::allocations;
use ndarray::{Array2, Axis, s};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// The course's sizes: large enough for every part of the work that is ever shared out.
const SIZES: [usize; 3] = NeuralNetwork::<f64>::COURSE;

fn network<A: Float>() -> NeuralNetwork<A> {
    NeuralNetwork::new(SIZES, &mut rng(1)).expect("no size is 0")
}

fn steps_allocate_nothing<A: Float>(case: &str) {
    let (x, t) = (random::<A>(100, SIZES[0], 2), one_hot::<A>(100, SIZES[2], 3));
    let mut network = network::<A>();
    let mut step = |rows: usize| {
        let (x, t) = (x.slice(s![..rows, ..]), t.slice(s![..rows, ..]));
        network.sgd(&x, &t, A::of(1e-4)).expect("the shapes fit");
    };
    step(100);
    for rows in [100, 100, 100, 99, 37, 1, 100] {
        assert_eq!(allocations(|| step(rows)), 0, "a step of {rows} rows, {case}");
    }
}

fn runs_allocate_before_their_first_step<A: Float>(case: &str) {
    // More than 20 batches: the history grows with each epoch.
    const ROWS: usize = 2100;
    let pixels =
        Array2::from_shape_fn((ROWS, SIZES[0]), |(row, column)| ((7 * row + 3 * column) % 256) as u8);
    let data = Dataset::new(pixels, (0..ROWS).map(|row| (row % 10) as u8).collect(), SIZES[2]);
    let data = data.expect("labels are below 10");
    let (mut network, mut sgd, mut rng) = (network::<A>(), Sgd::new(0.0001), rng(4));
    let mut run = |steps| {
        let trainer = Trainer::new(&mut network, &mut sgd, &data).on_step(|step| {
            if step.number + 1 == steps { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let outcome = trainer.run(&mut rng).expect("the data fits");
        assert_eq!(outcome.position.steps(), steps);
    };
    run(1);
    let [ten, twenty] = [10, 20].map(|steps| allocations(|| run(steps)));
    assert_eq!(ten, twenty, "runs of 10 and of 20 steps, {case}");
}

/// On as many parameters as are shared out in pieces.
fn optimizers_allocate_nothing<A: Float>(case: &str) {
    let layout = blasnet::Layout::new([("w", vec![784, 500]), ("b", vec![500])]);
    let (mut w, mut dw) = (vec![A::one(); layout.len()], vec![A::one(); layout.len()]);
    let optimizers: [Box<dyn Optimizer<A>>; 5] = [
        Box::new(Sgd::new(1e-3).momentum(0.9)),
        Box::new(AdaGrad::new(1e-3)),
        Box::new(RmsProp::new(1e-3).momentum(0.9).centered()),
        Box::new(AdamW::new(1e-3)),
        Box::new(Scheduled::new(
            Clipped::by_norm(Adam::new(1e-3), 1.0),
            Schedule::Cosine { steps: 9, floor: 0.1 }.after_warm_up(2),
        )),
    ];
    for (number, mut optimizer) in optimizers.into_iter().enumerate() {
        let mut step = || optimizer.step(&mut w, &mut dw, &layout).expect("the slices fit");
        step();
        for _ in 0..5 {
            assert_eq!(allocations(&mut step), 0, "a step of optimiser {number}, {case}");
        }
    }
}

/// Deep, with everything that a step can have: derivatives kept, dropout, class numbers, gradients and state.
fn deep_steps_allocate_nothing<A: Float>(case: &str) {
    let x = random::<A>(100, SIZES[0], 2);
    let classes: Vec<usize> = (0..100).map(|row| row * row % 10).collect();
    let data = sparse_data();
    let optimizers: [Box<dyn Optimizer<A>>; 2] =
        [Box::new(Sgd::new(1e-3)), Box::new(Clipped::by_norm(AdamW::new(1e-3), 1.0))];
    for (number, mut optimizer) in optimizers.into_iter().enumerate() {
        let builder = Mlp::<A>::builder(SIZES[0]).hidden(512, Activation::Gelu).dropout(0.2);
        let builder = builder.hidden(300, Activation::Relu).hidden(40, Activation::LeakyRelu { slope: 0.1 });
        let builder = builder.output(SIZES[2], Loss::SoftmaxCrossEntropy);
        let mut network = builder.build(&mut rng(1)).expect("a network can be so");
        let mut step = |rows: usize| {
            let x = x.slice(s![..rows, ..]);
            network.train(&x, &classes[..rows], &mut *optimizer).expect("the shapes fit");
            network.train_on(&data, &classes[..rows], &mut *optimizer).expect("the data fits");
        };
        step(100);
        for rows in [100, 99, 37, 1, 100] {
            assert_eq!(allocations(|| step(rows)), 0, "{rows} rows, optimiser {number}, {case}");
        }
    }
}

/// A fifth of the pixels, but some rows have none and some have all.
fn sparse_data() -> Dataset {
    let pixels = Array2::from_shape_fn((300, SIZES[0]), |(row, column)| match row % 10 {
        3 => 0,
        7 => 255,
        _ if (7 * row + 3 * column) % 10 < 2 => 99,
        _ => 0,
    });
    let data = Dataset::new(pixels, (0..300).map(|row| (row % 10) as u8).collect(), SIZES[2]);
    data.expect("labels are below 10").read_as(InputForm::Sparse)
}

fn sparse_steps_allocate_nothing<A: Float>(case: &str) {
    let data = sparse_data();
    let (pixels, labels) = (data.sparse().expect("read so"), data.one_hot::<A>());
    let batch_sizes = [150, 150, 113, 112, 99, 37, 1, 150];
    // Rows of other lengths each time, the first ones all empty.
    let rows = |number: usize, size: usize| -> Vec<usize> {
        (0..size).map(|k| if number == 0 { 3 } else { (k * k + number * k + 7 * number) % 300 }).collect()
    };
    let rate = A::of(1e-4);

    let mut on_rows = network::<A>();
    for (number, size) in batch_sizes.into_iter().enumerate() {
        let rows = rows(number, size);
        let made = allocations(|| {
            on_rows.sgd_on(&data, &rows, rate).expect("the data fits");
        });
        assert!(number == 0 || made == 0, "{made} in step {number} on {size} rows of a data set, {case}");
    }

    // A matrix of its own has room for itself, and for smaller ones whose rows are no longer.
    let mut on_matrices = network::<A>();
    for (number, size) in batch_sizes.into_iter().enumerate() {
        let rows = rows(number + 1, size);
        let (bytes, t) = (pixels.select(&rows).expect("they are there"), labels.select(Axis(0), &rows));
        let floats = bytes.to_floats::<A>();
        let made = allocations(|| {
            on_matrices.sgd(&bytes, &t, rate).expect("the shapes fit");
            on_matrices.sgd(&floats, &t, rate).expect("the shapes fit");
        });
        assert!(number == 0 || made == 0, "{made} in step {number} on a matrix of {size} rows, {case}");
    }
}

fn check<A: Float>(pools: &[ThreadPool], case: &str) {
    for pool in pools {
        let threads = pool.current_num_threads();
        let case = format!("{}, threads: {threads}, {case}", std::any::type_name::<A>());
        pool.install(|| {
            steps_allocate_nothing::<A>(&case);
            runs_allocate_before_their_first_step::<A>(&case);
            sparse_steps_allocate_nothing::<A>(&case);
            optimizers_allocate_nothing::<A>(&case);
            deep_steps_allocate_nothing::<A>(&case);
        });
    }
}

/// One test, as the counter is the process's.
#[test]
fn training_allocates_once() {
    // For all cases: a thread that ends while another case counts would be counted, too.
    let pools = [1, 2].map(|threads| {
        ThreadPoolBuilder::new().num_threads(threads).build().expect("the system has threads")
    });
    let cases = |case| {
        check::<f32>(&pools, case);
        check::<f64>(&pools, case);
    };
    cases("OpenBLAS has threads");
    let _rayon_has_the_threads = SingleThreadedBlas::new();
    cases("OpenBLAS has one thread");
}
