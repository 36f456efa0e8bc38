//! Affine. The throughput is in floating-point operations, two for each multiplication in a product:
//! 2·batch·in·out forward, twice that in backprop, which has two products. What else is done (the
//! biases, the copy of x that is kept) is in the time but not in the count.

use blasnet::Float;
use blasnet::nodes::{Affine, AffineGradients};
use criterion::{Criterion, Throughput};
use ndarray::{Array1, Array2, ArrayRef1, ArrayView1, Axis};

use crate::support::{assert_sampled, at_threads, common::random, type_name};
use crate::{group, tolerance};

/// `[batch, in, out]`: the course's two layers, and a larger batch.
const SHAPES: [[usize; 3]; 3] = [[100, 784, 500], [100, 500, 10], [1000, 784, 500]];

pub fn bench<A: Float>(criterion: &mut Criterion) {
    for shape in SHAPES {
        bench_shape::<A>(criterion, shape);
    }
}

fn bench_shape<A: Float>(criterion: &mut Criterion, [batch, inputs, outputs]: [usize; 3]) {
    let (x, dz) = (random::<A>(batch, inputs, 1), random::<A>(batch, outputs, 2));
    let w = random::<A>(inputs, outputs, 3) * A::of(0.1);
    let b = random::<A>(1, outputs, 4).row(0).to_owned();
    let mut node = Affine::new(w, b).expect("the shapes fit");
    let mut z = Array2::from_elem((batch, outputs), A::nan());
    let mut gradients = AffineGradients {
        dx: Array2::from_elem((batch, inputs), A::nan()),
        dw: Array2::from_elem((inputs, outputs), A::nan()),
        db: Array1::from_elem(outputs, A::nan()),
    };
    node.forward_into(&x, &mut z);

    let product = (2 * batch * inputs * outputs) as u64;
    let mut group = group(criterion, "affine", batch * inputs);
    let id = |direction| format!("{direction}/{}/{batch}x{inputs}x{outputs}", type_name::<A>());
    let tolerance = tolerance::<A>(1e-4, 1e-12);
    at_threads(|threads| {
        z.fill(A::nan());
        group.throughput(Throughput::Elements(product));
        threads.bench(&mut group, &id("forward"), |bencher| {
            bencher.iter(|| node.forward_into(&x, &mut z));
            assert_sampled(&z, tolerance, |row, column| {
                dot(&x.row(row), &node.w().column(column)) + node.b()[column].as_f64()
            });
        });
        group.throughput(Throughput::Elements(2 * product));
        threads.bench(&mut group, &id("backprop"), |bencher| {
            bencher.iter(|| node.backprop_into(&dz, &mut gradients).expect("forward came first"));
            let AffineGradients { dx, dw, db } = &gradients;
            assert_sampled(dx, tolerance, |row, column| dot(&dz.row(row), &node.w().row(column)));
            assert_sampled(dw, tolerance, |row, column| dot(&x.column(row), &dz.column(column)));
            let db = db.view().insert_axis(Axis(0));
            assert_sampled(&db, tolerance, |_, column| sum(&dz.column(column)));
        });
    });
    group.finish();
}

fn dot<A: Float>(x: &ArrayView1<A>, y: &ArrayView1<A>) -> f64 {
    x.iter().zip(y).map(|(x, y)| x.as_f64() * y.as_f64()).sum()
}

fn sum<A: Float>(x: &ArrayRef1<A>) -> f64 {
    x.iter().map(|x| x.as_f64()).sum()
}
