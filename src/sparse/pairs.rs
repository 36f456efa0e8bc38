//! [`PairList`]: the entries of some rows in the order of their columns.

use super::RowTile;
use crate::Float;
use crate::kernels::{Head, Pair, Pairs};

/// The entries of a [`RowTile`] by pairs of columns.
#[derive(Debug)]
pub(crate) struct PairList<A> {
    heads: Vec<Head>,
    entries: Vec<Pair<A>>,
    /// For each pair, where its next entry goes.
    next: Vec<u32>,
}

impl<A: Float> PairList<A> {
    pub(crate) fn new() -> Self {
        Self { heads: Vec::new(), entries: Vec::new(), next: Vec::new() }
    }

    /// Makes room for so many pairs that rows of so many columns have.
    pub(crate) fn reserve(&mut self, columns: usize, pairs: usize) {
        let numbers = columns.div_ceil(2);
        self.heads.clear();
        self.heads.reserve(numbers.min(pairs));
        self.next.resize(numbers, 0);
        if self.entries.len() < pairs {
            self.entries = vec![Pair::default(); pairs];
        }
    }

    /// Takes the entries of these rows, for which there is room: a counting sort, the counts being there.
    pub(crate) fn sort(&mut self, rows: &RowTile<A>) {
        let unpacked = rows.unpacked();
        self.heads.clear();
        let mut end = 0;
        for ((pair, &count), next) in (0..).zip(unpacked.counts()).zip(&mut self.next) {
            *next = end;
            end += count;
            if count > 0 {
                self.heads.push(Head { pair, end });
            }
        }
        let (next, entries) = (&mut self.next[..], &mut self.entries[..end as usize]);
        let mut start = 0;
        for (row, &end) in (0..).zip(rows.ends()) {
            for (&pair, &values) in unpacked.pairs()[start..end].iter().zip(&unpacked.both()[start..end]) {
                let next = &mut next[pair as usize];
                entries[*next as usize] = Pair { values, row };
                *next += 1;
            }
            start = end;
        }
    }

    pub(crate) fn view(&self) -> Pairs<'_, A> {
        Pairs { heads: &self.heads, entries: &self.entries }
    }
}
