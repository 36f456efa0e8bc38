//! Ten steps of the course's network in f64 against NumPy's: see golden/make.py.

use blasnet::{NeuralNetwork, Parameters, Result};
use ndarray::{Array1, Array2};

const TRACE: &str = include_str!("golden/trace.txt");
const RATE: f64 = 1e-3;

/// The high 32 bits of Knuth's MMIX linear congruential generator, as in make.py.
fn integers(seed: u64) -> impl Iterator<Item = u64> {
    let next = |state: &u64| Some(state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407));
    std::iter::successors(next(&seed), next).map(|state| state >> 32)
}

fn weights(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut integers = integers(seed);
    Array2::from_shape_simple_fn((rows, columns), || {
        (integers.next().expect("endless") as f64 / 4294967296.0 - 0.5) * 0.34
    })
}

fn batch(step: u64) -> (Array2<f64>, Array2<f64>) {
    let mut pixels = integers(1000 + step);
    let x = Array2::from_shape_simple_fn((100, 784), || {
        let n = pixels.next().expect("endless");
        if n.is_multiple_of(5) { (n / 5 % 256) as f64 / 255.0 } else { 0.0 }
    });
    let mut t = Array2::zeros((100, 10));
    for (mut row, n) in t.rows_mut().into_iter().zip(integers(2000 + step)) {
        row[(n % 10) as usize] = 1.0;
    }
    (x, t)
}

#[track_caller]
fn assert_figure(name: &str, found: f64, line: Option<&str>) {
    let line = line.expect("the trace has a line for each figure");
    let expected: f64 = line.strip_prefix(name).expect(name).trim().parse().expect("a number");
    assert!((found - expected).abs() <= 1e-11 * expected, "{name}: {found}, NumPy has {expected}");
}

#[test]
fn ten_steps_as_in_numpy() -> Result<()> {
    let mut network = NeuralNetwork::from_parameters(Parameters {
        w1: weights(784, 500, 1),
        b1: Array1::zeros(500),
        w2: weights(500, 10, 2),
        b2: Array1::zeros(10),
    })?;
    let mut trace = TRACE.lines();
    for step in 0..10 {
        let (x, t) = batch(step);
        let scores = network.sgd(&x, &t, RATE)?;
        assert_figure("loss ", scores.loss, trace.next());
    }
    for (name, value) in network.parameters() {
        let norm = value.iter().map(|x| x * x).sum::<f64>().sqrt();
        assert_figure(&format!("norm of {name} "), norm, trace.next());
    }
    assert_eq!(trace.next(), None);
    Ok(())
}
