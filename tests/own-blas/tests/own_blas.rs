//! A product and a training step on a BLAS that blasnet knows nothing about.

use blasnet::linalg::gemm;
use blasnet::parallel::{SingleThreadedBlas, blas_threads};
use blasnet::{Float, NeuralNetwork, blas};
use ndarray::{Array2, array};
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

fn products<A: Float>() {
    let x = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]].mapv(A::of);
    let mut c = Array2::from_elem((2, 2), A::of(100.0));
    gemm(A::one(), &x.t(), &x, A::of(0.5), &mut c);
    assert_eq!(c, array![[85.0, 94.0], [94.0, 106.0]].mapv(A::of));

    // Large enough to be shared out; whole numbers, so that every order of adding gives the same.
    let whole = |(i, j): (usize, usize)| A::of(((3 * i + 5 * j) % 7) as f64 - 3.0);
    let (a, b) = (Array2::from_shape_fn((300, 200), whole), Array2::from_shape_fn((200, 250), whole));
    let mut c = Array2::from_elem((300, 250), A::nan());
    gemm(A::one(), &a, &b, A::zero(), &mut c);
    for ((i, j), &found) in c.indexed_iter() {
        let expected: f64 = (0..200).map(|k| a[(i, k)].as_f64() * b[(k, j)].as_f64()).sum();
        assert_eq!(found.as_f64(), expected, "at {i}, {j}");
    }
}

/// Which a program has to see to: Debian's libblas may be an OpenBLAS, which must not run several threads here.
fn assert_that_blas_starts_no_threads() {
    let variable = "OPENBLAS_NUM_THREADS";
    assert_eq!(std::env::var(variable).as_deref(), Ok("1"), "run this with {variable}=1");
}

#[test]
fn products_are_right() {
    assert_that_blas_starts_no_threads();
    products::<f32>();
    products::<f64>();
}

fn a_step_learns<A: Float>() -> blasnet::Result<()> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut network = NeuralNetwork::<A>::new([784, 100, 10], &mut rng)?;
    let x = Array2::from_shape_fn((20, 784), |(i, j)| A::of((i * j % 11) as f64 / 11.0));
    let t = Array2::from_shape_fn((20, 10), |(i, j)| A::of(f64::from(i % 10 == j)));
    let before = network.sgd(&x, &t, A::of(1e-3))?.loss;
    let after = network.sgd(&x, &t, A::of(1e-3))?.loss;
    assert!(after < before, "{before} → {after}");
    Ok(())
}

#[test]
fn a_step_of_a_network_learns() -> blasnet::Result<()> {
    assert_that_blas_starts_no_threads();
    a_step_learns::<f32>()?;
    a_step_learns::<f64>()
}

/// Whatever is linked here: nothing else is known about it.
#[test]
fn it_is_called_what_it_is() {
    assert_eq!(blas::name(), "CBLAS");
    assert_eq!(blas::better_kernel(), None);
    let _without_effect = SingleThreadedBlas::new();
    assert_eq!(blas_threads(), 1);
}
