//! The sparse step on every instruction set, whose blocks have other widths; tests/sparse_step.rs has the rest.

use ndarray::Array2;
use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

use crate::compute::kernels::on_each_isa;
use crate::{Float, NeuralNetwork, SparseMatrix};

/// Small enough for one thread, as others would use the best instructions.
fn steps_are_the_dense_ones<A: Float>(tolerance: f64) {
    for (number, hidden) in [1, 16, 31, 33, 64, 65, 128, 130].into_iter().enumerate() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(number as u64);
        let x = Array2::from_shape_simple_fn((9, 25), || {
            if rng.random_bool(0.4) { A::of(rng.random_range(0.0..1.0)) } else { A::zero() }
        });
        let t = Array2::from_shape_fn((9, 3), |(row, k)| A::of(f64::from(u8::from(row % 3 == k))));
        let start = NeuralNetwork::<A>::new([25, hidden, 3], &mut rng).expect("no size is 0");
        let mut dense = start.clone();
        let losses = [(); 3].map(|()| dense.sgd(&x, &t, A::of(0.1)).expect("shapes fit").loss);
        on_each_isa(|isa| {
            let (mut network, x) = (start.clone(), SparseMatrix::from_dense(&x));
            for loss in losses {
                assert!((network.loss(&x, &t).expect("shapes fit").as_f64() - loss).abs() <= tolerance);
                let scores = network.sgd(&x, &t, A::of(0.1)).expect("shapes fit");
                assert!((scores.loss - loss).abs() <= tolerance, "{isa:?}, {hidden}");
            }
            for ((name, found), (_, expected)) in network.parameters().zip(dense.parameters()) {
                for (&found, &expected) in found.iter().zip(expected) {
                    let error = (found - expected).abs().as_f64();
                    assert!(error <= tolerance, "{isa:?}, {hidden}: {name} is {error:e} off");
                }
            }
        });
    }
}

#[test]
fn every_instruction_set_makes_the_dense_step() {
    steps_are_the_dense_ones::<f32>(2e-6);
    steps_are_the_dense_ones::<f64>(1e-14);
}
