//! Checks of settings that are numbers.

use std::any::type_name;
use std::fmt::{Debug, Display};

use crate::{Error, Float, Result};

/// Anything from 0 that `A` has a number for.
pub(crate) fn not_negative<A: Float>(what: &'static str, value: f64) -> Result<()> {
    let fine = A::of(value).is_finite() && value >= 0.0;
    check(fine, what, value, format_args!("a finite {} that is not negative", type_name::<A>()))
}

/// Anything above 0 that `A` has a number for.
pub(crate) fn positive<A: Float>(what: &'static str, value: f64) -> Result<()> {
    let fine = A::of(value).is_finite() && A::of(value) > A::zero();
    check(fine, what, value, format_args!("a finite {} above 0", type_name::<A>()))
}

/// What is kept of something from step to step: all of it would never fade.
pub(crate) fn below_1(what: &'static str, value: f64) -> Result<()> {
    check((0.0..1.0).contains(&value), what, value, "a number from 0 to below 1")
}

/// An error unless the value that was found is fine.
pub(crate) fn check(fine: bool, what: &'static str, found: impl Debug, expected: impl Display) -> Result<()> {
    if fine {
        return Ok(());
    }
    Err(Error::Invalid { what, found: format!("{found:?}"), expected: expected.to_string() })
}
