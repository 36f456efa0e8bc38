//! Matrix products: the only door to BLAS.
//!
//! [`gemm`] takes ndarray's views as they are. A transposed view becomes a BLAS flag, not a
//! copy; a view that BLAS cannot describe (no unit stride, or one that runs backwards) is copied
//! to row-major order first, so that every view gives the same result as its owned copy.
#![cfg_attr(feature = "blas", allow(unsafe_code))]

use ndarray::{ArrayRef2, ArrayView2, ArrayViewMut2, Axis};

use crate::Float;
use crate::compute::parallel::{self, Split};

/// `c ← alpha · a · b + beta · c`, for `a: [m, k]`, `b: [k, n]`, `c: [m, n]`.
///
/// With `beta = 0`, `c` is only written, so it may hold anything, NaN included. Any of the sizes
/// may be zero; the sum over an empty `k` is zero.
///
/// With a BLAS (features `openblas-system`, `openblas-static`, `blas`) this is `cblas_sgemm` or
/// `cblas_dgemm`, without one ndarray's own product. Which threads work on it is told in [`parallel`].
///
/// # Panics
///
/// If the shapes do not fit together.
///
/// ```
/// use blasnet::linalg::gemm;
/// use ndarray::array;
///
/// let x = array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
/// let mut c = array![[100.0, 100.0], [100.0, 100.0]];
/// gemm(1.0, &x.t(), &x, 0.5, &mut c); // half of c, plus xᵀ·x
/// assert_eq!(c, array![[85.0, 94.0], [94.0, 106.0]]);
/// ```
#[track_caller]
pub fn gemm<A: Float>(alpha: A, a: &ArrayRef2<A>, b: &ArrayRef2<A>, beta: A, c: &mut ArrayRef2<A>) {
    if !is_product(a, b, beta, c) {
        return;
    }
    // Cut along the longer axis the pieces stay nearest to the square that a product is fastest on.
    let axis = if c.nrows() >= c.ncols() { Axis(0) } else { Axis(1) };
    let pieces = parallel::pieces_of_product(a.nrows(), b.ncols(), a.ncols());
    let whole = Product { alpha, a: a.view(), b: b.view(), beta, c: c.view_mut(), axis };
    parallel::in_step(whole, COLUMNS, pieces, |mut part| {
        product(part.alpha, &part.a, &part.b, part.beta, &mut part.c);
    });
}

/// [`gemm`] by this thread alone, for work that has been shared out already.
#[track_caller]
pub(crate) fn gemm_on_this_thread<A: Float>(
    alpha: A,
    a: &ArrayRef2<A>,
    b: &ArrayRef2<A>,
    beta: A,
    c: &mut ArrayRef2<A>,
) {
    if is_product(a, b, beta, c) {
        product(alpha, a, b, beta, c);
    }
}

/// Checks the shapes, and does what there is to do for empty ones; whether a product is left to be made.
#[track_caller]
fn is_product<A: Float>(a: &ArrayRef2<A>, b: &ArrayRef2<A>, beta: A, c: &mut ArrayRef2<A>) -> bool {
    if a.ncols() != b.nrows() || c.nrows() != a.nrows() || c.ncols() != b.ncols() {
        shapes_differ(a, b, c);
    }
    if c.is_empty() {
        return false;
    }
    if a.ncols() == 0 {
        // BLAS wants leading dimensions of at least 1, which empty operands do not have.
        if beta == A::zero() {
            c.fill(A::zero())
        } else {
            c.map_inplace(|z| *z *= beta)
        }
        return false;
    }
    true
}

/// Rows or columns of a piece are a multiple of this: whole vectors, and for f32 whole cache lines.
const COLUMNS: usize = 16;

/// A product that can be cut along an axis of its result.
struct Product<'a, A> {
    alpha: A,
    a: ArrayView2<'a, A>,
    b: ArrayView2<'a, A>,
    beta: A,
    c: ArrayViewMut2<'a, A>,
    axis: Axis,
}

