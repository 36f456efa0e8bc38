//! [`PairList`]: the entries of some rows in the order of their columns.

use std::ops::Range;

use super::SparseRows;
use crate::Float;
use crate::compute::kernels::{Head, Pair, Pairs};

/// The entries of some rows by pairs of columns.
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

    /// Makes room for so many rows of `x`.
    pub(crate) fn reserve(&mut self, x: &SparseRows<'_, A>, rows: usize) {
        let (numbers, pairs) = (x.columns().div_ceil(2), rows * x.longest());
        self.heads.clear();
        self.heads.reserve(numbers.min(pairs));
        self.next.resize(numbers, 0);
        if self.entries.len() < pairs {
            self.entries = vec![Pair::default(); pairs];
        }
    }

    /// Takes the entries of these rows of `x`, for which there is room: a counting sort.
    pub(crate) fn sort(&mut self, x: &SparseRows<'_, A>, rows: Range<usize>) {
        let next = &mut self.next[..];
        next.fill(0);
        for row in rows.clone() {
            x.each_pair(row, |pair, _| next[pair as usize] += 1);
        }
        self.heads.clear();
        let mut end = 0;
        for (pair, next) in (0..).zip(&mut *next) {
            let start = end;
            end += *next;
            *next = start;
            if start < end {
                self.heads.push(Head { pair, end });
            }
        }
        let entries = &mut self.entries[..end as usize];
        for (number, row) in (0..).zip(rows) {
            x.each_pair(row, |pair, values| {
                let next = &mut next[pair as usize];
                entries[*next as usize] = Pair { values, row: number };
                *next += 1;
            });
        }
    }

    pub(crate) fn view(&self) -> Pairs<'_, A> {
        Pairs { heads: &self.heads, entries: &self.entries }
    }
}
