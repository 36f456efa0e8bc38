//! e^x and e^x − 1 without a branch or a call, so that a loop over them becomes vector instructions.
//!
//! x = n · ln 2 + r with n whole and |r| ≤ ½ ln 2; e^r − 1 by its Taylor series, whose first term left out is
//! below a quarter of an ULP there, below a tenth of one of e^r; times 2^n by way of the exponent's bits. For e^x
//! n is applied in two halves, so that results round once on their way into the denormals and reach 0 and
//! infinity as they should.

use super::isa::Isa;

/// Numbers with an e^x that vectorises.
///
/// The names are no other trait's: this is a supertrait of `Float`, and an `exp` here would make `x.exp()` ambiguous in
/// generic code.
pub trait Exp: Sized {
    /// e^self. NaN stays NaN. Within 1.25 ULP (f64: of the standard library's, within 1) where there is a fused
    /// multiply-add, within twice that without; the tests hold it to that.
    fn exp_on(self, isa: Isa) -> Self;

    /// e^self − 1 for what is not positive, with all its digits near 0. NaN stays NaN. Within 1.25 ULP where
    /// there is a fused multiply-add, within twice that without; the tests hold it to that.
    fn exp_m1_on(self, isa: Isa) -> Self;
}

macro_rules! exp {
    (
        $type:ident, mantissa bits $mantissa:literal, exponent bias $bias:literal,
        zero below $low:literal, infinite above $high:literal, ln 2 = $ln2_high:literal + $ln2_low:literal,
        Taylor $taylor:expr
    ) => {
        const _: () = {
            /// Added to a number it rounds it to a whole one, which its lowest bits then hold.
            const ROUND: $type = 1.5 * (1_u64 << $mantissa) as $type;
            /// 1/k! for k from the highest down to 2.
            const COEFFICIENTS: &[$type] = &$taylor;
            /// From here down e^x is nothing beside 1.
            const VANISHES: $type = -64.0;

            #[inline(always)]
            fn power_of_two(n: $type) -> $type {
                $type::from_bits((n + (ROUND + $bias)).to_bits() << $mantissa)
            }

            /// n and e^r − 1.
            #[inline(always)]
            fn reduced(x: $type, isa: Isa) -> ($type, $type) {
                let n = isa.mul_add(x, std::$type::consts::LOG2_E, ROUND) - ROUND;
                // ln 2 in two parts, the first so short that n times it is exact.
                let r = isa.mul_add(n, -$ln2_high, x);
                let r = isa.mul_add(n, -$ln2_low, r);
                let mut series = COEFFICIENTS[0];
                for &coefficient in &COEFFICIENTS[1..] {
                    series = isa.mul_add(series, r, coefficient);
                }
                // r + r² · series: the largest term is added last.
                (n, isa.mul_add(r * r, series, r))
            }

            impl Exp for $type {
                #[inline(always)]
                fn exp_on(self, isa: Isa) -> Self {
                    // Comparisons this way round keep a NaN.
                    let x = if self < $low { $low } else { self };
                    let x = if x > $high { $high } else { x };
                    let (n, power_m1) = reduced(x, isa);
                    let power = power_m1 + 1.0;
                    let half = isa.mul_add(n, 0.5, ROUND) - ROUND;
                    power * power_of_two(half) * power_of_two(n - half)
                }

                #[inline(always)]
                fn exp_m1_on(self, isa: Isa) -> Self {
                    let x = if self < VANISHES { VANISHES } else { self };
                    let (n, power_m1) = reduced(x, isa);
                    let scale = power_of_two(n);
                    // 2^n · (e^r − 1) + (2^n − 1), of which the latter is 0 near 0.
                    isa.mul_add(scale, power_m1, scale - 1.0)
                }
            }
        };
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
