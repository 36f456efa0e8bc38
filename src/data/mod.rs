//! MNIST as arrays.

mod gzip;
pub mod idx;
