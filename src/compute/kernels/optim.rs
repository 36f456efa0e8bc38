//! Optimisers' updates: one pass over the parameters w, their gradient dw, and what is remembered of each
//! parameter. All slices are of one length.
//!
//! Sums and products are rounded one by one, so that every instruction set gives the same bits: a fused
//! multiply-add would save nothing where a loop waits for memory, or for square roots and divisions.

#[cfg(test)]
mod tests;

use std::array;

use super::isa::kernels;
use super::stream::LANES;
use crate::Float;

/// A step of stochastic gradient descent with momentum.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SgdStep<A> {
    pub(crate) rate: A,
    pub(crate) weight_decay: A,
    pub(crate) momentum: A,
    pub(crate) nesterov: bool,
}

/// A step of AdaGrad.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AdaGradStep<A> {
    pub(crate) rate: A,
    pub(crate) weight_decay: A,
    pub(crate) epsilon: A,
}

/// A step of RMSProp.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RmsPropStep<A> {
    pub(crate) rate: A,
    pub(crate) weight_decay: A,
    pub(crate) momentum: A,
    pub(crate) mean: Mean<A>,
    pub(crate) epsilon: A,
}

/// A step of Adam: with a weight decay that is added to the gradient, or one that shrinks the parameters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AdamStep<A> {
    /// The learning rate over 1 − β₁ᵗ.
    pub(crate) rate: A,
    /// Times w, added to the gradient.
    pub(crate) weight_decay: A,
    /// What w is multiplied by.
    pub(crate) shrink: A,
    pub(crate) first: Mean<A>,
    pub(crate) second: Mean<A>,
    /// 1 / √(1 − β₂ᵗ).
    pub(crate) correction: A,
    pub(crate) epsilon: A,
}

/// A mean in which what is older counts less, by a factor each step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mean<A> {
    keep: A,
    add: A,
}

impl<A: Float> Mean<A> {
    /// The old mean counts `keep`, the new value 1 − `keep`, which is rounded only here.
    pub(crate) fn new(keep: f64) -> Self {
        Self { keep: A::of(keep), add: A::of(1.0 - keep) }
    }

    #[inline(always)]
    fn with(self, mean: A, value: A) -> A {
        self.keep * mean + self.add * value
    }
}

