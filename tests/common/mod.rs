//! What several tests need. Each uses a part of it.
#![allow(dead_code)]

pub mod reference;

use blasnet::{Dataset, Float};
use ndarray::{Array, Array2, ArrayRef, Dimension};
use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// An f64 array in another number type.
pub fn of<A: Float, D: Dimension>(x: &ArrayRef<f64, D>) -> Array<A, D> {
    x.mapv(A::of)
}

/// Panics unless the elements are the digits that the course prints: 8 decimals in f64, its
/// precision in f32.
#[track_caller]
pub fn assert_close<A: Float, D: Dimension>(found: &ArrayRef<A, D>, expected: &ArrayRef<f64, D>) {
    let tolerance = if size_of::<A>() == 4 { 1e-6 } else { 6e-9 };
    assert_near(found, expected, tolerance);
}

/// Panics unless the shapes are equal and each element is within `tolerance`, relative to the
/// larger of 1 and its size.
#[track_caller]
pub fn assert_near<A: Float, D: Dimension>(
    found: &ArrayRef<A, D>,
    expected: &ArrayRef<f64, D>,
    tolerance: f64,
) {
    assert_eq!(found.shape(), expected.shape());
    for ((place, found), &expected) in found.indexed_iter().zip(expected) {
        let error = (found.as_f64() - expected).abs() / expected.abs().max(1.0);
        assert!(error <= tolerance, "at {place:?}: {found}, expected {expected}");
    }
}

/// The generator that every test draws from.
pub fn rng(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

/// A matrix of draws from N(0, 1), non-zero but for luck.
pub fn random<A: Float>(rows: usize, columns: usize, seed: u64) -> Array2<A> {
    blasnet::init::gaussian((rows, columns), 1.0, &mut rng(seed))
}

/// One-hot rows of random classes.
pub fn one_hot<A: Float>(rows: usize, classes: usize, seed: u64) -> Array2<A> {
    let mut rng = rng(seed);
    let mut t = Array2::zeros((rows, classes));
    for mut row in t.rows_mut() {
        row[rng.random_range(0..classes)] = A::one();
    }
    t
}

/// Pixels of which about this share is not 0.
pub fn random_bytes(rows: usize, columns: usize, density: f64, seed: u64) -> Array2<u8> {
    let mut rng = rng(seed);
    Array2::from_shape_simple_fn((rows, columns), || {
        if rng.random_bool(density) { rng.random_range(1..=255) } else { 0 }
    })
}

/// A data set of such pixels, with random labels.
pub fn random_data(rows: usize, columns: usize, classes: u8, density: f64, seed: u64) -> Dataset {
    let pixels = random_bytes(rows, columns, density, seed);
    let mut rng = rng(seed + 1);
    let labels = (0..rows).map(|_| rng.random_range(0..classes)).collect();
    Dataset::new(pixels, labels, classes.into()).expect("labels are below the number of classes")
}

/// A pool of so many threads.
pub fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().expect("the system has threads")
}

/// Three classes of noisy bars, a third of whose pixels are not 0.
pub fn bars(rows: usize, seed: u64) -> Dataset {
    let mut rng = rng(seed);
    let labels: Vec<u8> = (0..rows).map(|_| rng.random_range(0..3)).collect();
    let pixels = Array2::from_shape_fn((rows, 12), |(row, pixel)| {
        let bar = pixel / 4 == usize::from(labels[row]);
        if bar ^ rng.random_bool(0.1) { rng.random_range(100..=255) } else { 0 }
    });
    Dataset::new(pixels, labels, 3).unwrap()
}
