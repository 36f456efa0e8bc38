//! Sparse input on threads: the same bits on any number of them, and nobody waits for ever.

mod common;

use std::sync::Barrier;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use blasnet::nodes::Affine;
use blasnet::parallel::SingleThreadedBlas;
use blasnet::{Dataset, Float, InputForm, NeuralNetwork, Scores, SparseMatrix};
use common::reference::bits;
use common::{pool, random, random_bytes, random_data, rng};
use ndarray::Array2;

const POOLS: [usize; 4] = [1, 2, 3, 7];

/// The course's sizes and batch, and a fifth of the pixels: large enough for a piece for each of seven threads, as
/// far as there are blocks.
fn data() -> Dataset {
    random_data(150, 784, 10, 0.2, 1).read_as(InputForm::Sparse)
}

fn bits_of<A: Float>(x: &Array2<A>) -> Vec<u64> {
    x.iter().map(|x| x.as_f64().to_bits()).collect()
}

/// Steps by both ways to make them: their scores, and the parameters in the end.
fn train<A: Float>(data: &Dataset, seed: u64) -> (Vec<Scores>, Vec<u64>) {
    let mut network = NeuralNetwork::<A>::new([784, 500, 10], &mut rng(seed)).expect("no size is 0");
    let (pixels, labels) = (data.sparse().expect("read so"), data.one_hot::<A>());
    let mut scores = Vec::new();
    for step in 0..3 {
        let rows: Vec<usize> = (0..100).map(|k| (k * k + 31 * step) % 150).collect();
        let (x, t) =
            (pixels.select(&rows).expect("the rows are there"), labels.select(ndarray::Axis(0), &rows));
        scores.push(network.sgd(&x, &t, A::of(1e-3)).expect("the shapes fit"));
        scores.push(network.sgd_on(data, &rows, A::of(1e-3)).expect("the shapes fit"));
    }
    (scores, bits(&network.into_parameters()))
}

fn steps_have_the_same_bits<A: Float>() {
    let data = data();
    let expected = pool(1).install(|| train::<A>(&data, 1));
    for threads in POOLS {
        assert!(pool(threads).install(|| train::<A>(&data, 1)) == expected, "threads: {threads}");
    }
    let _rayon_has_the_threads = SingleThreadedBlas::new();
    assert!(pool(3).install(|| train::<A>(&data, 1)) == expected, "OpenBLAS has no part in it");
}

#[test]
fn any_number_of_threads_makes_the_same_step() {
    steps_have_the_same_bits::<f32>();
    steps_have_the_same_bits::<f64>();
}

/// What layers give without a step, for inputs that are large enough to be shared out.
fn answers<A: Float>(bytes: &SparseMatrix<u8>) -> Vec<Vec<u64>> {
    let network = NeuralNetwork::<A>::new([784, 70, 100], &mut rng(1)).expect("no size is 0");
    let mut affine =
        Affine::new(random::<A>(784, 300, 2), random(1, 300, 3).row(0).to_owned()).expect("fits");
    let floats = bytes.to_floats::<A>();
    let (logits, z) = (network.forward(&floats), affine.forward(bytes).expect("the shapes fit"));
    let (dw, _) = affine.backprop_parameters(&random(bytes.nrows(), 300, 4)).expect("the shapes fit");
    let logits_of_bytes = network.forward(bytes).expect("the shapes fit");
    vec![bits_of(&logits.expect("the shapes fit")), bits_of(&logits_of_bytes), bits_of(&z), bits_of(&dw)]
}

fn answers_have_the_same_bits<A: Float>() {
    // The second layer is BLAS's.
    let _rayon_has_the_threads = SingleThreadedBlas::new();
    let bytes = SparseMatrix::from_dense(&random_bytes(230, 784, 0.4, 5));
    let expected = pool(1).install(|| answers::<A>(&bytes));
    assert!(expected[0] == expected[1], "bytes and the floats that they stand for");
    for threads in POOLS {
        assert!(pool(threads).install(|| answers::<A>(&bytes)) == expected, "threads: {threads}");
    }
}

#[test]
fn any_number_of_threads_gives_the_same_answer() {
    answers_have_the_same_bits::<f32>();
    answers_have_the_same_bits::<f64>();
}