kernels! {
    /// w ← w − rate · (dw + decay · w).
    pub(crate) fn sgd<A>(_isa, w: &mut [A], dw: &[A], rate: A, weight_decay: A) {
        change(w, dw, [], #[inline(always)] |w, dw, []| (w - rate * (dw + weight_decay * w), []));
    }

    pub(crate) fn sgd_with_momentum<A>(
        _isa, w: &mut [A], dw: &[A], velocity: &mut [A], step: SgdStep<A>,
    ) {
        change(w, dw, [velocity], #[inline(always)] |w, dw, [velocity]| {
            let dw = dw + step.weight_decay * w;
            let velocity = unless_faded(step.momentum * velocity + dw);
            let way = if step.nesterov { dw + step.momentum * velocity } else { velocity };
            (w - step.rate * way, [velocity])
        });
    }

    pub(crate) fn ada_grad<A>(_isa, w: &mut [A], dw: &[A], sum: &mut [A], step: AdaGradStep<A>) {
        change(w, dw, [sum], #[inline(always)] |w, dw, [sum]| {
            let dw = dw + step.weight_decay * w;
            let sum = sum + dw * dw;
            (w - step.rate * dw / (sum.sqrt() + step.epsilon), [sum])
        });
    }

    pub(crate) fn rms_prop<A>(_isa, w: &mut [A], dw: &[A], square: &mut [A], step: RmsPropStep<A>) {
        change(w, dw, [square], #[inline(always)] |w, dw, [square]| {
            let (way, square) = step.scaled(w, dw, square);
            (w - step.rate * way, [square])
        });
    }

    pub(crate) fn rms_prop_with_momentum<A>(
        _isa, w: &mut [A], dw: &[A], square: &mut [A], velocity: &mut [A], step: RmsPropStep<A>,
    ) {
        change(w, dw, [square, velocity], #[inline(always)] |w, dw, [square, velocity]| {
            let (way, square) = step.scaled(w, dw, square);
            let velocity = unless_faded(step.momentum * velocity + way);
            (w - step.rate * velocity, [square, velocity])
        });
    }

    pub(crate) fn centered_rms_prop<A>(
        _isa, w: &mut [A], dw: &[A], square: &mut [A], mean: &mut [A], step: RmsPropStep<A>,
    ) {
        change(w, dw, [square, mean], #[inline(always)] |w, dw, [square, mean]| {
            let (way, square, mean) = step.centered_and_scaled(w, dw, square, mean);
            (w - step.rate * way, [square, mean])
        });
    }

    pub(crate) fn centered_rms_prop_with_momentum<A>(
        _isa,
        w: &mut [A],
        dw: &[A],
        square: &mut [A],
        mean: &mut [A],
        velocity: &mut [A],
        step: RmsPropStep<A>,
    ) {
        change(w, dw, [square, mean, velocity], #[inline(always)] |w, dw, [square, mean, velocity]| {
            let (way, square, mean) = step.centered_and_scaled(w, dw, square, mean);
            let velocity = unless_faded(step.momentum * velocity + way);
            (w - step.rate * velocity, [square, mean, velocity])
        });
    }

    pub(crate) fn adam<A>(
        _isa, w: &mut [A], dw: &[A], first: &mut [A], second: &mut [A], step: AdamStep<A>,
    ) {
        change(w, dw, [first, second], #[inline(always)] |w, dw, [first, second]| {
            let dw = dw + step.weight_decay * w;
            let first = unless_faded(step.first.with(first, dw));
            let second = step.second.with(second, dw * dw);
            let size = second.sqrt() * step.correction + step.epsilon;
            (step.shrink * w - step.rate * first / size, [first, second])
        });
    }

    /// Σ x², in f64.
    pub(crate) fn sum_of_squares<A>(_isa, x: &[A]) -> f64 {
        let mut sums = [0.0; LANES];
        let (whole, rest) = x.as_chunks::<LANES>();
        for x in whole {
            for l in 0..LANES {
                sums[l] += x[l].as_f64() * x[l].as_f64();
            }
        }
        for (x, sum) in rest.iter().zip(&mut sums) {
            *sum += x.as_f64() * x.as_f64();
        }
        sums.iter().sum()
    }

    /// x ← x + share · (target − x).
    pub(crate) fn approach<A>(_isa, x: &mut [A], target: &[A], share: A) {
        for (x, &target) in x.iter_mut().zip(target) {
            *x += share * (target - *x);
        }
    }

    /// x ← factor · x.
    pub(crate) fn scale<A>(_isa, x: &mut [A], factor: A) {
        for x in x {
            *x *= factor;
        }
    }

    /// x ← the nearest number from −most to most; NaN stays NaN.
    pub(crate) fn clamp<A>(_isa, x: &mut [A], most: A) {
        for x in x {
            let below = if *x > most { most } else { *x };
            *x = if below < -most { -most } else { below };
        }
    }
}

impl<A: Float> RmsPropStep<A> {
    /// dw over the root of its mean square, and that mean.
    #[inline(always)]
    fn scaled(self, w: A, dw: A, square: A) -> (A, A) {
        let dw = dw + self.weight_decay * w;
        let square = self.mean.with(square, dw * dw);
        (dw / (square.sqrt() + self.epsilon), square)
    }

    /// dw over its standard deviation, and the means of its square and of itself.
    #[inline(always)]
    fn centered_and_scaled(self, w: A, dw: A, square: A, mean: A) -> (A, A, A) {
        let dw = dw + self.weight_decay * w;
        let square = self.mean.with(square, dw * dw);
        let mean = unless_faded(self.mean.with(mean, dw));
        let variance = square - mean * mean;
        // Rounding may make it negative. The comparison this way round keeps a NaN.
        let variance = if variance < A::zero() { A::zero() } else { variance };
        (dw / (variance.sqrt() + self.epsilon), square, mean)
    }
}

/// x, or 0 where no normal number is as small. Where there is no gradient any more, as at a hidden unit that ReLU
/// has shut, a velocity or mean would end among the denormals and stay (0.9 times the smallest of them rounds to
/// itself), and arithmetic on those takes the processor many times as long.
#[inline(always)]
fn unless_faded<A: Float>(x: A) -> A {
    if x.abs() < A::min_positive_value() { A::zero() } else { x }
}

/// Each parameter, and what is kept of it, becomes what `f` makes of them and of the gradient.
#[inline(always)]
fn change<A: Float, const N: usize>(
    w: &mut [A],
    dw: &[A],
    kept: [&mut [A]; N],
    f: impl Fn(A, A, [A; N]) -> (A, [A; N]),
) {
    let length = w.len();
    // Equal lengths that the compiler sees, so that it need not check each access.
    let dw = &dw[..length];
    let mut kept = kept.map(|kept| &mut kept[..length]);
    for place in 0..length {
        let (changed, numbers) = f(w[place], dw[place], array::from_fn(|k| kept[k][place]));
        w[place] = changed;
        for (kept, number) in kept.iter_mut().zip(numbers) {
            kept[place] = number;
        }
    }
}
