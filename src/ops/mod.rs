//! Operations: what nodes, graphs and networks compute with. A file has one of them: its formula, its derivative, and
//! the calls of its kernels, for slices in row-major order or matrices of any layout.
//!
//! A node is an operation and a cache, a graph's node an operation in planned memory, and a function of
//! [`functions`](crate::functions) an operation on arrays of any layout. Shapes are checked there; here they fit.
//! Operations use `compute` and nothing above it.

pub(crate) mod activation;
pub(crate) mod add;
pub(crate) mod affine;
mod argmax;
mod copy;
pub(crate) mod dropout;
pub(crate) mod loss;
pub(crate) mod matmul;
pub(crate) mod multiply;
pub(crate) mod relu;
mod scores;
#[cfg(feature = "serde")]
pub(crate) mod serialised;
pub(crate) mod sigmoid;
pub(crate) mod softmax;
pub(crate) mod softmax_cross_entropy;
pub(crate) mod targets;

pub use activation::Activation;
pub use argmax::argmax;
pub(crate) use copy::copy;
pub use dropout::Masks;
pub use loss::{Loss, Reduction};
pub use scores::{Scores, Sums};
pub use targets::Targets;
