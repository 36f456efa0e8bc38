//! Affine's products reach `cblas_sgemm` and `cblas_dgemm`: this program puts counting ones of its
//! own in front of OpenBLAS's.
#![cfg(all(feature = "openblas-system", target_os = "linux"))]

mod common;

use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};

use blasnet::{Affine, Float, NeuralNetwork, Result};
use common::{one_hot, random, rng};
use ndarray::Array1;

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
}

/// Asks dlsym for the symbol after this program's own: OpenBLAS's.
const RTLD_NEXT: *mut c_void = std::ptr::without_provenance_mut(usize::MAX);

static CALLS: AtomicUsize = AtomicUsize::new(0);

macro_rules! counting {
    ($name:ident, $number:ty) => {
#[unsafe(no_mangle)]
        #[rustfmt::skip]
        unsafe extern "C" fn $name(
            layout: c_int, trans_a: c_int, trans_b: c_int, m: c_int, n: c_int, k: c_int,
            alpha: $number, a: *const $number, lda: c_int, b: *const $number, ldb: c_int,
            beta: $number, c: *mut $number, ldc: c_int,
        ) {
            type Gemm = unsafe extern "C" fn(
                c_int, c_int, c_int, c_int, c_int, c_int,
                $number, *const $number, c_int, *const $number, c_int, $number, *mut $number, c_int,
            );
            CALLS.fetch_add(1, Ordering::Relaxed);
            // SAFETY: OpenBLAS has a function of this name and type, and gets what came.
            unsafe {
                let next = dlsym(RTLD_NEXT, concat!(stringify!($name), "\0").as_ptr().cast());
                assert!(!next.is_null(), "OpenBLAS is linked");
                let next: Gemm = std::mem::transmute(next);
                next(layout, trans_a, trans_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
            }
        }
    };
}
counting!(cblas_sgemm, f32);
counting!(cblas_dgemm, f64);

/// How many products `work` makes.
fn calls(work: impl FnOnce() -> Result<()>) -> Result<usize> {
    let before = CALLS.load(Ordering::Relaxed);
    work()?;
    Ok(CALLS.load(Ordering::Relaxed) - before)
}

fn products<A: Float>() -> Result<()> {
    let (x, dz) = (random::<A>(20, 30, 1), random::<A>(20, 10, 2));
    let mut affine = Affine::new(random(30, 10, 3), Array1::zeros(10))?;
    assert_eq!(calls(|| affine.forward(&x).map(drop))?, 1);
    assert_eq!(calls(|| affine.backprop(&dz).map(drop))?, 2);
    assert_eq!(calls(|| affine.backprop_parameters(&dz).map(drop))?, 1);

    let mut network = NeuralNetwork::<A>::new([30, 20, 10], &mut rng(4))?;
    let t = one_hot(20, 10, 5);
    assert!(calls(|| network.sgd(&x, &t, A::of(0.1)).map(drop))? >= 2);
    Ok(())
}

/// One test, as the counter is the process's.
#[test]
fn affine_and_the_network_multiply_by_blas() -> Result<()> {
    products::<f32>()?;
    products::<f64>()
}
