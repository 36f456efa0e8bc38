//! `cblas_sgemm` and `cblas_dgemm` as they are, and the ways to share one product out to threads.
//!
//! What the library's products are held to. OpenBLAS's thread count is set here before each call, to what the
//! arrangement needs, so that no two products are ever in flight while OpenBLAS runs several threads.
#![allow(dead_code)]

use std::ffi::c_int;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use blasnet::Float;
use cblas_sys::{CBLAS_LAYOUT, CBLAS_TRANSPOSE, cblas_dgemm, cblas_sgemm};

unsafe extern "C" {
    fn openblas_get_num_threads() -> c_int;
    fn openblas_set_num_threads(threads: c_int);
}

type Gemm<A> = unsafe extern "C" fn(
    CBLAS_LAYOUT,
    CBLAS_TRANSPOSE,
    CBLAS_TRANSPOSE,
    c_int,
    c_int,
    c_int,
    A,
    *const A,
    c_int,
    *const A,
    c_int,
    A,
    *mut A,
    c_int,
);

/// A number type that OpenBLAS has products for.
pub trait Real: Float {
    const NAME: &'static str;
    const GEMM: Gemm<Self>;
    /// How far two right results may differ, relative to the largest element.
    const TOLERANCE: f64;
}

impl Real for f32 {
    const NAME: &'static str = "f32";
    const GEMM: Gemm<Self> = cblas_sgemm;
    const TOLERANCE: f64 = 3e-5;
}

impl Real for f64 {
    const NAME: &'static str = "f64";
    const GEMM: Gemm<Self> = cblas_dgemm;
    const TOLERANCE: f64 = 1e-13;
}

/// c ← alpha · a · b + beta · c, with a: `[m, k]`, b: `[k, n]`, c: `[m, n]`, in row-major slices without gaps.
#[derive(Debug, Clone, Copy)]
pub struct Product {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    /// The slice holds aᵀ: `[k, m]`.
    pub a_transposed: bool,
    /// The slice holds bᵀ: `[n, k]`.
    pub b_transposed: bool,
    pub alpha: f64,
    pub beta: f64,
}

/// How a product is shared out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrangement {
    /// One call on one thread.
    One,
    /// Rayon's current pool, each thread with its own columns of c.
    Columns,
    /// Rayon's current pool, each thread with its own rows of c.
    Rows,
    /// One call on so many threads of OpenBLAS's own.
    OpenBlas(usize),
}

impl Arrangement {
    pub fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Columns => "columns",
            Self::Rows => "rows",
            Self::OpenBlas(_) => "openblas",
        }
    }

    /// Those that leave OpenBLAS's own threads asleep.
    pub fn without_openblas_threads(threads: usize) -> &'static [Self] {
        if threads == 1 { &[Self::One] } else { &[Self::One, Self::Columns, Self::Rows] }
    }
}

/// Where a product's matrices lie.
#[derive(Clone, Copy)]
struct Pointers<A> {
    a: *const A,
    b: *const A,
    c: *mut A,
}

// SAFETY: each thread writes a part of c of its own, and a and b are only read.
unsafe impl<A: Sync> Sync for Pointers<A> {}

impl Product {
    /// a · b, overwriting c.
    pub const fn new(m: usize, k: usize, n: usize) -> Self {
        Self { m, n, k, a_transposed: false, b_transposed: false, alpha: 1.0, beta: 0.0 }
    }

    /// The operand a comes as its transpose.
    pub const fn a_transposed(self) -> Self {
        Self { a_transposed: true, ..self }
    }

    /// The operand b comes as its transpose.
    pub const fn b_transposed(self) -> Self {
        Self { b_transposed: true, ..self }
    }

    /// c ← c − rate · a · b.
    pub const fn descending(self, rate: f64) -> Self {
        Self { alpha: -rate, beta: 1.0, ..self }
    }

    /// Additions and multiplications.
    pub fn flops(&self) -> f64 {
        2.0 * self.m as f64 * self.n as f64 * self.k as f64
    }

    /// Makes the product.
    pub fn run<A: Real>(&self, arrangement: Arrangement, a: &[A], b: &[A], c: &mut [A]) {
        assert_eq!(a.len(), self.m * self.k, "a's length");
        assert_eq!(b.len(), self.k * self.n, "b's length");
        assert_eq!(c.len(), self.m * self.n, "c's length");
        let pointers = Pointers { a: a.as_ptr(), b: b.as_ptr(), c: c.as_mut_ptr() };
        let pieces = rayon::current_num_threads();
        match arrangement {
            Arrangement::OpenBlas(threads) => {
                set_openblas_threads(threads);
                WORKERS_AWAKE.store(threads > 1, Ordering::Relaxed);
                self.piece(pointers, 0..self.m, 0..self.n);
            }
            Arrangement::One => {
                set_openblas_threads(1);
                self.piece(pointers, 0..self.m, 0..self.n);
            }
            Arrangement::Columns => {
                set_openblas_threads(1);
                share(pieces, 0..self.n, &|columns| self.piece(pointers, 0..self.m, columns));
            }
            Arrangement::Rows => {
                set_openblas_threads(1);
                share(pieces, 0..self.m, &|rows| self.piece(pointers, rows, 0..self.n));
            }
        }
    }

