//! Where a graph's numbers lie: each value and each gradient in a place of its own, planned once.

use std::marker::PhantomData;
use std::ops::Range;

use crate::compute::aligned::Aligned;
use crate::compute::kernels::LINE;
use crate::{Float, Layout};

/// Which slice numbers lie in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    /// All parameters, one after the other, as an optimiser takes them.
    Parameters,
    /// Inputs and constants, then what nodes compute, each after its inputs.
    Others,
    /// Derivatives that a node's `backprop` writes, to be added to those of other nodes.
    Scratch,
}

/// Where an array's elements lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) memory: Memory,
    pub(super) start: usize,
    pub(super) length: usize,
}

impl Place {
    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.start + self.length
    }
}

/// How much of a memory is taken.
#[derive(Debug)]
pub(super) struct Extent<A> {
    memory: Memory,
    end: usize,
    number: PhantomData<A>,
}

impl<A: Float> Extent<A> {
    pub(super) const fn new(memory: Memory) -> Self {
        Self { memory, end: 0, number: PhantomData }
    }

    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// The next place; at the beginning of a cache line, unless it is a parameter's. None if it is larger than an
    /// address space.
    pub(super) fn next(&mut self, length: usize) -> Option<Place> {
        let line = if self.memory == Memory::Parameters { 1 } else { LINE / size_of::<A>() };
        let start = self.end;
        let end = start.checked_add(length)?.checked_next_multiple_of(line)?;
        // Leaves room for an allocation's padding.
        if end > (isize::MAX as usize - 2 * LINE) / size_of::<A>() {
            return None;
        }
        self.end = end;
        Some(Place { memory: self.memory, start, length })
    }
}

/// The numbers of all places but scratch: the values, or the gradients.
#[derive(Debug)]
pub(super) struct Numbers<A> {
    pub(super) parameters: Aligned<A>,
    pub(super) others: Aligned<A>,
}

impl<A: Float> Numbers<A> {
    pub(super) fn zeros(layout: &Layout, others: usize) -> Self {
        Self { parameters: Aligned::zeros(layout.len()), others: Aligned::zeros(others) }
    }

    pub(super) fn get(&self, place: Place) -> &[A] {
        match place.memory {
            Memory::Parameters => &self.parameters[place.range()],
            _ => &self.others[place.range()],
        }
    }

    pub(super) fn get_mut(&mut self, place: Place) -> &mut [A] {
        match place.memory {
            Memory::Parameters => &mut self.parameters[place.range()],
            _ => &mut self.others[place.range()],
        }
    }
}

/// What lies before a place, and what lies in it.
pub(super) fn before_and_at<A>(others: &mut [A], place: Place) -> (&mut [A], &mut [A]) {
    let (before, rest) = others.split_at_mut(place.start);
    (before, &mut rest[..place.length])
}
