//! Finding the entries of a dense matrix, by pairs of columns: once to count the pairs, once to keep them. Memory
//! is thus taken once, for as many as there are, and each thread writes its rows' pairs where they stay.

use ndarray::{ArrayRef2, ArrayView2, Axis};

use super::{Number, Value};
use crate::compute::flat::elements;
use crate::compute::parallel::{self, Split};

/// Where the pairs of each row of `x` start, and where all of them end.
pub(super) fn starts<V: Value>(x: &ArrayRef2<V>) -> Vec<usize> {
    let mut starts = counts(x, |two| two.iter().any(|&x| is_entry(x)).into());
    let mut end = 0;
    for start in &mut starts {
        end += *start;
        *start = end;
    }
    starts
}

/// How many entries there are.
pub(super) fn entries<V: Value>(x: &ArrayRef2<V>) -> usize {
    counts(x, |two| two.iter().map(|&x| u8::from(is_entry(x))).sum()).iter().sum()
}

/// 0, and how many each row of `x` has of what `count` finds in a pair.
fn counts<V: Value>(x: &ArrayRef2<V>, count: impl Fn(&[V]) -> u8 + Sync) -> Vec<usize> {
    let mut counts = vec![0; x.nrows() + 1];
    let work = (Rows(x.view()), &mut counts[1..]);
    parallel::in_pieces(work, 1, parallel::pieces_of(x.len()), |(Rows(x), counts)| {
        for (row, sum) in x.rows().into_iter().zip(counts) {
            for block in row.axis_chunks_iter(Axis(0), BLOCK) {
                for few in elements(&block).chunks(COUNTED) {
                    // Whole pairs by themselves, so that the compiler makes vectors of them.
                    let (pairs, rest) = few.as_chunks::<2>();
                    let pairs = pairs.iter().map(|two| count(two)).sum::<u8>();
                    *sum += usize::from(pairs) + usize::from(if rest.is_empty() { 0 } else { count(rest) });
                }
            }
        }
    });
    counts
}

/// The numbers of the pairs of `x`, whose rows start at `starts`. What is in them goes to `values`.
pub(super) fn fill<V: Value, P: Number>(x: &ArrayRef2<V>, starts: &[usize], values: &mut [[V; 2]]) -> Vec<P> {
    let mut pairs = vec![P::default(); values.len()];
    let work = (Rows(x.view()), Found { starts, pairs: &mut pairs, values });
    parallel::in_pieces(work, 1, parallel::pieces_of(x.len()), |(Rows(x), found)| {
        keep(x, found.pairs, found.values);
    });
    pairs
}

/// A matrix, to be cut between rows.
struct Rows<'a, V>(ArrayView2<'a, V>);

impl<V: Value> Split for Rows<'_, V> {
    fn len(&self) -> usize {
        self.0.nrows()
    }

    fn split(self, at: usize) -> (Self, Self) {
        let (left, right) = self.0.split_at(Axis(0), at);
        (Self(left), Self(right))
    }
}

/// Room for the pairs of rows, to be cut between rows.
struct Found<'a, P, V> {
    starts: &'a [usize],
    pairs: &'a mut [P],
    values: &'a mut [[V; 2]],
}

impl<P: Number, V: Value> Split for Found<'_, P, V> {
    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    fn split(self, at: usize) -> (Self, Self) {
        let length = self.starts[at] - self.starts[0];
        let (pairs, pairs_after) = self.pairs.split_at_mut(length);
        let (values, values_after) = self.values.split_at_mut(length);
        (
            Self { starts: &self.starts[..=at], pairs, values },
            Self { starts: &self.starts[at..], pairs: pairs_after, values: values_after },
        )
    }
}

/// Elements of a row that are looked at before what was found goes to its place: an even number.
const BLOCK: usize = 1024;

/// Elements that are counted at once: few enough for a byte to count them, which the compiler makes vectors of.
const COUNTED: usize = 128;

/// Writes the pairs of `x` in which there are entries. There is room for exactly as many.
fn keep<V: Value, P: Number>(x: ArrayView2<'_, V>, pairs: &mut [P], values: &mut [[V; 2]]) {
    // A block has room for all of its pairs. So each is written, and the next one writes over it unless it
    // has an entry: no branch, which would often be guessed wrong.
    let (mut block_pairs, mut block_values) = ([P::default(); BLOCK / 2], [[V::default(); 2]; BLOCK / 2]);
    let mut kept = 0;
    for row in x.rows() {
        let mut pair = 0;
        for block in row.axis_chunks_iter(Axis(0), BLOCK) {
            let mut found = 0;
            let mut look_at = |even, odd| {
                // The remainder is `found`, and spares a check.
                block_pairs[found % (BLOCK / 2)] = P::of(pair);
                block_values[found % (BLOCK / 2)] = [even, odd];
                found += usize::from(is_entry(even) | is_entry(odd));
                pair += 1;
            };
            let elements = elements(&block);
            let (two, rest) = elements.as_chunks::<2>();
            two.iter().for_each(|&[even, odd]| look_at(even, odd));
            rest.iter().for_each(|&even| look_at(even, V::default()));
            pairs[kept..kept + found].copy_from_slice(&block_pairs[..found]);
            values[kept..kept + found].copy_from_slice(&block_values[..found]);
            kept += found;
        }
    }
}

/// NaN is none of the zeros, −0 is one.
#[inline]
fn is_entry<V: Value>(x: V) -> bool {
    x != V::default()
}
