//! Chapter 2: sigmoid, ReLU and softmax, and what deeper networks use besides, on arrays of any dimension.
//!
//! Each comes fresh (`sigmoid`), into an array of yours (`sigmoid_into`) and in place
//! (`sigmoid_inplace`). Views of any layout do; row-major ones are fastest. Large arrays are
//! shared out to rayon's pool.

use ndarray::{Array, ArrayRef, ArrayRef1, Dimension};

use crate::Float;
use crate::compute::flat::{assert_same_shape, elements, write_elements};
use crate::compute::kernels;
use crate::compute::parallel::each;

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

/// x of each element where x > 0, else `slope` · x. NaN stays NaN.
///
/// Maas, Hannun and Ng, *Rectifier nonlinearities improve neural network acoustic models*, 2013.
///
/// ```
/// use ndarray::array;
///
/// let z = blasnet::leaky_relu(&array![-1.0, 0.0, 0.5, 2.0], 0.25);
/// assert_eq!(z, array![-0.25, 0.0, 0.5, 2.0]);
/// ```
pub fn leaky_relu<A: Float, D: Dimension>(x: &ArrayRef<A, D>, slope: A) -> Array<A, D> {
    let mut z = Array::zeros(x.raw_dim());
    leaky_relu_into(x, slope, &mut z);
    z
}

/// [`leaky_relu`] of `x` into `z`.
///
/// # Panics
///
/// If the shapes differ.
#[track_caller]
pub fn leaky_relu_into<A: Float, D: Dimension>(x: &ArrayRef<A, D>, slope: A, z: &mut ArrayRef<A, D>) {
    into("leaky_relu_into", x, z, |x, z| kernels::leaky_relu(slope, x, z));
}

/// [`leaky_relu`] in place.
pub fn leaky_relu_inplace<A: Float, D: Dimension>(x: &mut ArrayRef<A, D>, slope: A) {
    write_elements(x, |x| each(x, 1, |x| kernels::leaky_relu_inplace(slope, x)));
}

/// (e^x − e^(−x)) / (e^x + e^(−x)) of each element. NaN stays NaN.
///
/// Within 2.5 ULP (f64: of the standard library's, within 3) over the whole range, denormal results included.
///
/// ```
/// use ndarray::array;
///
/// let z = blasnet::tanh(&array![-1.0, 0.0, 0.5, 2.0]);
/// assert!(z.abs_diff_eq(&array![-0.76159416, 0.0, 0.46211716, 0.96402758], 1e-8));
/// ```
pub fn tanh<A: Float, D: Dimension>(x: &ArrayRef<A, D>) -> Array<A, D> {
    let mut z = Array::zeros(x.raw_dim());
    tanh_into(x, &mut z);
    z
}

/// [`tanh`] of `x` into `z`.
///
/// # Panics
///
/// If the shapes differ.
#[track_caller]
pub fn tanh_into<A: Float, D: Dimension>(x: &ArrayRef<A, D>, z: &mut ArrayRef<A, D>) {
    into("tanh_into", x, z, kernels::tanh);
}

/// [`tanh`] in place.
pub fn tanh_inplace<A: Float, D: Dimension>(x: &mut ArrayRef<A, D>) {
    write_elements(x, |x| each(x, 1, kernels::tanh_inplace));
}

/// x · Φ(x) of each element, Φ(x) = (1 + erf(x / √2)) / 2 being the normal distribution. NaN stays NaN, −∞ becomes
/// 0.
///
/// The exact function (Hendrycks and Gimpel, *Gaussian error linear units*, 2016), not its approximation by tanh.
/// Within 5 ULP over the whole range of both types, far below 0 and in denormal results too, where there is a
/// fused multiply-add (x86-64 since 2013, AArch64); without, within 10 ULP, and x²/2 more where x is negative.
///
/// ```
/// use ndarray::array;
///
/// let z = blasnet::gelu(&array![-1.0, 0.0, 0.5, 2.0]);
/// assert!(z.abs_diff_eq(&array![-0.15865525, 0.0, 0.34573123, 1.95449974], 1e-8));
/// ```
pub fn gelu<A: Float, D: Dimension>(x: &ArrayRef<A, D>) -> Array<A, D> {
    let mut z = Array::zeros(x.raw_dim());
    gelu_into(x, &mut z);
    z
}

/// [`gelu`] of `x` into `z`.
///
/// # Panics
///
/// If the shapes differ.
#[track_caller]
pub fn gelu_into<A: Float, D: Dimension>(x: &ArrayRef<A, D>, z: &mut ArrayRef<A, D>) {
    into("gelu_into", x, z, kernels::gelu);
}

/// [`gelu`] in place.
pub fn gelu_inplace<A: Float, D: Dimension>(x: &mut ArrayRef<A, D>) {
    write_elements(x, |x| each(x, 1, kernels::gelu_inplace));
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

/// Where the largest element is, the first of equals: a network's answer, of a row of its outputs. NaN is never larger.
///
/// # Panics
///
/// If there is no element.
///
/// ```
/// use ndarray::array;
///
/// let z = array![[0.1, 0.9, 0.0], [3.0, -1.0, 3.0]];
/// let answers: Vec<usize> = z.rows().into_iter().map(|row| blasnet::functions::argmax(&row)).collect();
/// assert_eq!(answers, [1, 0]);
/// ```
#[track_caller]
pub fn argmax<A: Float>(x: &ArrayRef1<A>) -> usize {
    assert!(!x.is_empty(), "argmax: expected at least one element");
    let larger = |best: usize, (place, &element): (usize, &A)| if element > x[best] { place } else { best };
    x.iter().enumerate().fold(0, larger)
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
