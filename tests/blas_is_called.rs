//! Affine's products reach `cblas_sgemm` and `cblas_dgemm`: this program puts counting ones of its
//! own in front of OpenBLAS's. And OpenBLAS is where the features say.
#![cfg(all(feature = "_openblas", target_os = "linux"))]

mod common;

use std::ffi::{c_char, c_int};
use std::sync::atomic::{AtomicUsize, Ordering};

use blasnet::{Affine, Float, NeuralNetwork, Result};
use cblas_sys::{CBLAS_LAYOUT, CBLAS_TRANSPOSE};
use common::{one_hot, random, rng};
use ndarray::Array1;

static CALLS: AtomicUsize = AtomicUsize::new(0);

/// A C function's name in CBLAS, and the Fortran function of BLAS that it calls: OpenBLAS's, shared or not.
macro_rules! counting {
    ($name:ident, $fortran:ident, $number:ty) => {
        unsafe extern "C" {
            fn $fortran(
                trans_a: *const c_char, trans_b: *const c_char, m: *const c_int, n: *const c_int, k: *const c_int,
                alpha: *const $number, a: *const $number, lda: *const c_int, b: *const $number, ldb: *const c_int,
                beta: *const $number, c: *mut $number, ldc: *const c_int,
            );
        }

        #[unsafe(no_mangle)]
        #[rustfmt::skip]
        unsafe extern "C" fn $name(
            layout: CBLAS_LAYOUT, trans_a: CBLAS_TRANSPOSE, trans_b: CBLAS_TRANSPOSE, m: c_int, n: c_int, k: c_int,
            alpha: $number, a: *const $number, lda: c_int, b: *const $number, ldb: c_int,
            beta: $number, c: *mut $number, ldc: c_int,
        ) {
            CALLS.fetch_add(1, Ordering::Relaxed);
            assert!(matches!(layout, CBLAS_LAYOUT::CblasRowMajor));
            // SAFETY: OpenBLAS has a function of this name and type. Fortran's matrices are column-major, so it
            // gets what came as the product of the transposes, bᵀ · aᵀ.
            unsafe {
                $fortran(
                    &letter(trans_b), &letter(trans_a), &n, &m, &k,
                    &alpha, b, &ldb, a, &lda, &beta, c, &ldc,
                );
            }
        }
    };
}
counting!(cblas_sgemm, sgemm_, f32);
counting!(cblas_dgemm, dgemm_, f64);

/// A flag of CBLAS's in Fortran.
fn letter(transpose: CBLAS_TRANSPOSE) -> c_char {
    let letter = if matches!(transpose, CBLAS_TRANSPOSE::CblasNoTrans) { b'N' } else { b'T' };
    letter as c_char
}

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

/// One test of products, as the counter is the process's.
#[test]
fn affine_and_the_network_multiply_by_blas() -> Result<()> {
    products::<f32>()?;
    products::<f64>()
}

#[test]
fn openblas_is_inside_the_program_with_the_feature_static_and_outside_without() {
    let files = std::fs::read_to_string("/proc/self/maps").expect("Linux has it");
    assert_eq!(files.contains("libopenblas"), !cfg!(feature = "openblas-static"));
    assert!(blasnet::blas::name().starts_with("OpenBLAS "), "{}", blasnet::blas::name());
}
