//! [`argmax`]: a network's answer.

use ndarray::ArrayRef1;

use crate::Float;

/// The place of the largest element, the first of equals: a network's answer, given a row of its outputs. NaN is never
/// larger.
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
    let larger = |best: (usize, A), (place, &x): (usize, &A)| if x > best.1 { (place, x) } else { best };
    x.iter().enumerate().fold((0, x[0]), larger).0
}
