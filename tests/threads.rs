//! A program that runs threads of its own gets right results from each of them: networks trained at
//! the same time end up as they do when they are trained one after the other.

mod common;

use std::sync::{Barrier, Mutex, MutexGuard, PoisonError};

use blasnet::parallel::{SingleThreadedBlas, blas_threads};
use blasnet::{Float, NeuralNetwork, Parameters, Scores};
use common::{assert_near, one_hot, pool, random, rng};
use rayon::ThreadPool;

/// More than this machine may have processors, so that some are interrupted in the middle of a step.
const NETWORKS: usize = 4;
const STEPS: usize = 5;

/// What a network comes to: its scores before each step, and its parameters after the last.
type Trained<A> = (Vec<Scores>, Parameters<A>);

/// Trains the network of this number; its products are large enough to be shared out.
fn train<A: Float>(number: usize) -> Trained<A> {
    let seed = 10 * number as u64;
    let (x, t) = (random(64, 784, seed + 1), one_hot(64, 10, seed + 2));
    let mut network = NeuralNetwork::<A>::new([784, 100, 10], &mut rng(seed + 3)).expect("no size is 0");
    let step = |_| network.sgd(&x, &t, A::of(1e-4)).expect("the shapes fit");
    let scores = (0..STEPS).map(step).collect();
    (scores, network.into_parameters())
}

/// All networks, one after the other.
fn in_turn<A: Float>() -> Vec<Trained<A>> {
    (0..NETWORKS).map(train).collect()
}

/// All networks, each by a thread of the program's own; none begins before all are there.
fn at_once<A: Float>(train: impl Fn(usize) -> Trained<A> + Sync) -> Vec<Trained<A>> {
    let (train, barrier) = (&train, &Barrier::new(NETWORKS));
    std::thread::scope(|scope| {
        let start = |number| {
            scope.spawn(move || {
                barrier.wait();
                train(number)
            })
        };
        let threads: Vec<_> = (0..NETWORKS).map(start).collect();
        threads.into_iter().map(|thread| thread.join().expect("training does not panic")).collect()
    })
}

/// All networks, each a task of somebody else's pool.
fn as_tasks<A: Float>(pool: &ThreadPool) -> Vec<Trained<A>> {
    let mut trained: [Option<Trained<A>>; NETWORKS] = Default::default();
    pool.scope(|scope| {
        for (number, trained) in trained.iter_mut().enumerate() {
            scope.spawn(move |_| *trained = Some(train(number)));
        }
    });
    trained.into_iter().flatten().collect()
}

/// OpenBLAS's number of threads is the process's: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[track_caller]
fn assert_all_near<A: Float>(found: &[Trained<A>], expected: &[Trained<A>]) {
    let tolerance = if size_of::<A>() == 4 { 1e-5 } else { 1e-12 };
    assert_eq!((found.len(), expected.len()), (NETWORKS, NETWORKS));
    for ((scores, found), (expected_scores, expected)) in found.iter().zip(expected) {
        for (found, expected) in scores.iter().zip(expected_scores) {
            assert!((found.loss - expected.loss).abs() <= tolerance * expected.loss.max(1.0));
        }
        assert_near(&found.w1, &expected.w1.mapv(A::as_f64), tolerance);
        assert_near(&found.b1, &expected.b1.mapv(A::as_f64), tolerance);
        assert_near(&found.w2, &expected.w2.mapv(A::as_f64), tolerance);
        assert_near(&found.b2, &expected.b2.mapv(A::as_f64), tolerance);
    }
}

/// Rayon has the threads: every bit is the same, as work is cut alike for a pool of one size.
fn with_the_guard<A: Float>() {
    let expected = {
        let _rayon_has_the_threads = SingleThreadedBlas::new();
        in_turn::<A>()
    };
    // Each thread brings its guard, in a program that has none.
    let guarded = |number| {
        let _rayon_has_the_threads = SingleThreadedBlas::new();
        train(number)
    };
    assert_eq!(at_once(guarded), expected);

    let _rayon_has_the_threads = SingleThreadedBlas::new();
    assert_eq!(at_once(train), expected);
    for threads in [1, 2, 3] {
        let pool = pool(threads);
        let expected = pool.install(in_turn::<A>);
        assert_eq!(as_tasks(&pool), expected, "tasks of one pool of {threads}");
        // Threads from outside of the pool that enter it together.
        let shared = at_once(|number| pool.install(|| train(number)));
        assert_eq!(shared, expected, "threads that share a pool of {threads}");
        let own = at_once(|number| common::pool(threads).install(|| train(number)));
        assert_eq!(own, expected, "threads with pools of {threads}");
    }
}

/// OpenBLAS has the threads, and may cut its products otherwise from call to call.
fn without_the_guard<A: Float>() {
    let expected = in_turn::<A>();
    assert_all_near(&at_once(train), &expected);
    for threads in [1, 3] {
        let pool = pool(threads);
        assert_all_near(&as_tasks(&pool), &expected);
        assert_all_near(&at_once(|number| pool.install(|| train(number))), &expected);
    }
}

#[test]
fn threads_that_keep_openblas_to_one_get_the_same_bits() {
    let _alone = alone();
    let before = blas_threads();
    with_the_guard::<f32>();
    with_the_guard::<f64>();
    assert_eq!(blas_threads(), before);
}

#[test]
fn threads_that_leave_openblas_its_own_get_right_results() {
    let _alone = alone();
    let before = blas_threads();
    without_the_guard::<f32>();
    without_the_guard::<f64>();
    assert_eq!(blas_threads(), before);
}
