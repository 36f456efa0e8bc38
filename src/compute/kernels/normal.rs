//! The normal distribution's lower tail without a branch or a call, so that a loop over it becomes vector
//! instructions.
//!
//! Φ(−t) = e^(−t²/2) · R(t) for t ≥ 0, where R falls slowly and smoothly: from ½ at 0 as 1 / (t √2π) far out. So
//! the product has all its digits down to the smallest results, where 1 − Φ(t) would have none.
//!
//! With v = 1 / (t + 4), R = v · P(w) for a polynomial P of w = 2tv − 1, which runs from −1 to 1 (the change of
//! variable of Shepherd and Laframboise, *Chebyshev approximation of (1 + 2x) exp(x²) erfc x in 0 ≤ x < ∞*,
//! 1981). P has the smallest largest relative error of its degree; `normal/coefficients.py` computes it.

use super::exp::Exp;
use super::isa::Isa;
use crate::Float;

/// Numbers that the tail is known for.
pub trait Normal: Exp + 'static {
    /// From here on e^(−t²/2) is 0.
    const END: Self;
    /// P's coefficients, the highest first; up to `END`, within a fifth of an ULP but for rounding.
    const RATIO: &'static [Self];
}

impl Normal for f32 {
    const END: Self = 14.5;
    const RATIO: &'static [Self] = &[
        -1.319_752_8e-4,
        1.793_481_6e-4,
        1.569_923_6e-3,
        -3.512_55e-3,
        -7.525_270_3e-3,
        6.040_383e-2,
        -1.865_234_4e-1,
        3.871_369e-1,
        -6.078_965_7e-1,
        7.552_851_4e-1,
    ];
}

impl Normal for f64 {
    const END: Self = 39.0;
    const RATIO: &'static [Self] = &[
        -1.196_517_423_682_144e-9,
        -3.390_408_864_629_051e-10,
        1.461_892_848_274_319_6e-8,
        1.606_924_490_628_775_7e-8,
        -7.721_026_681_348_385e-8,
        -1.565_921_213_388_377_4e-7,
        2.641_544_300_067_993_7e-7,
        1.021_857_266_507_070_9e-6,
        -6.252_283_870_719_25e-7,
        -5.920_011_340_234_150_5e-6,
        7.149_755_217_618_175e-7,
        3.514_456_971_927_624_6e-5,
        -1.907_843_980_782_717_4e-6,
        -2.310_949_037_337_246_5e-4,
        1.333_442_485_269_786_8e-4,
        1.630_818_453_283_49e-3,
        -3.479_692_361_607_470_5e-3,
        -7.540_188_966_435_556e-3,
        6.039_657_489_066_633e-2,
        -1.865_218_579_596_654e-1,
        3.871_374_007_422_195e-1,
        -6.078_966_419_718_921e-1,
        7.552_851_304_157_515e-1,
    ];
}

/// What Φ and its density are made of on both sides of 0.
pub(super) struct Tail<A> {
    /// |x|, at most `END`.
    pub(super) t: A,
    /// e^(−t²/2), which is √2π times the density.
    pub(super) power: A,
    /// R(t): Φ(−t) / e^(−t²/2).
    pub(super) ratio: A,
}

impl<A: Float> Tail<A> {
    /// NaN stays NaN.
    ///
    /// Without a fused multiply-add t² is rounded, which costs up to t²/2 ULP.
    #[inline(always)]
    pub(super) fn of(isa: Isa, x: A) -> Self {
        let t = x.abs();
        // The comparison this way round keeps a NaN.
        let t = if t > A::END { A::END } else { t };

        let (half, two) = (A::of(0.5), A::of(2.0));
        let square = t * t;
        // What rounding took from the square, e^ would multiply: e^(−(s + l)/2) = e^(−s/2) · (1 − l/2).
        let lost = isa.mul_add(t, t, -square);
        let power = Exp::exp_on(-half * square, isa);
        let power = isa.mul_add(power, -half * lost, power);

        let v = A::one() / (t + A::of(4.0));
        let w = isa.mul_add(two * v, t, -A::one());
        let mut ratio = A::RATIO[0];
        for &coefficient in &A::RATIO[1..] {
            ratio = isa.mul_add(ratio, w, coefficient);
        }
        Self { t, power, ratio: v * ratio }
    }
}
