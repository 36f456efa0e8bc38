//! What decides which numbers drop out: a seed and a count, on any number of threads.

use crate::kernels;

/// The keys of masks, one after the other: the same for the same seed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Masks {
    seed: u64,
    made: u64,
}

impl Masks {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed, made: 0 }
    }

    /// The next mask's key.
    pub(crate) fn next(&mut self) -> u32 {
        let number = self.made;
        self.made += 1;
        [self.seed as u32, (self.seed >> 32) as u32, number as u32, (number >> 32) as u32]
            .into_iter()
            .fold(0, kernels::hash)
    }
}

/// A hash below this is kept: all of them but a share of `dropout`.
pub(crate) fn kept_below(dropout: f64) -> u32 {
    ((1.0 - dropout) * f64::from(u32::MAX)) as u32
}
