//! Registers of numbers, for the kernels whose loops the compiler does not vectorise well by itself: those
//! that keep many sums in registers while they walk over what lies scattered.

#[cfg(test)]
mod tests;

use super::isa::Isa;
use crate::Float;

/// A register full of numbers of type `A`.
///
/// The instructions belong to one [`Isa`], so only a kernel that is compiled for it may use this.
pub(super) trait Vector<A>: Copy {
    /// Numbers in it.
    const LANES: usize;

    /// `a` in each lane.
    fn splat(a: A) -> Self;

    /// The first numbers of a slice.
    fn load(from: &[A]) -> Self;

    /// To the beginning of a slice.
    fn store(self, to: &mut [A]);

    /// self · factor + addend.
    fn mul_add(self, factor: Self, addend: Self) -> Self;

    fn add(self, other: Self) -> Self;

    /// max(0, self); NaN stays NaN.
    fn positive_part(self) -> Self;

    /// self in the lanes where `gate` is positive, else 0.
    fn where_positive(self, gate: Self) -> Self;

    /// The sum of all lanes, in an order of its own, always the same.
    fn sum(self) -> A;
}

/// The registers of each [`Isa`] for a type of number. Public as [`Float`]'s seal is.
#[expect(private_bounds, reason = "nobody outside this crate has a use for the registers")]
pub trait Registers: Sized {
    #[cfg(target_arch = "x86_64")]
    type Avx512: Vector<Self>;
    #[cfg(target_arch = "x86_64")]
    type Avx2: Vector<Self>;
    type Baseline: Vector<Self>;
}

impl Registers for f32 {
    #[cfg(target_arch = "x86_64")]
    type Avx512 = std::arch::x86_64::__m512;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = std::arch::x86_64::__m256;
    type Baseline = Plain<f32, 4>;
}

impl Registers for f64 {
    #[cfg(target_arch = "x86_64")]
    type Avx512 = std::arch::x86_64::__m512d;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = std::arch::x86_64::__m256d;
    type Baseline = Plain<f64, 2>;
}

/// Calls `function` with the registers of an [`Isa`] as its last type argument.
macro_rules! with_registers {
    ($isa:ident, $function:ident::<$A:ty>($($argument:expr),* $(,)?)) => {
        match $isa {
            $crate::compute::kernels::isa::Isa::Baseline => {
                $function::<$A, <$A as $crate::compute::kernels::vector::Registers>::Baseline>($($argument),*)
            }
            #[cfg(target_arch = "x86_64")]
            $crate::compute::kernels::isa::Isa::Avx2 => {
                $function::<$A, <$A as $crate::compute::kernels::vector::Registers>::Avx2>($($argument),*)
            }
            #[cfg(target_arch = "x86_64")]
            $crate::compute::kernels::isa::Isa::Avx512 => {
                $function::<$A, <$A as $crate::compute::kernels::vector::Registers>::Avx512>($($argument),*)
            }
        }
    };
}
pub(super) use with_registers;

/// Numbers in a register.
pub(super) fn lanes<A: Float>(isa: Isa) -> usize {
    fn of<A, V: Vector<A>>() -> usize {
        V::LANES
    }
    with_registers!(isa, of::<A>())
}

/// What the compiler makes of a short array: a register of 16 bytes on x86-64 and AArch64.
#[derive(Clone, Copy)]
pub struct Plain<A, const N: usize>([A; N]);

impl<A: Float, const N: usize> Vector<A> for Plain<A, N> {
    const LANES: usize = N;

    #[inline(always)]
    fn splat(a: A) -> Self {
        Self([a; N])
    }

    #[inline(always)]
    fn load(from: &[A]) -> Self {
        Self(*from.first_chunk().expect("a whole register"))
    }

    #[inline(always)]
    fn store(self, to: &mut [A]) {
        *to.first_chunk_mut().expect("a whole register") = self.0;
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        let mut result = addend;
        for l in 0..N {
            result.0[l] = Isa::Baseline.mul_add(self.0[l], factor.0[l], addend.0[l]);
        }
        result
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let mut result = self;
        for l in 0..N {
            result.0[l] += other.0[l];
        }
        result
    }

    #[inline(always)]
    fn positive_part(self) -> Self {
        let mut result = self;
        for l in 0..N {
            result.0[l] = if self.0[l] <= A::zero() { A::zero() } else { self.0[l] };
        }
        result
    }

