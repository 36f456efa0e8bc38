//! What every optimiser checks before a step.

use std::any::type_name;
use std::fmt::{Debug, Display};

use super::Layout;
use crate::{Error, Float, Result};

/// Anything from 0 that `A` has a number for.
pub(super) fn not_negative<A: Float>(what: &'static str, value: f64) -> Result<()> {
    let fine = A::of(value).is_finite() && value >= 0.0;
    check(fine, what, value, format_args!("a finite {} that is not negative", type_name::<A>()))
}

/// Anything above 0 that `A` has a number for.
pub(super) fn positive<A: Float>(what: &'static str, value: f64) -> Result<()> {
    let fine = A::of(value).is_finite() && A::of(value) > A::zero();
    check(fine, what, value, format_args!("a finite {} above 0", type_name::<A>()))
}

/// What is kept of a number from step to step.
pub(super) fn below_1(what: &'static str, value: f64) -> Result<()> {
    check((0.0..1.0).contains(&value), what, value, "a number from 0 to below 1")
}

/// An error unless the value that was found is fine.
pub(super) fn check(fine: bool, what: &'static str, found: impl Debug, expected: impl Display) -> Result<()> {
    if fine {
        return Ok(());
    }
    Err(Error::Invalid { what, found: format!("{found:?}"), expected: expected.to_string() })
}

/// Both slices should be as long as the layout.
pub(super) fn lengths<A>(op: &'static str, parameters: &[A], gradient: &[A], layout: &Layout) -> Result<()> {
    for (what, slice) in [("parameters", parameters), ("gradient", gradient)] {
        if slice.len() != layout.len() {
            let (found, expected) =
                (vec![slice.len()], format!("[{}], the elements of the layout", layout.len()));
            return Err(Error::Shape { op, what, found, expected });
        }
    }
    Ok(())
}