impl<A: Float> Split for Product<'_, A> {
    fn len(&self) -> usize {
        self.c.len_of(self.axis)
    }

    fn split(self, at: usize) -> (Self, Self) {
        let Self { alpha, a, b, beta, c, axis } = self;
        let (c, c_rest) = c.split_at(axis, at);
        let ((a, a_rest), (b, b_rest)) = match axis {
            Axis(0) => (a.split_at(axis, at), (b, b)),
            _ => ((a, a), b.split_at(axis, at)),
        };
        (Self { alpha, a, b, beta, c, axis }, Self { alpha, a: a_rest, b: b_rest, beta, c: c_rest, axis })
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn shapes_differ<A>(a: &ArrayRef2<A>, b: &ArrayRef2<A>, c: &ArrayRef2<A>) -> ! {
    panic!(
        "gemm: a {:?} · b {:?} → c {:?}: columns of a must match rows of b, and c must be [rows of a, columns of b]",
        a.shape(),
        b.shape(),
        c.shape()
    )
}

#[cfg(not(feature = "blas"))]
fn product<A: Float>(alpha: A, a: &ArrayRef2<A>, b: &ArrayRef2<A>, beta: A, c: &mut ArrayRef2<A>) {
    if beta == A::zero() {
        // ndarray multiplies by beta, which would keep a NaN.
        c.fill(A::zero());
    }
    ndarray::linalg::general_mat_mul(alpha, a, b, beta, c);
}

#[cfg(feature = "blas")]
fn product<A: Float>(alpha: A, a: &ArrayRef2<A>, b: &ArrayRef2<A>, beta: A, c: &mut ArrayRef2<A>) {
    use blas::Operand;

    let (a_copy, b_copy);
    let a_operand = match Operand::of(a) {
        Some(operand) => operand,
        None => {
            a_copy = a.as_standard_layout();
            Operand::of(&a_copy).expect("row-major is a layout that BLAS knows")
        }
    };
    let b_operand = match Operand::of(b) {
        Some(operand) => operand,
        None => {
            b_copy = b.as_standard_layout();
            Operand::of(&b_copy).expect("row-major is a layout that BLAS knows")
        }
    };
    if blas::is_row_major(c) {
        blas::gemm(alpha, a_operand, b_operand, beta, c);
    } else if blas::is_row_major(&c.t()) {
        // c is column-major: cᵀ = bᵀ · aᵀ writes it row by row.
        blas::gemm(alpha, b_operand.t(), a_operand.t(), beta, &mut c.view_mut().reversed_axes());
    } else {
        let mut copy = c.as_standard_layout().into_owned();
        blas::gemm(alpha, a_operand, b_operand, beta, &mut copy);
        c.assign(&copy);
    }
}

#[cfg(feature = "blas")]
mod blas {
    //! Layouts in BLAS's terms, and the call itself.

    use std::any::TypeId;
    use std::ffi::c_int;

    use cblas_sys::{CBLAS_LAYOUT, CBLAS_TRANSPOSE, cblas_dgemm, cblas_sgemm};
    use ndarray::ArrayRef2;

    // Referenced, so that the linker keeps the symbols. With `blas` alone the program links them.
    #[cfg(feature = "_openblas")]
    extern crate openblas_src as _;

    use crate::Float;
    use crate::compute::parallel;

    /// A matrix that BLAS can read: row-major, or column-major by way of the transpose flag.
    #[derive(Clone, Copy)]
    pub(super) struct Operand<A> {
        start: *const A,
        rows: usize,
        columns: usize,
        transposed: bool,
        /// Elements from one row (or, transposed, one column) to the next.
        leading: usize,
    }

    impl<A> Operand<A> {
        /// `None` where BLAS has no words for the strides.
        pub(super) fn of(matrix: &ArrayRef2<A>) -> Option<Self> {
            let (rows, columns) = matrix.dim();
            let start = matrix.as_ptr();
            let transpose = matrix.t();
            if is_row_major(matrix) {
                Some(Self { start, rows, columns, transposed: false, leading: leading(matrix) })
            } else if is_row_major(&transpose) {
                Some(Self { start, rows, columns, transposed: true, leading: leading(&transpose) })
            } else {
                None
            }
        }

        pub(super) fn t(self) -> Self {
            Self { rows: self.columns, columns: self.rows, transposed: !self.transposed, ..self }
        }

        fn flag(self) -> CBLAS_TRANSPOSE {
            if self.transposed { CBLAS_TRANSPOSE::CblasTrans } else { CBLAS_TRANSPOSE::CblasNoTrans }
        }
    }

    /// Whether columns lie side by side and rows one after the other without overlap. An axis of
    /// length 1 may have any stride: nobody walks along it.
    pub(super) fn is_row_major<A>(matrix: &ArrayRef2<A>) -> bool {
        let (rows, columns) = matrix.dim();
        let (down, right) = (matrix.strides()[0], matrix.strides()[1]);
        (columns == 1 || right == 1) && (rows == 1 || usize::try_from(down).is_ok_and(|down| down >= columns))
    }

    fn leading<A>(row_major: &ArrayRef2<A>) -> usize {
        if row_major.nrows() == 1 { row_major.ncols() } else { row_major.strides()[0].unsigned_abs() }
    }

    #[track_caller]
    fn int(size: usize) -> c_int {
        c_int::try_from(size).unwrap_or_else(|_| panic!("gemm: a size of {size} is more than BLAS can count"))
    }

    /// `c ← alpha · a · b + beta · c`; shapes fit, nothing is empty, `c` is row-major.
    pub(super) fn gemm<A: Float>(alpha: A, a: Operand<A>, b: Operand<A>, beta: A, c: &mut ArrayRef2<A>) {
        debug_assert!(is_row_major(c) && a.columns == b.rows && (a.rows, b.columns) == c.dim());
        let (m, n, k) = (int(a.rows), int(b.columns), int(a.columns));
        let (lda, ldb, ldc) = (int(a.leading), int(b.leading), int(leading(c)));
        let c = c.as_mut_ptr();
        macro_rules! call {
            ($function:ident, $type:ty) => {{
                let of = |x: A| <$type as Float>::of(x.as_f64());
                // SAFETY: A is $type, as the caller of this macro checked. `Operand::of` and
                // `is_row_major` vouch that each matrix lies within its array at this leading
                // dimension; a and b are borrowed and c mutably so, hence c overlaps neither.
                unsafe {
                    $function(
                        CBLAS_LAYOUT::CblasRowMajor,
                        a.flag(),
                        b.flag(),
                        m,
                        n,
                        k,
                        of(alpha),
                        a.start.cast(),
                        lda,
                        b.start.cast(),
                        ldb,
                        of(beta),
                        c.cast(),
                        ldc,
                    );
                }
            }};
        }
        parallel::with_blas(|| {
            if TypeId::of::<A>() == TypeId::of::<f32>() {
                call!(cblas_sgemm, f32);
            } else {
                assert_eq!(TypeId::of::<A>(), TypeId::of::<f64>(), "Float is f32 or f64");
                call!(cblas_dgemm, f64);
            }
        });
    }
}
