//! [`Aligned`]: numbers that start at a cache line.

use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::Float;
use crate::compute::kernels::LINE;

/// So many numbers, the first at the beginning of a cache line: a register's worth never lies across two.
pub(crate) struct Aligned<A> {
    buffer: Vec<A>,
    start: usize,
    length: usize,
}

impl<A: Float> Aligned<A> {
    pub(crate) fn zeros(length: usize) -> Self {
        let buffer = vec![A::zero(); length + Self::SPARE];
        let mut aligned = Self { buffer, start: 0, length };
        aligned.start = aligned.first_of_a_line();
        aligned
    }
}

impl<A> Aligned<A> {
    /// Numbers that lie before the first line in the worst case.
    const SPARE: usize = LINE / size_of::<A>() - 1;

    fn first_of_a_line(&self) -> usize {
        // Where it cannot be found out, as in an interpreter, any place will do.
        self.buffer.as_ptr().align_offset(LINE).min(Self::SPARE)
    }
}

impl<A> Deref for Aligned<A> {
    type Target = [A];

    fn deref(&self) -> &[A] {
        &self.buffer[self.start..self.start + self.length]
    }
}

impl<A> DerefMut for Aligned<A> {
    fn deref_mut(&mut self) -> &mut [A] {
        &mut self.buffer[self.start..self.start + self.length]
    }
}

impl<A: Clone> Clone for Aligned<A> {
    fn clone(&self) -> Self {
        let mut copy = Self { buffer: self.buffer.clone(), ..*self };
        // The copy may lie otherwise.
        copy.start = copy.first_of_a_line();
        copy.buffer[..].rotate_left(self.start);
        copy.buffer[..].rotate_right(copy.start);
        copy
    }
}

impl<A> fmt::Debug for Aligned<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Aligned({} numbers)", self.length)
    }
}
