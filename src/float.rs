//! [`Float`]: the two number types of this crate.

use ndarray::NdFloat;

/// `f32` or `f64`: what everything numeric in this crate is generic over.
///
/// Sealed: BLAS has products for these two alone, and so have the kernels.
///
/// ```
/// use blasnet::Float;
///
/// fn half<A: Float>(x: A) -> A {
///     x * A::of(0.5)
/// }
/// assert_eq!(half(3.0_f32), 1.5);
/// ```
pub trait Float: NdFloat + std::iter::Sum + Default + sealed::Sealed {
    /// `value`, rounded to this type.
    fn of(value: f64) -> Self;

    /// This number as `f64`, exactly.
    fn as_f64(self) -> f64;
}

impl Float for f32 {
    #[expect(clippy::cast_possible_truncation, reason = "rounding is what `of` is for")]
    fn of(value: f64) -> Self {
        value as Self
    }

    fn as_f64(self) -> f64 {
        f64::from(self)
    }
}

impl Float for f64 {
    fn of(value: f64) -> Self {
        value
    }

    fn as_f64(self) -> f64 {
        self
    }
}

mod sealed {
    use crate::compute::kernels::{normal::Normal, vector::Registers};
    use crate::sparse::{OfBytes, ValueAs};

    pub trait Sealed: Normal + Registers + OfBytes + ValueAs<Self> {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}
