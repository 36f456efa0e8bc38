//! The entries of some rows by pairs of neighbouring columns.
//!
//! In what is worth storing sparsely they are often both there; then [`add_columns`](super::add_columns)
//! loads what both are multiplied with once for them.

#[cfg(test)]
mod tests;

use crate::Float;

/// Entries by columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pairs<'a, A> {
    pub(crate) heads: &'a [Head],
    pub(crate) entries: &'a [Pair<A>],
}

/// Which two columns follow: 2 · `pair` and the next.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Head {
    pub(crate) pair: u32,
    /// The place after the pair's last entry.
    pub(crate) end: u32,
}

/// A row's entries in two neighbouring columns. Its size is a power of two, which is quick to multiply by.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(16))]
pub(crate) struct Pair<A> {
    pub(crate) values: [A; 2],
    pub(crate) row: u32,
}

/// The columns of a row's entries, and their values one by one as floats, from those of its pairs; gives how many.
///
/// # Panics
///
/// Unless there is room for two entries a pair, and there are as many values as pairs.
pub(crate) fn unpack<A: Float, P: Copy + Into<u32>, V: Copy>(
    pairs: &[P],
    values: &[[V; 2]],
    float: impl Fn(V) -> A,
    places: &mut [u32],
    singles: &mut [A],
) -> usize {
    assert_eq!(pairs.len(), values.len(), "as many pairs as values");
    let room = 2 * pairs.len();
    let (places, singles) = (&mut places[..room], &mut singles[..room]);
    let mut found = 0;
    for (&pair, &both) in pairs.iter().zip(values) {
        let (pair, [even, odd]) = (pair.into(), both.map(&float));
        // Each is written, and what follows writes over it if it is 0: no branch, which nobody could predict.
        // SAFETY: when pair k comes, counted from 0, `found` is at most 2 · k, and 2 · k + 1 after its first
        // column: below twice the number of pairs.
        unsafe {
            *places.get_unchecked_mut(found) = 2 * pair;
            *singles.get_unchecked_mut(found) = even;
            found += usize::from(even != A::zero());
            *places.get_unchecked_mut(found) = 2 * pair + 1;
            *singles.get_unchecked_mut(found) = odd;
            found += usize::from(odd != A::zero());
        }
    }
    found
}
