//! Numbers that are not finite: no step is made of them, and nothing has changed or advanced then.

mod common;

#[path = "not_finite/overflow.rs"]
mod overflow;
#[path = "not_finite/state.rs"]
mod state;

use blasnet::{Activation, Error, Float, Input, Loss, Mlp, MlpBuilder, Result, SparseMatrix};
use common::{one_hot, random, rng};
use ndarray::{Array2, ShapeBuilder};
use rand::RngExt;
use state::{OPTIMIZERS, State, optimizer};

const ACTIVATIONS: [Activation; 6] = [
    Activation::Relu,
    Activation::LeakyRelu { slope: 0.1 },
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Gelu,
    Activation::Identity,
];

const LOSSES: [Loss; 3] = [Loss::SoftmaxCrossEntropy, Loss::MeanSquaredError, Loss::BinaryCrossEntropy];

/// 0, 1 and 3 hidden layers, and more outputs than the kernels for few are used for.
const SIZES: [&[usize]; 4] = [&[11, 4], &[11, 9, 4], &[11, 9, 6, 5, 4], &[11, 9, 40]];

fn builder<A: Float>(sizes: &[usize], activation: Activation, loss: Loss, dropout: f64) -> MlpBuilder<A> {
    let [inputs, hidden @ .., outputs] = sizes else { panic!("two sizes at least") };
    let builder = hidden.iter().fold(Mlp::<A>::builder(*inputs), |builder, &units| {
        builder.hidden(units, activation).dropout(dropout)
    });
    builder.output(*outputs, loss)
}

fn network<A: Float>(sizes: &[usize], activation: Activation, loss: Loss, dropout: f64) -> Mlp<A> {
    builder(sizes, activation, loss, dropout).build(&mut rng(1)).expect("a network can be so")
}

/// A batch, of whose x a third is not 0, and nothing in the middle column.
#[derive(Clone)]
struct Batch<A> {
    x: Array2<A>,
    t: Array2<A>,
}

impl<A: Float> Batch<A> {
    fn new(sizes: &[usize], rows: usize, seed: u64) -> Self {
        let (inputs, mut rng) = (sizes[0], rng(seed));
        let mut x = random::<A>(rows, inputs, seed);
        x.mapv_inplace(|x| if rng.random_bool(0.35) { x } else { A::zero() });
        x.column_mut(inputs / 2).fill(A::zero());
        Self { x, t: one_hot(rows, sizes[sizes.len() - 1], seed + 1) }
    }
}

/// A batch that is to be refused.
struct Bad<A> {
    what: String,
    batch: Batch<A>,
    /// How the error's `what` begins.
    names: &'static str,
}

/// The largest number, or nearly so.
fn huge<A: Float>() -> A {
    A::max_value() / A::of(1.25)
}

/// What is not finite in x or in t, or makes the loss so.
fn bad_batches<A: Float>(sizes: &[usize], loss: Loss, rows: usize) -> Vec<Bad<A>> {
    let batch = Batch::<A>::new(sizes, rows, 50);
    let mut all = Vec::new();
    for bad in [A::nan(), A::infinity(), A::neg_infinity()] {
        let (last, inputs) = (rows - 1, sizes[0]);
        for place in [[0, 0], [last, inputs - 1], [rows / 2, inputs / 2]] {
            let mut batch = batch.clone();
            batch.x[place] = bad;
            all.push(Bad { what: format!("x{place:?} is {bad}"), batch, names: "`x`[" });
        }
        for place in [[0, 0], [last, sizes[sizes.len() - 1] - 1]] {
            let mut batch = batch.clone();
            batch.t[place] = bad;
            all.push(Bad { what: format!("t{place:?} is {bad}"), batch, names: "`t`[" });
        }
    }
    if loss == Loss::MeanSquaredError {
        // Its square is no number of this type, whatever the output.
        let mut batch = batch.clone();
        batch.t[[rows / 2, 1]] = huge();
        all.push(Bad { what: "the loss overflows".into(), batch, names: "the loss, " });
    }
    all
}

/// Whether an error is that of this operation about this number.
fn is_not_finite(error: &Error, operation: &str, names: &str) -> bool {
    matches!(error, Error::NotFinite { op, what, .. } if *op == operation && what.starts_with(names))
}

/// Each way to give a batch to a network.
fn each_form<A: Float>(batch: &Batch<A>, mut each: impl for<'x> FnMut(&str, &dyn Fn() -> Input<'x, A>)) {
    let sparse = SparseMatrix::from_dense(&batch.x);
    let mut column_major = Array2::zeros(batch.x.raw_dim().f());
    column_major.assign(&batch.x);
    each("dense", &|| (&batch.x).into());
    each("column-major", &|| (&column_major).into());
    each("sparse", &|| (&sparse).into());
    each("auto", &|| Input::auto(&batch.x));
}

