//! `linalg::gemm` against a triple loop in f64: every layout, odd and empty sizes, alpha and beta.

mod common;

use blasnet::Float;
use blasnet::linalg::gemm;
use common::{assert_near, random};
use ndarray::{Array2, ArrayRef2, ArrayView2, Axis, s};
use proptest::prelude::*;

/// The plain reference: c ← alpha · a · b + beta · c in f64.
fn reference<A: Float>(
    alpha: f64,
    a: &ArrayRef2<A>,
    b: &ArrayRef2<A>,
    beta: f64,
    c: &ArrayRef2<A>,
) -> Array2<f64> {
    Array2::from_shape_fn(c.dim(), |(i, j)| {
        let sum: f64 = (0..a.ncols()).map(|k| a[(i, k)].as_f64() * b[(k, j)].as_f64()).sum();
        // beta = 0 means that c is not read
        alpha * sum + if beta == 0.0 { 0.0 } else { beta * c[(i, j)].as_f64() }
    })
}

/// How a matrix lies in memory.
#[derive(Debug, Clone, Copy)]
enum Layout {
    RowMajor,
    ColumnMajor,
    /// Rows with a gap between them.
    Padded,
    /// Every second column: no unit stride.
    Strided,
    /// Rows backwards.
    Upturned,
    /// Columns backwards.
    Mirrored,
}

/// Memory for a matrix of this layout, and how to look at it.
fn memory<A: Float>(layout: Layout, rows: usize, columns: usize, seed: u64) -> Array2<A> {
    match layout {
        Layout::ColumnMajor => random(columns, rows, seed),
        Layout::Padded => random(rows, columns + 3, seed),
        Layout::Strided => random(rows, columns * 2, seed),
        _ => random(rows, columns, seed),
    }
}

macro_rules! look {
    ($layout:expr, $memory:expr, $view:ident, $slice:ident, $columns:expr) => {
        match $layout {
            Layout::RowMajor => $memory.$view(),
            Layout::ColumnMajor => $memory.$view().reversed_axes(),
            Layout::Padded => $memory.$slice(s![.., ..$columns]),
            Layout::Strided => $memory.$slice(s![.., ..;2]),
            Layout::Upturned => $memory.$slice(s![..;-1, ..]),
            Layout::Mirrored => $memory.$slice(s![.., ..;-1]),
        }
    };
}

fn layouts() -> impl Strategy<Value = Layout> {
    use Layout::*;
    prop::sample::select(vec![RowMajor, ColumnMajor, Padded, Strided, Upturned, Mirrored])
}

fn check<A: Float>(sizes: [usize; 3], layouts: [Layout; 3], alpha: f64, beta: f64, tolerance: f64) {
    let [m, n, k] = sizes;
    let a_memory = memory::<A>(layouts[0], m, k, 1);
    let b_memory = memory::<A>(layouts[1], k, n, 2);
    let mut c_memory = memory::<A>(layouts[2], m, n, 3);
    let a = look!(layouts[0], a_memory, view, slice, k);
    let b = look!(layouts[1], b_memory, view, slice, n);
    let before = c_memory.clone();
    let mut c = look!(layouts[2], c_memory, view_mut, slice_mut, n);
    if beta == 0.0 {
        c.fill(A::nan());
    }
    let expected = reference(alpha, &a, &b, beta, &c);
    gemm(A::of(alpha), &a, &b, A::of(beta), &mut c);
    assert_near(&c, &expected, tolerance * k.max(1) as f64);

    // what lies between the rows and columns of c is not touched
    match layouts[2] {
        Layout::Padded => assert_eq!(c_memory.slice(s![.., n..]), before.slice(s![.., n..])),
        Layout::Strided if n > 0 => assert_eq!(c_memory.slice(s![.., 1..;2]), before.slice(s![.., 1..;2])),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_layout_and_size(
        sizes in prop::array::uniform3(0_usize..40),
        layouts in [layouts(), layouts(), layouts()],
        alpha in prop::sample::select(vec![1.0, -0.5, 0.0]),
        beta in prop::sample::select(vec![0.0, 1.0, 0.25]),
    ) {
        check::<f32>(sizes, layouts, alpha, beta, 1e-6);
        check::<f64>(sizes, layouts, alpha, beta, 1e-15);
    }
}

/// Large enough to be shared out among threads, with odd sizes.
#[test]
fn large_products_on_one_and_many_threads() {
    for threads in [1, 2, 3, 7] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| {
            let _rayon_has_the_threads = blasnet::parallel::SingleThreadedBlas::new();
            for sizes in [[101, 499, 83], [1001, 10, 83], [7, 1003, 200], [257, 255, 64]] {
                for layout in [Layout::RowMajor, Layout::ColumnMajor, Layout::Padded] {
                    check::<f32>(sizes, [layout; 3], -0.5, 1.0, 1e-6);
                    check::<f64>(sizes, [layout; 3], -0.5, 1.0, 1e-15);
                }
            }
        });
    }
}

#[test]
fn a_broadcast_row_is_a_matrix_too() {
    let row = random::<f64>(1, 5, 1);
    let a = row.broadcast((4, 5)).expect("a row can be repeated");
    let b = random::<f64>(5, 3, 2);
    let mut c = Array2::zeros((4, 3));
    gemm(1.0, &a, &b, 0.0, &mut c);
    assert_near(&c, &reference(1.0, &a, &b, 0.0, &c), 1e-15);
}

#[test]
fn one_row_and_one_column_of_larger_matrices() {
    let (a, b) = (random::<f32>(9, 9, 1), random::<f32>(9, 9, 2));
    for i in 0..9 {
        let row: ArrayView2<'_, f32> = a.row(i).insert_axis(Axis(0));
        let column: ArrayView2<'_, f32> = b.column(i).insert_axis(Axis(1));
        let mut c = Array2::zeros((1, 1));
        gemm(1.0, &row, &column, 0.0, &mut c);
        assert_near(&c, &reference(1.0, &row, &column, 0.0, &c), 1e-6);
        let mut outer = Array2::zeros((9, 9));
        gemm(1.0, &column, &row, 0.0, &mut outer);
        assert_near(&outer, &reference(1.0, &column, &row, 0.0, &outer), 1e-6);
    }
}

#[test]
#[should_panic(expected = "gemm: a [2, 3] · b [2, 3] → c [2, 3]: columns of a must match rows of b")]
fn shapes_that_do_not_fit_are_named() {
    let x = Array2::<f32>::zeros((2, 3));
    gemm(1.0, &x, &x, 0.0, &mut x.clone());
}
