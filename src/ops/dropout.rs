//! Dropout: in training each element is 0 with a probability p, and else multiplied by 1/(1 − p), so that its
//! expectation remains. Its derivative is multiplied by the same.
//!
//! Inverted dropout (Srivastava et al., *Dropout: a simple way to prevent neural networks from overfitting*, 2014). A key
//! and an element's place decide whether it drops out, so that a mask is the same on any number of threads.

use std::ops::Range;

use crate::Float;
use crate::compute::kernels;
use crate::compute::parallel::{Split, each};

/// Which dropout masks come next: a network that is given these draws the same ones, so that it can be kept and go on
/// as if nothing had happened ([`Mlp::dropout_masks`](crate::Mlp::dropout_masks)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Masks {
    /// What all of them depend on.
    pub seed: u64,
    /// How many were made: one for each training step.
    pub made: u64,
}

impl Masks {
    /// Those of a seed, from the first on; for later ones set [`made`](Self::made).
    pub const fn new(seed: u64) -> Self {
        Self { seed, made: 0 }
    }

    /// The next mask's key.
    pub(crate) fn key(self) -> u32 {
        let number = self.made;
        [self.seed as u32, (self.seed >> 32) as u32, number as u32, (number >> 32) as u32]
            .into_iter()
            .fold(0, kernels::hash)
    }

    /// [`key`](Self::key) of a mask that is made in any case.
    pub(crate) fn next(&mut self) -> u32 {
        let key = self.key();
        self.advance();
        key
    }

    /// That mask was made.
    pub(crate) fn advance(&mut self) {
        self.made = self.made.wrapping_add(1);
    }
}

/// Elements that drop out become 0, the others are multiplied by 1/(1 − p), in `h` and in `slope`, its derivative. The
/// first element has this place in the mask. On this thread.
pub(crate) fn drop_out<A: Float>(probability: f64, key: u32, first: usize, h: &mut [A], slope: &mut [A]) {
    // A hash below this is kept.
    let keep_below = ((1.0 - probability) * f64::from(u32::MAX)) as u32;
    let scale = A::of(1.0 / (1.0 - probability));
    // Places beyond u32 come round again; their mask is as good a second time.
    kernels::drop_out(key, first as u32, keep_below, scale, h, slope);
}

/// [`drop_out`] for a whole array, shared out.
pub(crate) fn inplace<A: Float>(probability: f64, key: u32, z: &mut [A], slope: &mut [A]) {
    let places = Places(0..z.len());
    each(((z, slope), places), 1, |((z, slope), Places(places))| {
        drop_out(probability, key, places.start, z, slope);
    });
}

/// The places of elements, to be split like them.
struct Places(Range<usize>);

impl Split for Places {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn split(self, at: usize) -> (Self, Self) {
        let middle = self.0.start + at;
        (Self(self.0.start..middle), Self(middle..self.0.end))
    }
}