    #[inline(always)]
    fn where_positive(self, gate: Self) -> Self {
        let mut result = self;
        for l in 0..N {
            result.0[l] = if gate.0[l] > A::zero() { self.0[l] } else { A::zero() };
        }
        result
    }

    #[inline(always)]
    fn sum(self) -> A {
        self.0[1..].iter().fold(self.0[0], |sum, &lane| sum + lane)
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::Vector;

    macro_rules! vector {
        (
            $register:ident of $lanes:literal $type:ident:
            $splat:ident $load:ident $store:ident $mul_add:ident $add:ident $max:ident $zero:ident,
            where_positive($value:ident, $gate:ident) $where_positive:expr,
            sum($all:ident) $sum:expr
        ) => {
            impl Vector<$type> for $register {
                const LANES: usize = $lanes;

                #[inline(always)]
                fn splat(a: $type) -> Self {
                    // SAFETY: the processor has this instruction: the kernel is compiled for it.
                    unsafe { $splat(a) }
                }

                #[inline(always)]
                fn load(from: &[$type]) -> Self {
                    // SAFETY: as above; the slice is long enough.
                    unsafe { $load(from[..$lanes].as_ptr()) }
                }

                #[inline(always)]
                fn store(self, to: &mut [$type]) {
                    // SAFETY: as above.
                    unsafe { $store(to[..$lanes].as_mut_ptr(), self) }
                }

                #[inline(always)]
                fn mul_add(self, factor: Self, addend: Self) -> Self {
                    // SAFETY: as in `splat`.
                    unsafe { $mul_add(self, factor, addend) }
                }

                #[inline(always)]
                fn add(self, other: Self) -> Self {
                    // SAFETY: as in `splat`.
                    unsafe { $add(self, other) }
                }

                #[inline(always)]
                fn positive_part(self) -> Self {
                    // SAFETY: as in `splat`. Of a NaN and a number it gives the second.
                    unsafe { $max($zero(), self) }
                }

                #[inline(always)]
                fn where_positive(self, $gate: Self) -> Self {
                    let $value = self;
                    // SAFETY: as in `splat`.
                    unsafe { $where_positive }
                }

                #[inline(always)]
                fn sum(self) -> $type {
                    let $all = self;
                    // SAFETY: as in `splat`.
                    unsafe { $sum }
                }
            }
        };
    }

    vector!(
        __m512 of 16 f32:
        _mm512_set1_ps _mm512_loadu_ps _mm512_storeu_ps _mm512_fmadd_ps _mm512_add_ps _mm512_max_ps
        _mm512_setzero_ps,
        where_positive(value, gate)
            _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(gate, _mm512_setzero_ps()), value),
        sum(all) _mm512_reduce_add_ps(all)
    );
    vector!(
        __m512d of 8 f64:
        _mm512_set1_pd _mm512_loadu_pd _mm512_storeu_pd _mm512_fmadd_pd _mm512_add_pd _mm512_max_pd
        _mm512_setzero_pd,
        where_positive(value, gate)
            _mm512_maskz_mov_pd(_mm512_cmp_pd_mask::<_CMP_GT_OQ>(gate, _mm512_setzero_pd()), value),
        sum(all) _mm512_reduce_add_pd(all)
    );
    vector!(
        __m256 of 8 f32:
        _mm256_set1_ps _mm256_loadu_ps _mm256_storeu_ps _mm256_fmadd_ps _mm256_add_ps _mm256_max_ps
        _mm256_setzero_ps,
        where_positive(value, gate)
            _mm256_and_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(gate, _mm256_setzero_ps()), value),
        sum(all) {
            let four = _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps::<1>(all));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
        }
    );
    vector!(
        __m256d of 4 f64:
        _mm256_set1_pd _mm256_loadu_pd _mm256_storeu_pd _mm256_fmadd_pd _mm256_add_pd _mm256_max_pd
        _mm256_setzero_pd,
        where_positive(value, gate)
            _mm256_and_pd(_mm256_cmp_pd::<_CMP_GT_OQ>(gate, _mm256_setzero_pd()), value),
        sum(all) {
            let two = _mm_add_pd(_mm256_castpd256_pd128(all), _mm256_extractf128_pd::<1>(all));
            _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)))
        }
    );
}
