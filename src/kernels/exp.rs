//! e^x without a branch or a call, so that a loop over it becomes vector instructions.
//!
//! x = n · ln 2 + r with n whole and |r| ≤ ½ ln 2; e^r by its Taylor series, whose first term left out is
//! below a tenth of an ULP there; times 2^n by way of the exponent's bits. n is applied in two halves, so
//! that results round once on their way into the denormals and reach 0 and infinity as they should.

use super::isa::Isa;

/// Numbers with an [`exp`](Exp::exp) that vectorises.
pub trait Exp: Sized {
    /// e^self. NaN stays NaN. Within 1.25 ULP (f64: of the standard library's, within 1) where there is a fused
    /// multiply-add, within twice that without; the tests hold it to that.
    fn exp(self, isa: Isa) -> Self;
}

macro_rules! exp {
    (
        $type:ident, mantissa bits $mantissa:literal, exponent bias $bias:literal,
        zero below $low:literal, infinite above $high:literal, ln 2 = $ln2_high:literal + $ln2_low:literal,
        Taylor $taylor:expr
    ) => {
        impl Exp for $type {
            #[inline(always)]
            fn exp(self, isa: Isa) -> Self {
                /// Added to a number it rounds it to a whole one, which its lowest bits then hold.
                const ROUND: $type = 1.5 * (1_u64 << $mantissa) as $type;
                /// 1/k! for k from the highest down to 2.
                const COEFFICIENTS: &[$type] = &$taylor;

                #[inline(always)]
                fn power_of_two(n: $type) -> $type {
                    $type::from_bits((n + (ROUND + $bias)).to_bits() << $mantissa)
                }

                // Comparisons this way round keep a NaN.
                let x = if self < $low { $low } else { self };
                let x = if x > $high { $high } else { x };
                let n = isa.mul_add(x, std::$type::consts::LOG2_E, ROUND) - ROUND;
                // ln 2 in two parts, the first so short that n times it is exact.
                let r = isa.mul_add(n, -$ln2_high, x);
                let r = isa.mul_add(n, -$ln2_low, r);
                let mut series = COEFFICIENTS[0];
                for &coefficient in &COEFFICIENTS[1..] {
                    series = isa.mul_add(series, r, coefficient);
                }
                // 1 + (r + r² · series): the largest term is added last.
                let power = isa.mul_add(r * r, series, r) + 1.0;
                let half = isa.mul_add(n, 0.5, ROUND) - ROUND;
                power * power_of_two(half) * power_of_two(n - half)
            }
        }
    };
}

exp!(
    f32, mantissa bits 23, exponent bias 127.0,
    zero below -104.0, infinite above 89.0, ln 2 = 0.693_359_4 + -2.121_944_4e-4,
    Taylor [1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5]
);
exp!(
    f64, mantissa bits 52, exponent bias 1023.0,
    zero below -746.0, infinite above 710.0, ln 2 = 0.693_147_180_369_123_8 + 1.908_214_929_270_587_7e-10,
    Taylor [
        1.0 / 6_227_020_800.0, 1.0 / 479_001_600.0, 1.0 / 39_916_800.0, 1.0 / 3_628_800.0,
        1.0 / 362_880.0, 1.0 / 40_320.0, 1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5
    ]
);
