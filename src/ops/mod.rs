//! Operations: what a network or a graph computes with, each with its formula and its derivative.

pub(crate) mod activation;
pub(crate) mod dropout;
pub(crate) mod loss;
mod scores;
#[cfg(feature = "serde")]
pub(crate) mod serialised;

pub use activation::Activation;
pub use dropout::Masks;
pub use loss::{Loss, Reduction, Targets};
pub use scores::Scores;
