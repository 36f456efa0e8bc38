//! [`Value`] and [`ValueAs`]: what a sparse matrix stores, and the floats that this stands for.

use std::fmt::Debug;

use crate::{Float, kernels};

/// What a [`SparseMatrix`](super::SparseMatrix) stores: `u8`, `f32` or `f64`.
///
/// A byte b stands for b / 255, as the pixels of a [`Dataset`](crate::Dataset) do. The default is zero.
///
/// Sealed: these are the types that the kernels know.
pub trait Value: Copy + PartialEq + Default + Debug + Send + Sync + 'static + sealed::Sealed {}

impl Value for u8 {}
impl Value for f32 {}
impl Value for f64 {}

/// A stored value as a float of type `A`: bytes are either type of float, floats are themselves.
///
/// ```
/// use blasnet::sparse::ValueAs;
///
/// let (byte, float): (f32, f64) = (51_u8.float(), 0.3.float());
/// assert_eq!((byte, float), (0.2, 0.3));
/// ```
pub trait ValueAs<A>: Value {
    /// The float: b / 255, correctly rounded, for a byte b; any float as it is.
    fn float(self) -> A;
}

impl<A: Float> ValueAs<A> for u8 {
    #[inline]
    fn float(self) -> A {
        kernels::pixel(self)
    }
}

impl ValueAs<Self> for f32 {
    #[inline]
    fn float(self) -> Self {
        self
    }
}

impl ValueAs<Self> for f64 {
    #[inline]
    fn float(self) -> Self {
        self
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for u8 {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}
