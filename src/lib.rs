//! blasnet

#![deny(unsafe_code)]

pub mod data;
pub mod error;
mod float;

#[cfg(any(feature = "mnist-embedded", feature = "mnist-download"))]
pub use data::load_mnist;
pub use data::{Dataset, Mnist, MnistArrays};
pub use error::{Error, Result};
pub use float::Float;
