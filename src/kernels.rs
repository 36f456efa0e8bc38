//! Elementwise maths on slices: plain loops.

use crate::Float;

pub(crate) fn relu<A: Float>(x: &[A], z: &mut [A]) {
    z.copy_from_slice(x);
    relu_inplace(z);
}

pub(crate) fn relu_inplace<A: Float>(x: &mut [A]) {
    for x in x {
        // The comparison this way round keeps a NaN. A select and no branch, which would guess wrong
        // for every other element.
        *x = if *x <= A::zero() { A::zero() } else { *x };
    }
}

pub(crate) fn sigmoid<A: Float>(x: &[A], z: &mut [A]) {
    z.copy_from_slice(x);
    sigmoid_inplace(z);
}

pub(crate) fn sigmoid_inplace<A: Float>(x: &mut [A]) {
    for x in x {
        *x = (A::one() + (-*x).exp()).recip();
    }
}

pub(crate) fn softmax<A: Float>(x: &[A], y: &mut [A], columns: usize) {
    y.copy_from_slice(x);
    softmax_inplace(y, columns);
}

pub(crate) fn softmax_inplace<A: Float>(x: &mut [A], columns: usize) {
    for row in x.chunks_exact_mut(columns) {
        let max = row.iter().copied().fold(A::neg_infinity(), A::max);
        let mut sum = A::zero();
        for x in row.iter_mut() {
            *x = (*x - max).exp();
            sum += *x;
        }
        for x in row {
            *x /= sum;
        }
    }
}

pub(crate) fn add<A: Float>(x: &[A], y: &[A], z: &mut [A]) {
    for ((&x, &y), z) in x.iter().zip(y).zip(z) {
        *z = x + y;
    }
}

pub(crate) fn add_inplace<A: Float>(x: &mut [A], y: &[A]) {
    for (x, &y) in x.iter_mut().zip(y) {
        *x += y;
    }
}

pub(crate) fn multiply<A: Float>(x: &[A], y: &[A], z: &mut [A]) {
    for ((&x, &y), z) in x.iter().zip(y).zip(z) {
        *z = x * y;
    }
}

pub(crate) fn scaled_difference<A: Float>(scale: A, x: &[A], y: &[A], z: &mut [A]) {
    for ((&x, &y), z) in x.iter().zip(y).zip(z) {
        *z = scale * (x - y);
    }
}

pub(crate) fn relu_and_mask<A: Float>(x: &[A], z: &mut [A], positive: &mut [bool]) {
    relu(x, z);
    for (&x, positive) in x.iter().zip(positive) {
        *positive = x > A::zero();
    }
}

pub(crate) fn relu_backprop<A: Float>(dz: &[A], positive: &[bool], dx: &mut [A]) {
    for ((&dz, &positive), dx) in dz.iter().zip(positive).zip(dx) {
        *dx = if positive { dz } else { A::zero() };
    }
}

pub(crate) fn sigmoid_backprop<A: Float>(dz: &[A], z: &[A], dx: &mut [A]) {
    for ((&dz, &z), dx) in dz.iter().zip(z).zip(dx) {
        *dx = dz * z * (A::one() - z);
    }
}

/// Writes softmax(x) to `y` and gives the sum over the rows of −Σₖ tₖ log yₖ.
pub(crate) fn softmax_cross_entropy<A: Float>(x: &[A], t: &[A], y: &mut [A], columns: usize) -> f64 {
    if columns == 0 {
        return 0.0;
    }
    let mut loss = 0.0;
    let rows = x.chunks_exact(columns).zip(t.chunks_exact(columns)).zip(y.chunks_exact_mut(columns));
    for ((x, t), y) in rows {
        let max = x.iter().copied().fold(A::neg_infinity(), A::max);
        let mut sum = A::zero();
        for (&x, y) in x.iter().zip(y.iter_mut()) {
            *y = (x - max).exp();
            sum += *y;
        }
        let log_sum = sum.ln();
        for ((&x, &t), y) in x.iter().zip(t).zip(y) {
            *y /= sum;
            if t != A::zero() {
                loss += (t * (log_sum - (x - max))).as_f64();
            }
        }
    }
    loss
}
