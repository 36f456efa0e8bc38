//! MNIST as arrays: from the binary itself, from a folder, or from the network.
//!
//! | where from | how | feature |
//! |---|---|---|
//! | inside the binary | `Mnist::embedded` | `mnist-embedded` |
//! | a folder with the four IDX files, gzipped or not | [`Mnist::from_dir`] | |
//! | a mirror, once, then the user's cache folder | `Mnist::download` | `mnist-download` |
//! | the first of the above that is built in, as floats | `load_mnist` | either |
//!
//! Pixels stay bytes, 55 MB for all of MNIST, and become floats a batch at a time
//! ([`Dataset::gather`]); [`MnistArrays`] is the 220 MB copy in which they all are floats.

mod dataset;
#[cfg(feature = "mnist-download")]
pub mod download;
mod gzip;
pub mod idx;
mod mnist;
mod originals;

pub use dataset::{Dataset, InputForm};
#[cfg(any(feature = "mnist-embedded", feature = "mnist-download"))]
pub use mnist::load_mnist;
pub use mnist::{CLASSES, Mnist, MnistArrays, PIXELS, SIDE};
