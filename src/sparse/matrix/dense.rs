//! Finding the entries of a dense matrix: once to count them, once to keep them. Memory is thus taken once,
//! for as many as there are, and each thread writes its rows' entries where they stay.

use ndarray::{ArrayRef2, ArrayView2, Axis};

use super::{Place, Value};
use crate::flat::elements;
use crate::parallel::{self, Split};

/// Where the entries of each row of `x` start, and where all of them end.
pub(super) fn starts<V: Value>(x: &ArrayRef2<V>) -> Vec<usize> {
    let mut starts = vec![0; x.nrows() + 1];
    let work = (Rows(x.view()), &mut starts[1..]);
    parallel::in_pieces(work, 1, parallel::pieces_of(x.len()), |(Rows(x), counts)| count(x, counts));
    let mut entries = 0;
    for start in &mut starts {
        entries += *start;
        *start = entries;
    }
    starts
}

/// The columns of the entries of `x`, whose rows start at `starts`. The entries themselves go to `values`.
pub(super) fn fill<V: Value, P: Place>(x: &ArrayRef2<V>, starts: &[usize], values: &mut [V]) -> Vec<P> {
    let mut places = vec![P::default(); values.len()];
    let work = (Rows(x.view()), Entries { starts, places: &mut places, values });
    parallel::in_pieces(work, 1, parallel::pieces_of(x.len()), |(Rows(x), entries)| {
        keep(x, entries.places, entries.values);
    });
    places
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

/// Room for the entries of rows, to be cut between rows.
struct Entries<'a, P, V> {
    starts: &'a [usize],
    places: &'a mut [P],
    values: &'a mut [V],
}

impl<P: Place, V: Value> Split for Entries<'_, P, V> {
    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    fn split(self, at: usize) -> (Self, Self) {
        let entries = self.starts[at] - self.starts[0];
        let (places, places_after) = self.places.split_at_mut(entries);
        let (values, values_after) = self.values.split_at_mut(entries);
        (
            Self { starts: &self.starts[..=at], places, values },
            Self { starts: &self.starts[at..], places: places_after, values: values_after },
        )
    }
}

/// Elements of a row that are looked at before what was found goes to its place.
const BLOCK: usize = 1024;

/// Elements that are counted at once: few enough for a byte to count them, which the compiler makes vectors of.
const COUNTED: usize = 128;

/// Writes how many entries each row of `x` has.
fn count<V: Value>(x: ArrayView2<'_, V>, counts: &mut [usize]) {
    for (row, count) in x.rows().into_iter().zip(counts) {
        *count = 0;
        for block in row.axis_chunks_iter(Axis(0), BLOCK) {
            for few in elements(&block).chunks(COUNTED) {
                *count += usize::from(few.iter().map(|&x| u8::from(is_entry(x))).sum::<u8>());
            }
        }
    }
}

/// Writes the entries of `x`, and their columns. There is room for exactly as many as there are.
fn keep<V: Value, P: Place>(x: ArrayView2<'_, V>, places: &mut [P], values: &mut [V]) {
    // A block has room for all of its elements. So each is written, and the next one writes over it unless it
    // was an entry: no branch, which would often be guessed wrong.
    let (mut block_places, mut block_values) = ([P::default(); BLOCK], [V::default(); BLOCK]);
    let mut kept = 0;
    for row in x.rows() {
        let mut column = 0;
        for block in row.axis_chunks_iter(Axis(0), BLOCK) {
            let mut found = 0;
            for &x in &*elements(&block) {
                // The remainder is `found`, and spares a check.
                block_places[found % BLOCK] = P::of(column);
                block_values[found % BLOCK] = x;
                found += usize::from(is_entry(x));
                column += 1;
            }
            places[kept..kept + found].copy_from_slice(&block_places[..found]);
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
