//! Matrices that are mostly zeros: [`SparseMatrix`] keeps the other entries only.

mod matrix;
#[cfg(feature = "sprs")]
mod sprs;
mod value;

pub use matrix::SparseMatrix;
pub use value::{Value, ValueAs};
