//! Chapter 2: sigmoid, ReLU and softmax, and the activations of deeper networks, for arrays of any dimension.
//!
//! Each comes fresh (`sigmoid`), into an array of yours (`sigmoid_into`) and in place (`sigmoid_inplace`). Arrays may
//! have any layout; row-major ones are fastest. Large arrays are shared out on rayon's pool.

use ndarray::{Array, ArrayRef, Dimension};

use crate::compute::flat::{assert_same_shape, elements, write_elements};
pub use crate::ops::argmax;
use crate::ops::softmax as row_softmax;
use crate::{Activation, Float};

/// The public functions of an activation.
macro_rules! activation {
    (
        $(#[$docs:meta])*
        $fresh:ident, $into:ident, $inplace:ident $(, $slope:ident)? => $activation:expr
    ) => {
        $(#[$docs])*
        pub fn $fresh<A: Float, D: Dimension>(x: &ArrayRef<A, D> $(, $slope: A)?) -> Array<A, D> {
            let mut z = Array::zeros(x.raw_dim());
            $into(x $(, $slope)?, &mut z);
            z
        }

        #[doc = concat!("[`", stringify!($fresh), "`] of `x` into `z`.")]
        ///
        /// # Panics
        ///
        /// If the shapes differ.
        #[track_caller]
        pub fn $into<A: Float, D: Dimension>(
            x: &ArrayRef<A, D>,
            $($slope: A,)?
            z: &mut ArrayRef<A, D>,
        ) {
            assert_same_shape(stringify!($into), "z", z.shape(), x.shape());
            let x = elements(x);
            write_elements(z, |z| $activation.into(&x, z));
        }

        #[doc = concat!("[`", stringify!($fresh), "`] in place.")]
        pub fn $inplace<A: Float, D: Dimension>(x: &mut ArrayRef<A, D> $(, $slope: A)?) {
            write_elements(x, |x| $activation.inplace(x));
        }
    };
}

activation! {
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
    sigmoid, sigmoid_into, sigmoid_inplace => Activation::Sigmoid
}

activation! {
    /// max(0, x) of each element (exercise 2-2). NaN stays NaN.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// let z = blasnet::relu(&array![-1.0, 0.0, 0.5, 2.0]);
    /// assert_eq!(z, array![0.0, 0.0, 0.5, 2.0]);
    /// ```
    relu, relu_into, relu_inplace => Activation::Relu
}

activation! {
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
    leaky_relu, leaky_relu_into, leaky_relu_inplace, slope => Activation::LeakyRelu { slope: slope.as_f64() }
}

activation! {
    /// (e^x − e^(−x)) / (e^x + e^(−x)) of each element. NaN stays NaN.
    ///
    /// Within 2.5 ULP (f64: within 3 of the standard library's) over the whole range, denormal results included.
    ///
    /// ```
    /// use ndarray::array;
    ///
    /// let z = blasnet::tanh(&array![-1.0, 0.0, 0.5, 2.0]);
    /// assert!(z.abs_diff_eq(&array![-0.76159416, 0.0, 0.46211716, 0.96402758], 1e-8));
    /// ```
    tanh, tanh_into, tanh_inplace => Activation::Tanh
}

activation! {
    /// x · Φ(x) of each element, where Φ(x) = (1 + erf(x / √2)) / 2 is the normal distribution. NaN stays NaN, −∞
    /// becomes 0.
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
    gelu, gelu_into, gelu_inplace => Activation::Gelu
}

/// e^(x_k) / Σᵢ e^(xᵢ) along the last axis (exercise 2-5): each row becomes a distribution.
///
/// The row's maximum is subtracted first, so that large elements do not overflow. A row that
/// holds NaN or +∞, or nothing but −∞, becomes NaN. A zero-dimensional array is a row of one.
///
/// Rounding x − max costs half an ULP of that difference, which e^ turns into as many ULP as the difference is
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
    let columns = x.shape().last().copied().unwrap_or(1);
    write_elements(x, |x| row_softmax::inplace(x, columns));
}
