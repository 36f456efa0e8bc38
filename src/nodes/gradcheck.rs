//! Numerical gradients, to check analytical ones.

use ndarray::{Array, ArrayRef, Dimension, IntoDimension};

/// ∂f/∂x by central differences, (f(x + h) − f(x − h)) / 2h for each element, in f64.
///
/// With `h` about 1e-5 the error is about 1e-10 if `f` is smooth and of the order of 1. `f` is
/// called twice for each element. Afterwards `x` is restored.
///
/// ```
/// use blasnet::gradcheck::numerical_gradient;
/// use ndarray::array;
///
/// let mut x = array![1.0, -2.0];
/// let gradient = numerical_gradient(&mut x, 1e-5, |x| x.iter().map(|x| x * x * x).sum());
/// assert!(gradient.abs_diff_eq(&array![3.0, 12.0], 1e-8));
/// ```
pub fn numerical_gradient<D: Dimension>(
    x: &mut ArrayRef<f64, D>,
    h: f64,
    mut f: impl FnMut(&ArrayRef<f64, D>) -> f64,
) -> Array<f64, D> {
    let mut gradient = Array::zeros(x.raw_dim());
    for (place, slope) in gradient.indexed_iter_mut() {
        let place = place.into_dimension();
        let before = x[place.clone()];
        x[place.clone()] = before + h;
        let above = f(x);
        x[place.clone()] = before - h;
        let below = f(x);
        x[place] = before;
        *slope = (above - below) / (2.0 * h);
    }
    gradient
}

/// The largest difference between two arrays relative to their size, max |a − b| / max(1, |a|, |b|):
/// small if a gradient is right. NaN if one of them has a NaN.
///
/// # Panics
///
/// If the shapes differ.
///
/// ```
/// use blasnet::gradcheck::relative_error;
/// use ndarray::array;
///
/// assert_eq!(relative_error(&array![100.0, 0.5], &array![101.0, 0.5]), 1.0 / 101.0);
/// ```
#[track_caller]
pub fn relative_error<D: Dimension>(a: &ArrayRef<f64, D>, b: &ArrayRef<f64, D>) -> f64 {
    assert_eq!(a.shape(), b.shape(), "relative_error: shapes differ");
    let errors = a.iter().zip(b).map(|(a, b)| (a - b).abs() / a.abs().max(b.abs()).max(1.0));
    errors.fold(0.0, |worst, error| if error > worst || error.is_nan() { error } else { worst })
}
