//! Element by element: sigmoid, sums and products, and their derivatives. All slices are of one length.
//!
//! Closures are inlined always: left to itself the compiler may call one, which is then compiled without the
//! kernel's instructions.

use super::exp::Exp;
use super::isa::{Isa, kernels};
use super::stream::map;
use crate::Float;

kernels! {
    /// z = 1 / (1 + e^(−x)).
    pub(crate) fn sigmoid<A>(isa, x: &[A], z: &mut [A]) {
        map(isa, [x], [z], #[inline(always)] |[x]| [sigmoid_of(isa, x)]);
    }

    pub(crate) fn sigmoid_inplace<A>(isa, x: &mut [A]) {
        for x in x {
            *x = sigmoid_of(isa, *x);
        }
    }

    /// z = 1 / (1 + e^(−x)), twice.
    pub(crate) fn sigmoid_and_copy<A>(isa, x: &[A], z: &mut [A], kept: &mut [A]) {
        map(isa, [x], [z, kept], #[inline(always)] |[x]| [sigmoid_of(isa, x); 2]);
    }

    /// dx = dz · z · (1 − z).
    pub(crate) fn sigmoid_backprop<A>(isa, dz: &[A], z: &[A], dx: &mut [A]) {
        map(isa, [dz, z], [dx], #[inline(always)] |[dz, z]| [dz * z * (A::one() - z)]);
    }

    /// x = pixel / 255, correctly rounded.
    ///
    /// A division takes longer, and a product with 1/255 rounds half of the 256 pixels differently as `f32`. In
    /// two parts of 1/255, of which the first has so few bits that its product is exact, none.
    pub(crate) fn pixels<A>(_isa, pixels: &[u8], x: &mut [A]) {
        const HIGH: f64 = 257.0 / 65_536.0;
        const LOW: f64 = 1.0 / (255.0 * 65_536.0);
        for (&pixel, x) in pixels.iter().zip(x) {
            let pixel = A::of(f64::from(pixel));
            *x = pixel * A::of(HIGH) + pixel * A::of(LOW);
        }
    }

    /// z = x + y.
    pub(crate) fn add<A>(isa, x: &[A], y: &[A], z: &mut [A]) {
        map(isa, [x, y], [z], #[inline(always)] |[x, y]| [x + y]);
    }

    /// z ← z + x.
    pub(crate) fn accumulate<A>(_isa, x: &[A], z: &mut [A]) {
        for (&x, z) in x.iter().zip(z) {
            *z += x;
        }
    }

    /// z = x · y.
    pub(crate) fn multiply<A>(isa, x: &[A], y: &[A], z: &mut [A]) {
        map(isa, [x, y], [z], #[inline(always)] |[x, y]| [x * y]);
    }

    /// y = z = x.
    pub(crate) fn copy_twice<A>(isa, x: &[A], y: &mut [A], z: &mut [A]) {
        map(isa, [x], [y, z], #[inline(always)] |[x]| [x; 2]);
    }

    /// z = x · y, and copies of x and y.
    pub(crate) fn multiply_and_copy<A>(
        isa,
        x: &[A],
        y: &[A],
        z: &mut [A],
        kept_x: &mut [A],
        kept_y: &mut [A],
    ) {
        map(isa, [x, y], [z, kept_x, kept_y], #[inline(always)] |[x, y]| [x * y, x, y]);
    }

    /// dx = dz · y and dy = dz · x.
    pub(crate) fn multiply_backprop<A>(isa, dz: &[A], x: &[A], y: &[A], dx: &mut [A], dy: &mut [A]) {
        map(isa, [dz, x, y], [dx, dy], #[inline(always)] |[dz, x, y]| [dz * y, dz * x]);
    }

    /// Whether there is no NaN and no infinity: 0 times one of them is NaN, and so is every sum with it.
    pub(crate) fn all_finite<A>(_isa, x: &[A]) -> bool {
        const LANES: usize = 16;
        let mut sums = [A::zero(); LANES];
        let (chunks, rest) = x.as_chunks::<LANES>();
        for chunk in chunks {
            for lane in 0..LANES {
                sums[lane] += chunk[lane] * A::zero();
            }
        }
        sums.iter().chain(rest).all(|x| x.is_finite())
    }

    /// z = scale · (x − y).
    pub(crate) fn scaled_difference<A>(isa, scale: A, x: &[A], y: &[A], z: &mut [A]) {
        map(isa, [x, y], [z], #[inline(always)] |[x, y]| [scale * (x - y)]);
    }
}

/// 1 / (1 + e^(−x)).
#[inline(always)]
pub(super) fn sigmoid_of<A: Float>(isa: Isa, x: A) -> A {
    sigmoid_and_exp(isa, x).0
}

/// 1 / (1 + e^(−x)), by way of e^(−|x|), which does not overflow: for negative x the same as
/// e^x / (1 + e^x), with all its digits down to the smallest results. And e^(−|x|).
#[inline(always)]
pub(super) fn sigmoid_and_exp<A: Float>(isa: Isa, x: A) -> (A, A) {
    let small = Exp::exp_on(-x.abs(), isa);
    ((if x < A::zero() { small } else { A::one() }) / (A::one() + small), small)
}
