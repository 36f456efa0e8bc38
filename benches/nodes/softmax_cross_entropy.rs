//! SoftmaxCrossEntropy. Its forward has no `_into` form: it gives a number.

use blasnet::Float;
use blasnet::nodes::SoftmaxCrossEntropy;
use criterion::{Criterion, Throughput};
use ndarray::{Array2, ArrayRef1, ArrayRef2};

use crate::support::common::{one_hot, random};
use crate::support::{assert_sampled, at_threads, type_name};
use crate::{group, tolerance};

/// `[batch, classes]`: the course's, very many rows, and long rows.
const SHAPES: [[usize; 2]; 3] = [[100, 10], [100_000, 10], [10_000, 1000]];

pub fn bench<A: Float>(criterion: &mut Criterion) {
    for [rows, columns] in SHAPES {
        bench_shape::<A>(criterion, rows, columns);
    }
}

fn bench_shape<A: Float>(criterion: &mut Criterion, rows: usize, columns: usize) {
    let (x, t) = (random::<A>(rows, columns, 1), one_hot::<A>(rows, columns, 2));
    let expected_loss = mean_loss(&x, &t);
    let mut dx = Array2::from_elem((rows, columns), A::nan());
    let mut node = SoftmaxCrossEntropy::new();
    node.forward(&x, &t).expect("the shapes fit");

    let mut group = group(criterion, "softmax-cross-entropy", x.len());
    let array = x.len() * size_of::<A>();
    let id = |direction| format!("{direction}/{}/{rows}x{columns}", type_name::<A>());
    let tolerance = tolerance::<A>(1e-5, 1e-12);
    at_threads(|threads| {
        dx.fill(A::nan());
        // x, t, and y, t kept
        group.throughput(Throughput::Bytes(4 * array as u64));
        threads.bench(&mut group, &id("forward"), |bencher| {
            let mut loss = A::nan();
            bencher.iter(|| loss = node.forward(&x, &t).expect("the shapes fit"));
            let loss = loss.as_f64();
            assert!((loss - expected_loss).abs() <= tolerance, "{loss}, expected {expected_loss}");
        });
        // y, t, dx
        group.throughput(Throughput::Bytes(3 * array as u64));
        threads.bench(&mut group, &id("backprop"), |bencher| {
            bencher.iter(|| node.backprop_into(A::one(), &mut dx).expect("forward came first"));
            assert_sampled(&dx, tolerance, |row, column| {
                let logit = x[[row, column]].as_f64();
                (logit - log_sum_exp(&x.row(row))).exp() - t[[row, column]].as_f64()
            });
        });
    });
    group.finish();
}

/// Of one-hot labels.
fn mean_loss<A: Float>(x: &ArrayRef2<A>, t: &ArrayRef2<A>) -> f64 {
    let losses = x.rows().into_iter().zip(t.rows()).map(|(x, t)| {
        let label = t.iter().position(|&t| t == A::one()).expect("one is hot");
        log_sum_exp(&x) - x[label].as_f64()
    });
    losses.sum::<f64>() / x.nrows() as f64
}

/// The logits are so small that their exponentials are finite.
fn log_sum_exp<A: Float>(row: &ArrayRef1<A>) -> f64 {
    row.iter().map(|x| x.as_f64().exp()).sum::<f64>().ln()
}
