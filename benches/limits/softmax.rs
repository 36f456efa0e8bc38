//! Softmax cross-entropy's work, forward and back.

use blasnet::SoftmaxCrossEntropy;
use ndarray::Array2;

use crate::common::{one_hot, random};
use crate::memory::Work;

/// Bytes that it must move an element: reads x, t; writes y, and the copy of t for backprop.
pub const FORWARD_BYTES: f64 = 4.0 + 4.0 + 4.0 + 4.0;
/// Reads y, t; writes dx.
pub const BACKPROP_BYTES: f64 = 4.0 + 4.0 + 4.0;

struct Forward {
    node: SoftmaxCrossEntropy<f32>,
    x: Array2<f32>,
    t: Array2<f32>,
    loss: f32,
}

struct Backprop {
    node: SoftmaxCrossEntropy<f32>,
    dx: Array2<f32>,
}

impl Work for Forward {
    fn run(&mut self) {
        self.loss = self.node.forward(&self.x, &self.t).expect("x and t have one shape");
    }
}

impl Work for Backprop {
    fn run(&mut self) {
        self.node.backprop_into(1.0, &mut self.dx).expect("forward was called");
    }
}

/// The work of `forward` on a batch of so many rows, checked.
pub fn forward(rows: usize, columns: usize) -> Box<dyn Work> {
    Box::new(checked_forward(rows, columns))
}

/// The work of `backprop`, checked.
pub fn backprop(rows: usize, columns: usize) -> Box<dyn Work> {
    let Forward { node, x, t, .. } = checked_forward(rows, columns);
    let mut work = Backprop { node, dx: Array2::from_elem((rows, columns), f32::NAN) };
    work.run();
    for row in some_rows(rows) {
        let (y, _) = reference(&x, &t, row);
        for (column, y) in y.into_iter().enumerate() {
            let error = (f64::from(work.dx[[row, column]]) - (y - f64::from(t[[row, column]]))).abs();
            assert!(error <= 1e-6, "softmax cross-entropy's dx at [{row}, {column}]: off by {error}");
        }
    }
    Box::new(work)
}

fn checked_forward(rows: usize, columns: usize) -> Forward {
    let (x, t) = (random(rows, columns, 5), one_hot(rows, columns, 6));
    let mut work = Forward { node: SoftmaxCrossEntropy::new(), x, t, loss: f32::NAN };
    work.run();
    let loss = (0..rows).map(|row| reference(&work.x, &work.t, row).1).sum::<f64>() / rows as f64;
    let error = (f64::from(work.loss) - loss).abs();
    assert!(error <= 1e-5 * loss, "softmax cross-entropy's loss: off by {error}");
    let found = work.node.probabilities().expect("forward was called");
    for row in some_rows(rows) {
        for (&found, expected) in found.row(row).iter().zip(reference(&work.x, &work.t, row).0) {
            let error = (f64::from(found) - expected).abs();
            assert!(error <= 1e-6, "softmax in row {row}: off by {error}");
        }
    }
    work
}

fn some_rows(rows: usize) -> impl Iterator<Item = usize> {
    (0..rows).step_by(rows / 100 + 1).chain([rows - 1])
}

/// y and the loss of one row, in f64.
fn reference(x: &Array2<f32>, t: &Array2<f32>, row: usize) -> (Vec<f64>, f64) {
    let exps: Vec<_> = x.row(row).iter().map(|&x| f64::from(x).exp()).collect();
    let sum: f64 = exps.iter().sum();
    let y: Vec<_> = exps.iter().map(|exp| exp / sum).collect();
    let loss = y.iter().zip(t.row(row)).map(|(y, &t)| -f64::from(t) * y.ln()).sum();
    (y, loss)
}
