//! Any-dimensional arrays as the plain slices that kernels work on.

use std::borrow::Cow;

use ndarray::{Array, ArrayRef, ArrayRef2, Dimension};

use crate::Float;

/// The elements in row-major order, borrowed where they already lie so.
pub(crate) fn elements<A: Clone, D: Dimension>(x: &ArrayRef<A, D>) -> Cow<'_, [A]> {
    match x.as_slice() {
        Some(slice) => Cow::Borrowed(slice),
        None => Cow::Owned(x.iter().cloned().collect()),
    }
}

/// Lets `write` fill the elements of `z` in row-major order: in place where they lie so, else by
/// way of a copy. `write` finds what `z` holds.
pub(crate) fn write_elements<A: Float, D: Dimension>(z: &mut ArrayRef<A, D>, write: impl FnOnce(&mut [A])) {
    if let Some(slice) = z.as_slice_mut() {
        return write(slice);
    }
    let mut copy: Vec<A> = z.iter().copied().collect();
    write(&mut copy);
    for (z, new) in z.iter_mut().zip(copy) {
        *z = new;
    }
}

/// The same array with its elements in row-major order; no copy where they lie so.
pub(crate) fn row_major<A: Clone, D: Dimension>(x: Array<A, D>) -> Array<A, D> {
    if x.is_standard_layout() { x } else { x.as_standard_layout().into_owned() }
}

/// Writes 1 to the column of each row's class, and 0 elsewhere.
pub(crate) fn write_one_hot<A: Float>(classes: impl Iterator<Item = usize>, t: &mut ArrayRef2<A>) {
    t.fill(A::zero());
    for (mut t, class) in t.rows_mut().into_iter().zip(classes) {
        t[class] = A::one();
    }
}

/// Panics with both shapes unless they are equal.
#[track_caller]
pub(crate) fn assert_same_shape(op: &str, what: &str, found: &[usize], expected: &[usize]) {
    if found != expected {
        shapes_differ(op, what, found, expected);
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn shapes_differ(op: &str, what: &str, found: &[usize], expected: &[usize]) -> ! {
    panic!("{op}: `{what}` has shape {found:?}, expected {expected:?}")
}
