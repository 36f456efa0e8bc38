//! What the benchmarks share. Each uses a part of it.
#![allow(dead_code)]

#[path = "../../tests/common/mod.rs"]
pub mod common;
mod kernel;
pub mod mnist;

use std::time::Duration;

use blasnet::{Float, parallel::SingleThreadedBlas};
use criterion::{Bencher, BenchmarkGroup, Criterion, measurement::WallTime};
use ndarray::{Array2, ArrayRef2};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// What `main` does in each benchmark: `groups`, with no fallback kernel under them.
pub fn main(groups: impl FnOnce(&mut Criterion)) {
    kernel::restart_with_better_kernel();
    eprintln!("{}", blasnet::blas::name());
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
        .configure_from_args();
    groups(&mut criterion);
    criterion.final_summary();
}

/// A number of threads, and a pool of as many.
pub struct Threads {
    count: usize,
    pool: ThreadPool,
}

/// `work` with one thread and then with all of them (`RAYON_NUM_THREADS` says how many), while OpenBLAS
/// keeps to one. Close together in time, as the speed of a machine drifts.
pub fn at_threads(mut work: impl FnMut(&Threads)) {
    let _rayon_has_the_threads = SingleThreadedBlas::new();
    let mut counts = vec![1, rayon::current_num_threads()];
    counts.dedup();
    for count in counts {
        let pool = ThreadPoolBuilder::new().num_threads(count).build().expect("the system has threads");
        work(&Threads { count, pool });
    }
}

impl Threads {
    /// A benchmark called `group/id/t2` that runs inside the pool.
    ///
    /// `routine` also checks the results: one that a filter leaves out has none.
    pub fn bench(
        &self,
        group: &mut BenchmarkGroup<'_, WallTime>,
        id: &str,
        mut routine: impl FnMut(&mut Bencher<'_>) + Send,
    ) {
        let id = format!("{id}/t{}", self.count);
        group.bench_function(id, |bencher| self.pool.install(|| routine(bencher)));
    }
}

/// `f32` or `f64`.
pub fn type_name<A>() -> &'static str {
    std::any::type_name::<A>()
}

/// Uniform draws from `low` to `high`, for arrays so large that normal ones would take long.
pub fn uniform<A: Float>(shape: [usize; 2], low: f64, high: f64, seed: u64) -> Array2<A> {
    use rand::RngExt;
    let mut rng = common::rng(seed);
    Array2::from_shape_simple_fn(shape, || A::of(rng.random_range(low..high)))
}

/// Panics unless about a hundred places, the last among them, hold what `expected` gives for them,
/// within `tolerance` relative to the larger of 1 and its size.
#[track_caller]
pub fn assert_sampled<A: Float>(
    found: &ArrayRef2<A>,
    tolerance: f64,
    expected: impl Fn(usize, usize) -> f64,
) {
    // An odd stride, so that a matrix of even rows is not looked at in one column only.
    for place in (0..found.len()).rev().step_by((found.len() / 97) | 1) {
        let (row, column) = (place / found.ncols(), place % found.ncols());
        let (found, expected) = (found[[row, column]].as_f64(), expected(row, column));
        let error = (found - expected).abs() / expected.abs().max(1.0);
        assert!(error <= tolerance, "at [{row}, {column}]: {found}, expected {expected}");
    }
}