    /// The part of c in these rows and columns, in one call; the matrices have their full lengths.
    fn piece<A: Real>(&self, pointers: Pointers<A>, rows: Range<usize>, columns: Range<usize>) {
        let &Self { m, n, k, a_transposed, b_transposed, alpha, beta } = self;
        assert!(rows.end <= m && columns.end <= n, "a piece lies within c");
        let flag =
            |transposed| if transposed { CBLAS_TRANSPOSE::CblasTrans } else { CBLAS_TRANSPOSE::CblasNoTrans };
        let (a_start, lda) = if a_transposed { (rows.start, m) } else { (rows.start * k, k) };
        let (b_start, ldb) = if b_transposed { (columns.start * k, k) } else { (columns.start, n) };
        // SAFETY: `run` checked each matrix's length; rows and columns lie within them, so every start and all
        // that is read or written from it does too. Pieces of c that run at once do not overlap.
        unsafe {
            A::GEMM(
                CBLAS_LAYOUT::CblasRowMajor,
                flag(a_transposed),
                flag(b_transposed),
                int(rows.len()),
                int(columns.len()),
                int(k),
                A::of(alpha),
                pointers.a.add(a_start),
                int(lda),
                pointers.b.add(b_start),
                int(ldb),
                A::of(beta),
                pointers.c.add(rows.start * n + columns.start),
                int(n),
            );
        }
    }

    /// Panics unless this arrangement is right, as far as a plain f64 sum at some hundred places of c can tell.
    /// Judges with alpha = 1, as a learning rate's tiny alpha would hide anything.
    pub fn assert_right<A: Real>(&self, arrangement: Arrangement, a: &[A], b: &[A], c: &[A]) {
        let product = Self { alpha: 1.0, ..*self };
        let mut found = c.to_vec();
        product.run(arrangement, a, b, &mut found);
        let largest = found.iter().fold(0.0, |largest: f64, c| largest.max(c.as_f64().abs()));
        assert!(largest > 0.0 && largest.is_finite(), "{self:?}: a result worth comparing");
        // An odd step, so that it visits all sorts of columns.
        for place in (0..found.len()).step_by((found.len() / 128) | 1) {
            let (row, column) = (place / self.n, place % self.n);
            let sum: f64 = (0..self.k)
                .map(|k| {
                    let a = if self.a_transposed { a[k * self.m + row] } else { a[row * self.k + k] };
                    let b = if self.b_transposed { b[column * self.k + k] } else { b[k * self.n + column] };
                    a.as_f64() * b.as_f64()
                })
                .sum();
            // With beta = 0 BLAS does not read c, which may hold NaN.
            let expected = if self.beta == 0.0 { sum } else { sum + self.beta * c[place].as_f64() };
            let error = (found[place].as_f64() - expected).abs() / largest;
            assert!(
                error <= A::TOLERANCE,
                "{self:?} by {arrangement:?} at [{row}, {column}]: off by {error:e}"
            );
        }
    }
}

/// `call` on each piece of `range`, at once, cut at whole vectors.
fn share(pieces: usize, range: Range<usize>, call: &(impl Fn(Range<usize>) + Sync)) {
    let cut = range.start + (range.len() * (pieces / 2) / pieces).next_multiple_of(16);
    if pieces == 1 || cut >= range.end {
        return call(range);
    }
    rayon::join(
        || share(pieces / 2, range.start..cut, call),
        || share(pieces - pieces / 2, cut..range.end, call),
    );
}

/// Panics unless two results are equal, as near as their type allows.
#[track_caller]
pub fn assert_near<A: Real>(found: &[A], expected: &[A]) {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0, |largest: f64, x| largest.max(x.as_f64().abs()));
    for (found, expected) in found.iter().zip(expected) {
        let error = (found.as_f64() - expected.as_f64()).abs() / largest;
        assert!(error <= A::TOLERANCE, "{found}, expected {expected}");
    }
}

fn int(size: usize) -> c_int {
    c_int::try_from(size).expect("a size that BLAS can count")
}

/// Whether OpenBLAS's workers have had work since the last [`settle`].
static WORKERS_AWAKE: AtomicBool = AtomicBool::new(false);

/// Sets OpenBLAS to one thread and waits until its workers sleep.
///
/// They spin for about 0.1 s after their last work, on processors that whoever is measured next needs
/// ([OpenBLAS #3187](https://github.com/OpenMathLib/OpenBLAS/issues/3187)).
pub fn settle() {
    set_openblas_threads(1);
    if WORKERS_AWAKE.swap(false, Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn set_openblas_threads(threads: usize) {
    let threads = int(threads);
    // SAFETY: any positive number is accepted, and no product is in flight: benchmarks make one at a time.
    unsafe {
        if openblas_get_num_threads() != threads {
            openblas_set_num_threads(threads);
        }
    }
}
