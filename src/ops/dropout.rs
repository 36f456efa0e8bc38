//! What decides which numbers drop out: a seed and a count, on any number of threads.

use crate::compute::kernels;

/// Which dropout masks come next: a network with these draws the same ones, so that it can be kept and go on as if
/// nothing had been ([`Mlp::dropout_masks`](crate::Mlp::dropout_masks)).
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
    pub(crate) fn next(&mut self) -> u32 {
        let number = self.made;
        self.made = number.wrapping_add(1);
        [self.seed as u32, (self.seed >> 32) as u32, number as u32, (number >> 32) as u32]
            .into_iter()
            .fold(0, kernels::hash)
    }
}

/// A hash below this is kept: all of them but a share of `dropout`.
pub(crate) fn kept_below(dropout: f64) -> u32 {
    ((1.0 - dropout) * f64::from(u32::MAX)) as u32
}
