//! Chapter 2: sigmoid, ReLU and softmax, on arrays of any dimension.
//!
//! Each comes fresh (`sigmoid`), into an array of yours (`sigmoid_into`) and in place
//! (`sigmoid_inplace`). Views of any layout do; row-major ones are fastest. Large arrays are
//! shared out to rayon's pool.

use ndarray::{Array, ArrayRef, Dimension};

use crate::flat::{assert_same_shape, elements, write_elements};
use crate::parallel::each;
use crate::{Float, kernels};

/// 1 / (1 + e^(−x)) of each element (exercise 2-1). NaN stays NaN.
///
/// Within 2.5 ULP over the whole range of both types, denormal results included.
///
/// ```
/// use ndarray::array;
///
/// let z = blasnet::sigmoid(&array![-1.0, 0.0, 0.5, 2.0]);
/// assert!(z.abs_diff_eq(&array![0.26894142, 0.5, 0.62245933, 0.88079708], 1e-8));
/// ```
pub fn sigmoid<A: Float, D: Dimension>(x: &ArrayRef<A, D>) -> Array<A, D> {
    let mut z = Array::zeros(x.raw_dim());
    sigmoid_into(x, &mut z);
    z
}

/// [`sigmoid`] of `x` into `z`.
///
/// # Panics
///
/// If the shapes differ.
#[track_caller]
pub fn sigmoid_into<A: Float, D: Dimension>(x: &ArrayRef<A, D>, z: &mut ArrayRef<A, D>) {
    into("sigmoid_into", x, z, kernels::sigmoid);
}

/// [`sigmoid`] in place.
pub fn sigmoid_inplace<A: Float, D: Dimension>(x: &mut ArrayRef<A, D>) {
    write_elements(x, |x| each(x, 1, kernels::sigmoid_inplace));
}

/// max(0, x) of each element (exercise 2-2). NaN stays NaN.
///
/// ```
/// use ndarray::array;
///
/// let z = blasnet::relu(&array![-1.0, 0.0, 0.5, 2.0]);
/// assert_eq!(z, array![0.0, 0.0, 0.5, 2.0]);
/// ```
pub fn relu<A: Float, D: Dimension>(x: &ArrayRef<A, D>) -> Array<A, D> {
    let mut z = Array::zeros(x.raw_dim());
    relu_into(x, &mut z);
    z
}

/// [`relu`] of `x` into `z`.
///
/// # Panics
///
/// If the shapes differ.
#[track_caller]
pub fn relu_into<A: Float, D: Dimension>(x: &ArrayRef<A, D>, z: &mut ArrayRef<A, D>) {
    into("relu_into", x, z, kernels::relu);
}

/// [`relu`] in place.
pub fn relu_inplace<A: Float, D: Dimension>(x: &mut ArrayRef<A, D>) {
    write_elements(x, |x| each(x, 1, kernels::relu_inplace));
}

/// e^(x_k) / Σᵢ e^(xᵢ) along the last axis (exercise 2-5): each row becomes a distribution.
///
/// The row's maximum is subtracted first, so that large elements do not overflow. A row that
/// holds NaN or +∞, or nothing but −∞, becomes NaN. A zero-dimensional array is a row of one.
///
/// Rounding x − max costs half an ULP of that difference, which e^ makes as many ULP as the difference is
/// large; the rest costs a few ULP and one more for each 32 columns.
///
/// ```
/// use ndarray::array;
///
/// let y = blasnet::softmax(&array![[1.0, 1.0], [1000.0, 1000.0 + 3.0_f64.ln()]]);
/// assert!(y.abs_diff_eq(&array![[0.5, 0.5], [0.25, 0.75]], 1e-12));
/// ```
pub fn softmax<A: Float, D: Dimension>(x: &ArrayRef<A, D>) -> Array<A, D> {
    let mut y = Array::zeros(x.raw_dim());
    softmax_into(x, &mut y);
    y
}

/// [`softmax`] of `x` into `y`.
///
/// # Panics
///
/// If the shapes differ.
#[track_caller]
pub fn softmax_into<A: Float, D: Dimension>(x: &ArrayRef<A, D>, y: &mut ArrayRef<A, D>) {
    assert_same_shape("softmax_into", "y", y.shape(), x.shape());
    y.assign(&x.view());
    softmax_inplace(y);
}

/// [`softmax`] in place.
pub fn softmax_inplace<A: Float, D: Dimension>(x: &mut ArrayRef<A, D>) {
    let columns = last_axis(x);
    write_elements(x, |x| each(x, columns, |x| kernels::softmax_inplace(x, columns)));
}

/// The length of a row; at least 1, so that slices can be cut by it.
fn last_axis<A, D: Dimension>(x: &ArrayRef<A, D>) -> usize {
    x.shape().last().copied().unwrap_or(1).max(1)
}

/// `kernel` on the elements of `x` and `z`, shared out.
#[track_caller]
fn into<A: Float, D: Dimension>(
    op: &str,
    x: &ArrayRef<A, D>,
    z: &mut ArrayRef<A, D>,
    kernel: impl Fn(&[A], &mut [A]) + Sync,
) {
    assert_same_shape(op, "z", z.shape(), x.shape());
    let x = elements(x);
    write_elements(z, |z| each((&*x, z), 1, |(x, z)| kernel(x, z)));
}
