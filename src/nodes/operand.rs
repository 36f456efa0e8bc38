//! [`Operand`]: a number or an array.

use std::borrow::Cow;

use ndarray::{Array, ArrayBase, Data, Dimension};

use crate::compute::flat;
use crate::{Error, Float, Result};

/// A number (`f32`, `f64`) or a reference to an array of them, of any dimension and layout.
///
/// Sealed: the arguments that [`Add`](super::Add), [`Multiply`](super::Multiply) and graphs take.
pub trait Operand: sealed::Sealed {
    /// The number type.
    type Elem: Float;
    /// The kind of result: a number for numbers, an array for arrays.
    type Owned;

    /// The shape; empty for a number.
    #[doc(hidden)]
    fn shape(&self) -> &[usize];

    /// The elements in row-major order.
    #[doc(hidden)]
    fn elements(&self) -> Cow<'_, [Self::Elem]>;

    /// The same kind of value with these elements.
    #[doc(hidden)]
    fn with_elements(&self, elements: Vec<Self::Elem>) -> Self::Owned;
}

/// An error unless the shapes are equal.
pub(super) fn check_shape(
    op: &'static str,
    what: &'static str,
    found: &[usize],
    expected: &[usize],
) -> Result<()> {
    if found == expected { Ok(()) } else { Err(Error::shape(op, what, found, format!("{expected:?}"))) }
}

macro_rules! number {
    ($type:ty) => {
        impl Operand for $type {
            type Elem = Self;
            type Owned = Self;

            fn shape(&self) -> &[usize] {
                &[]
            }

            fn elements(&self) -> Cow<'_, [Self]> {
                Cow::Borrowed(std::slice::from_ref(self))
            }

            fn with_elements(&self, elements: Vec<Self>) -> Self {
                elements[0]
            }
        }
        impl sealed::Sealed for $type {}
    };
}
number!(f32);
number!(f64);

impl<A: Float, S: Data<Elem = A>, D: Dimension> Operand for &ArrayBase<S, D> {
    type Elem = A;
    type Owned = Array<A, D>;

    fn shape(&self) -> &[usize] {
        (**self).shape()
    }

    fn elements(&self) -> Cow<'_, [A]> {
        flat::elements(self)
    }

    fn with_elements(&self, elements: Vec<A>) -> Array<A, D> {
        Array::from_shape_vec(self.raw_dim(), elements).expect("as many elements as the shape has places")
    }
}
impl<S: Data, D> sealed::Sealed for &ArrayBase<S, D> {}

mod sealed {
    pub trait Sealed {}
}
