//! [`Value`] and [`ValueAs`]: what a sparse matrix stores, and the floats that this stands for.

use std::fmt::Debug;

use crate::Float;

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
        A::OF_BYTES[usize::from(self)]
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

/// A float for each byte. Public as [`Float`]'s seal is.
pub trait OfBytes: Sized + 'static {
    /// b / 255 in place b. A table, as one element at a time is looked up faster than computed.
    const OF_BYTES: &'static [Self; 256];
}

macro_rules! of_bytes {
    ($type:ident) => {
        impl OfBytes for $type {
            const OF_BYTES: &'static [Self; 256] = {
                let mut floats = [0.0; 256];
                let mut byte = 0;
                while byte < 256 {
                    floats[byte] = byte as Self / 255.0;
                    byte += 1;
                }
                &{ floats }
            };
        }
    };
}
of_bytes!(f32);
of_bytes!(f64);

mod sealed {
    pub trait Sealed {
        /// Whether this is neither NaN nor infinite.
        fn is_finite_value(&self) -> bool {
            true
        }
    }
    impl Sealed for u8 {}
    impl Sealed for f32 {
        fn is_finite_value(&self) -> bool {
            self.is_finite()
        }
    }
    impl Sealed for f64 {
        fn is_finite_value(&self) -> bool {
            self.is_finite()
        }
    }
}
