//! [`Operand`]: what `Add` and `Multiply` work on, a number or an array.

use std::borrow::Cow;

use ndarray::{Array, ArrayBase, Data, Dimension};

use crate::compute::flat;
use crate::{Error, Float, Result};

/// A number (`f32`, `f64`) or a reference to an array of them, of any dimension and layout.
///
/// Sealed: it says which arguments [`Add`](super::Add) and [`Multiply`](super::Multiply) take.
pub trait Operand: sealed::Sealed {
    /// The number type.
    type Elem: Float;
    /// What results: a number of numbers, an array of arrays.
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

/// The shapes of both, which must be equal.
pub(super) fn same_shape<'a>(op: &'static str, x: &'a impl Operand, y: &impl Operand) -> Result<&'a [usize]> {
    check_shape(op, "y", y, x.shape())?;
    Ok(x.shape())
}

/// An error unless `value` has this shape.
pub(super) fn check_shape(
    op: &'static str,
    what: &'static str,
    value: &impl Operand,
    expected: &[usize],
) -> Result<()> {
    if value.shape() == expected {
        return Ok(());
    }
    Err(Error::Shape { op, what, found: value.shape().to_vec(), expected: format!("{expected:?}") })
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
