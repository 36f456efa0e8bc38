//! MNIST as arrays.

mod dataset;
mod gzip;
pub mod idx;

pub use dataset::Dataset;
