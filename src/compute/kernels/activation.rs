//! Leaky ReLU, tanh and GELU, out of place and in place; and any activation in place with its derivative. All
//! slices are of one length.
//!
//! A derivative is computed where the function is, as that is when whatever both need is at hand: training
//! keeps the slope and multiplies by it, whichever activation it belongs to.

use super::elementwise::sigmoid_of;
use super::exp::Exp;
use super::isa::{Isa, kernels};
use super::normal::Tail;
use super::relu::positive_part;
use super::stream::map;
use crate::Float;

kernels! {
    /// z = x where x > 0, else slope · x.
    pub(crate) fn leaky_relu<A>(isa, slope: A, x: &[A], z: &mut [A]) {
        map(isa, [x], [z], #[inline(always)] |[x]| [leaky_relu_of(slope, x)]);
    }

    pub(crate) fn leaky_relu_inplace<A>(_isa, slope: A, x: &mut [A]) {
        replace(x, #[inline(always)] |x| leaky_relu_of(slope, x));
    }

    /// z = tanh x. Measured: within 2.5 ULP, of f32 (all numbers of size 2^(−13) to 15)
    /// and of f64 (33,000, against 40 digits).
    pub(crate) fn tanh<A>(isa, x: &[A], z: &mut [A]) {
        map(isa, [x], [z], #[inline(always)] |[x]| [tanh_of(isa, x)]);
    }

    pub(crate) fn tanh_inplace<A>(isa, x: &mut [A]) {
        replace(x, #[inline(always)] |x| tanh_of(isa, x));
    }

    /// z = x · Φ(x), within 5 ULP where there is a fused multiply-add. Measured: 4.94 of f32 (all numbers
    /// of size 2^(−13) to 15), 4.02 of f64 (33,000, against 40 digits).
    pub(crate) fn gelu<A>(isa, x: &[A], z: &mut [A]) {
        map(isa, [x], [z], #[inline(always)] |[x]| [gelu_of(isa, x)]);
    }

    pub(crate) fn gelu_inplace<A>(isa, x: &mut [A]) {
        replace(x, #[inline(always)] |x| gelu_of(isa, x));
    }

    /// x becomes max(0, x), `slope` 1 where x > 0, else 0.
    pub(crate) fn relu_with_slope<A>(_isa, x: &mut [A], slope: &mut [A]) {
        replace_with_slope(x, slope, #[inline(always)] |x| {
            [positive_part(x), if x > A::zero() { A::one() } else { A::zero() }]
        });
    }

    /// x becomes x where x > 0, else negative · x; `slope` 1 where x > 0, else `negative`.
    pub(crate) fn leaky_relu_with_slope<A>(_isa, negative: A, x: &mut [A], slope: &mut [A]) {
        replace_with_slope(x, slope, #[inline(always)] |x| {
            [leaky_relu_of(negative, x), if x > A::zero() { A::one() } else { negative }]
        });
    }

    /// x becomes z = 1 / (1 + e^(−x)), `slope` z · (1 − z).
    pub(crate) fn sigmoid_with_slope<A>(isa, x: &mut [A], slope: &mut [A]) {
        replace_with_slope(x, slope, #[inline(always)] |x| {
            let z = sigmoid_of(isa, x);
            [z, z * (A::one() - z)]
        });
    }

    /// x becomes z = tanh x, `slope` 1 − z².
    pub(crate) fn tanh_with_slope<A>(isa, x: &mut [A], slope: &mut [A]) {
        replace_with_slope(x, slope, #[inline(always)] |x| {
            let z = tanh_of(isa, x);
            // In factors: the square would be rounded before most of it is taken away.
            [z, (A::one() - z) * (A::one() + z)]
        });
    }

    /// x becomes x · Φ(x), `slope` Φ(x) + x · φ(x), φ being Φ's derivative: within 5 units in the last place of
    /// the sum or of Φ(x), whichever is larger, as the terms cancel near −0.75.
    pub(crate) fn gelu_with_slope<A>(isa, x: &mut [A], slope: &mut [A]) {
        replace_with_slope(x, slope, #[inline(always)] |x| gelu_and_slope_of(isa, x));
    }

    /// Multiplies dx by `slope`, and adds it to `sum`.
    pub(crate) fn multiply_and_sum<A>(_isa, slope: &[A], dx: &mut [A], sum: &mut [A]) {
        for ((&slope, dx), sum) in slope.iter().zip(dx).zip(sum) {
            *dx *= slope;
            *sum += *dx;
        }
    }
}

/// The comparison this way round multiplies a NaN, which it stays.
#[inline(always)]
fn leaky_relu_of<A: Float>(slope: A, x: A) -> A {
    if x > A::zero() { x } else { slope * x }
}

/// −m / (m + 2) with m = e^(−2|x|) − 1 and the sign of x: no overflow, and no digit lost near 0.
#[inline(always)]
fn tanh_of<A: Float>(isa: Isa, x: A) -> A {
    let two = A::of(2.0);
    let m = Exp::exp_m1_on(-two * x.abs(), isa);
    (-m / (m + two)).copysign(x)
}

#[inline(always)]
fn gelu_of<A: Float>(isa: Isa, x: A) -> A {
    let [z, _] = gelu_and_slope_of(isa, x);
    z
}

/// x · Φ(x) and Φ(x) + x · φ(x), by way of q = Φ(−|x|): for positive x Φ(x) = 1 − q, so that for both signs
/// x · Φ(x) = max(0, x) − |x| · q.
#[inline(always)]
fn gelu_and_slope_of<A: Float>(isa: Isa, x: A) -> [A; 2] {
    let Tail { t, power, ratio } = Tail::of(isa, x);
    // |x| · ratio is of the order of 1, so that a denormal power is rounded once.
    let z = positive_part(x) - power * (t * ratio);
    // q − |x| · φ(x), which is the derivative where x is negative.
    let below = power * isa.mul_add(t, -A::of(DENSITY), ratio);
    [z, if x > A::zero() { A::one() - below } else { below }]
}

/// 1 / √2π, the normal density at 0.
const DENSITY: f64 = std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2 / 2.0;

/// `f` of each element in its place.
#[inline(always)]
fn replace<A: Float>(x: &mut [A], f: impl Fn(A) -> A) {
    for x in x {
        *x = f(*x);
    }
}

/// What `f` gives for each element of `x`: the first in its place, the second in `slope`.
#[inline(always)]
fn replace_with_slope<A: Float>(x: &mut [A], slope: &mut [A], f: impl Fn(A) -> [A; 2]) {
    for (x, slope) in x.iter_mut().zip(slope) {
        [*x, *slope] = f(*x);
    }
}

#[cfg(test)]
mod tests;
