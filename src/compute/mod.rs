//! The engine room: kernels, matrix products, threads, memory. `unsafe` code lives here and nowhere else.

pub(crate) mod aligned;
pub mod blas;
pub(crate) mod columns;
pub(crate) mod flat;
pub(crate) mod kernels;
pub mod linalg;
pub mod parallel;
