//! The entries of some rows by pairs of neighbouring columns.
//!
//! In what is worth storing sparsely they are often both there; then [`add_columns`](super::add_columns)
//! loads what both are multiplied with once for them.

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

/// Entries of a sparse matrix, one by one for [`multiply_rows`](super::multiply_rows), and by pairs of columns.
#[derive(Debug, Default)]
pub(crate) struct Unpacked<A> {
    /// Columns and values of entries that are not 0; more may lie behind the last one.
    places: Vec<u32>,
    values: Vec<A>,
    entries: usize,
    /// Pairs of columns and their values; likewise.
    pairs: Vec<u32>,
    both: Vec<[A; 2]>,
    length: usize,
    /// How often each pair occurs.
    counts: Vec<u32>,
}

impl<A: Float> Unpacked<A> {
    /// Makes room for so many pairs of a matrix of so many columns. What is there is lost.
    pub(crate) fn reserve(&mut self, columns: usize, pairs: usize) {
        if self.pairs.len() < pairs {
            // One more, as what is no entry is written, too, and then written over.
            (self.places, self.values) = (vec![0; 2 * pairs + 1], vec![A::zero(); 2 * pairs + 1]);
            (self.pairs, self.both) = (vec![0; pairs], vec![[A::zero(); 2]; pairs]);
        }
        self.counts.resize(columns.div_ceil(2), 0);
        self.clear();
    }

    pub(crate) fn clear(&mut self) {
        (self.entries, self.length) = (0, 0);
        self.counts.fill(0);
    }

    pub(crate) fn places(&self) -> &[u32] {
        &self.places[..self.entries]
    }

    pub(crate) fn values(&self) -> &[A] {
        &self.values[..self.entries]
    }

    pub(crate) fn pairs(&self) -> &[u32] {
        &self.pairs[..self.length]
    }

    /// The values of each of the pairs.
    pub(crate) fn both(&self) -> &[[A; 2]] {
        &self.both[..self.length]
    }

    pub(crate) fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// Adds a row's pairs, whose values `float` makes floats of.
    ///
    /// # Panics
    ///
    /// If there is no room for them, or not as many values.
    pub(crate) fn append<P: Copy + Into<u32>, V: Copy>(
        &mut self,
        pairs: &[P],
        values: &[[V; 2]],
        float: impl Fn(V) -> A,
    ) {
        assert_eq!(pairs.len(), values.len(), "as many pairs as values");
        let both = &mut self.both[self.length..][..pairs.len()];
        let kept = &mut self.pairs[self.length..][..pairs.len()];
        let room = self.entries..self.entries + 2 * pairs.len() + 1;
        let (places, singles) = (&mut self.places[room.clone()], &mut self.values[room]);
        let mut found = 0;
        for (((&pair, &two), kept), both) in pairs.iter().zip(values).zip(kept).zip(both) {
            let (pair, [even, odd]) = (pair.into(), two.map(&float));
            (*kept, *both) = (pair, [even, odd]);
            self.counts[pair as usize] += 1;
            // Each is written, and what follows writes over it if it is 0: no branch, which nobody could predict.
            // SAFETY: of so many pairs, each adds at most 2 to `found`, and there is room for twice as many and
            // one more.
            unsafe {
                *places.get_unchecked_mut(found) = 2 * pair;
                *singles.get_unchecked_mut(found) = even;
                found += usize::from(even != A::zero());
                *places.get_unchecked_mut(found) = 2 * pair + 1;
                *singles.get_unchecked_mut(found) = odd;
                found += usize::from(odd != A::zero());
            }
        }
        self.entries += found;
        self.length += pairs.len();
    }
}