/// A run that is given a bad batch before each of its steps is the same, bit by bit, as one that is not.
fn bad_batches_leave_no_trace<A: Float>(mut network: Mlp<A>, rows: usize, make: &str) -> Result<()> {
    let sizes = network.sizes().to_vec();
    let bad_batches = bad_batches::<A>(&sizes, network.loss_function(), rows);
    let (mut undisturbed, mut of_undisturbed) = (network.clone(), optimizer::<A>(make));
    let mut optimizer = optimizer::<A>(make);
    for step in 0..2 {
        let before = State::of(&network, &*optimizer)?;
        for Bad { what, batch, names } in &bad_batches {
            each_form(batch, |form, x| {
                let what = format!("{sizes:?}, {:?}, {make}, {form}: {what}", network.hidden().next());
                let error = network.train(x(), &batch.t, &mut *optimizer).expect_err(&what);
                assert!(is_not_finite(&error, "Mlp::train", names), "{what}: {error}");
                let error = network.gradient(x(), &batch.t).map(|(scores, _)| scores).expect_err(&what);
                assert!(is_not_finite(&error, "Mlp::gradient", names), "{what}: {error}");
                let after = State::of(&network, &*optimizer).expect("it can be kept");
                assert!(after == before, "{what}: {after:?}, expected {before:?}");
            });
        }
        let good = Batch::<A>::new(&sizes, rows, step);
        let scores = network.train(&good.x, &good.t, &mut *optimizer)?;
        let expected = undisturbed.train(&good.x, &good.t, &mut *of_undisturbed)?;
        assert_eq!(scores.loss, expected.loss);
        assert!(State::of(&network, &*optimizer)? == State::of(&undisturbed, &*of_undisturbed)?);
    }
    Ok(())
}

#[test]
fn bad_batches_leave_no_trace_with_any_activation_and_loss() -> Result<()> {
    let mut number = 0;
    for sizes in SIZES {
        for activation in ACTIVATIONS {
            for loss in LOSSES {
                let dropout = [0.0, 0.3][number % 2];
                let rows = if number % 12 == 0 { 115 } else { 6 };
                let make = OPTIMIZERS[number % OPTIMIZERS.len()];
                bad_batches_leave_no_trace(network::<f64>(sizes, activation, loss, dropout), rows, make)?;
                bad_batches_leave_no_trace(network::<f32>(sizes, activation, loss, dropout), rows, make)?;
                number += 1;
            }
        }
    }
    Ok(())
}

#[test]
fn bad_batches_leave_no_trace_with_any_optimiser() -> Result<()> {
    for make in OPTIMIZERS {
        for (sizes, activation) in SIZES.into_iter().zip(ACTIVATIONS) {
            let network = network::<f32>(sizes, activation, Loss::MeanSquaredError, 0.3);
            bad_batches_leave_no_trace(network, 6, make)?;
        }
    }
    Ok(())
}

/// The first number that is not finite is named, with its place.
#[test]
fn errors_name_the_number() {
    let mut network = network::<f64>(&[11, 9, 4], Activation::Relu, Loss::SoftmaxCrossEntropy, 0.0);
    let mut batch = Batch::<f64>::new(&[11, 9, 4], 6, 1);
    batch.x[[4, 7]] = f64::NEG_INFINITY;
    each_form(&batch, |_, x| {
        let error = network.train(x(), &batch.t, &mut *optimizer("plain")).expect_err("it is infinite");
        assert_eq!(error.to_string(), "Mlp::train: `x`[4, 7] is -inf, expected a finite number");
    });
    batch.x[[4, 7]] = 1.0;
    batch.t[[5, 3]] = f64::NAN;
    each_form(&batch, |_, x| {
        let error = network.gradient(x(), &batch.t).map(drop).expect_err("it is NaN");
        assert_eq!(error.to_string(), "Mlp::gradient: `t`[5, 3] is NaN, expected a finite number");
    });
}

/// What is asked for without learning from it is computed, whatever the numbers are.
#[test]
fn answers_are_given_for_any_numbers() -> Result<()> {
    for activation in ACTIVATIONS {
        let network = network::<f64>(&[11, 9, 4], activation, Loss::SoftmaxCrossEntropy, 0.3);
        let mut batch = Batch::<f64>::new(&[11, 9, 4], 6, 1);
        batch.x[[4, 7]] = f64::NAN;
        let mut all = Vec::new();
        each_form(&batch, |_, x| all.push((network.forward(x()), network.scores(x(), &batch.t))));
        for (outputs, scores) in all {
            let outputs = outputs?;
            let of_nan = |row: usize| outputs.row(row).iter().all(|z| z.is_nan());
            assert!((0..6).all(|row| of_nan(row) == (row == 4)), "{activation}");
            assert!(scores?.loss.is_nan(), "{activation}");
        }
    }
    Ok(())
}