/// The first who asks makes the weights ready for sparse input; nobody meets them half made.
#[test]
fn threads_may_ask_one_network_and_one_node_together() {
    let x = &SparseMatrix::from_dense(&random_bytes(20, 300, 0.3, 1));
    let (network, node) = (
        &NeuralNetwork::<f64>::new([300, 200, 5], &mut rng(1)).expect("no size is 0"),
        &Affine::<f64>::new(random(300, 200, 2), random(1, 200, 3).row(0).to_owned()).expect("fits"),
    );
    let (alone, node_alone) = (network.clone(), node.clone());
    let barrier = &Barrier::new(4);
    let ask = move || {
        barrier.wait();
        (network.forward(x).expect("the shapes fit"), node.apply(x).expect("the shapes fit"))
    };
    thread::scope(|scope| {
        for thread in [(); 4].map(|()| scope.spawn(ask)) {
            let (logits, z) = thread.join().expect("no panic");
            assert_eq!(logits, alone.forward(x).expect("the shapes fit"));
            assert_eq!(z, node_alone.apply(x).expect("the shapes fit"));
        }
    });
}

/// `work`, or a panic after much longer than it takes anywhere.
fn in_time(work: impl FnOnce() + Send + 'static) {
    let (done, waiting) = channel();
    let worker = thread::spawn(move || {
        work();
        done.send(()).expect("somebody waits");
    });
    match waiting.recv_timeout(Duration::from_secs(300)) {
        Err(RecvTimeoutError::Timeout) => panic!("threads wait for each other"),
        _ => worker.join().expect("the work is done without a panic"),
    }
}

/// Large enough for making it sparse to be shared out.
fn unread() -> Dataset {
    random_data(150, 2_000, 10, 0.2, 1)
}

#[test]
fn threads_that_ask_for_sparse_pixels_together_get_the_same_ones() {
    in_time(|| {
        for _ in 0..10 {
            let (data, barrier) = (&unread(), &Barrier::new(4));
            let ask = move || {
                barrier.wait();
                std::ptr::from_ref(data.sparse().expect("mostly zeros")).addr()
            };
            thread::scope(|scope| {
                let others: Vec<_> = (0..3).map(|_| scope.spawn(ask)).collect();
                let own = ask();
                for other in others {
                    assert_eq!(other.join().expect("no panic"), own);
                }
            });
        }
    });
}

/// A thread that waits for a part of the work may be handed a task that asks for the same.
#[test]
fn tasks_within_tasks_may_ask_for_sparse_pixels() {
    in_time(|| {
        let expected = SparseMatrix::from_dense(&unread().images()).entries();
        for pool in [pool(1), pool(2), pool(3)] {
            for _ in 0..5 {
                let data = &unread();
                let entries = move || data.sparse().expect("mostly zeros").entries();
                let ask_twice = move || assert_eq!(rayon::join(entries, entries), (expected, expected));
                pool.scope(|scope| {
                    for _ in 0..6 {
                        scope.spawn(move |_| {
                            rayon::join(ask_twice, || rayon::join(ask_twice, ask_twice));
                        });
                    }
                });
            }
        }
    });
}

/// Where tasks come one by one from outside of the pool, the thread that makes the pixels sparse may be handed the
/// next one, which asks for them, while another thread still makes its share. They come a little later from
/// round to round.
#[test]
fn whoever_makes_the_pixels_sparse_may_be_asked_for_them() {
    in_time(|| {
        let (unread, pools) = (unread(), [pool(2), pool(3)]);
        for round in 0..200 {
            let data = &unread.clone();
            pools[(round % 2) as usize].in_place_scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(move |_| assert!(data.sparse().is_some()));
                    let asked = Instant::now();
                    while asked.elapsed() < Duration::from_micros(5 * (round % 50)) {
                        thread::yield_now();
                    }
                }
            });
        }
    });
}

/// Networks that are trained on one data set at once, the first step making it sparse: as tasks of one pool, and
/// by threads of the program's own that share one. All get what they get alone.
#[test]
fn networks_may_be_trained_on_one_data_set_together() {
    in_time(|| {
        const NETWORKS: u64 = 3;
        let expected = [1, 2, 3].map(|seed| train::<f32>(&data(), seed));
        for threads in [1, 2, 3] {
            let (pool, unread) = (pool(threads), &data());
            let mut trained: [Option<_>; NETWORKS as usize] = Default::default();
            pool.scope(|scope| {
                for (seed, trained) in (1..).zip(&mut trained) {
                    scope.spawn(move |_| *trained = Some(train::<f32>(unread, seed)));
                }
            });
            assert!(
                trained.map(|trained| trained.expect("its task has ended")) == expected,
                "tasks of {threads}"
            );

            let (pool, unread, barrier) = (&pool, &data(), &Barrier::new(NETWORKS as usize));
            thread::scope(|scope| {
                let start = |seed| {
                    scope.spawn(move || {
                        barrier.wait();
                        pool.install(|| train::<f32>(unread, seed))
                    })
                };
                let all = [1, 2, 3].map(start).map(|thread| thread.join().expect("training does not panic"));
                assert!(all == expected, "threads that share a pool of {threads}");
            });
        }
    });
}
