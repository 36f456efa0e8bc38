//! blasnet

#![deny(unsafe_code)]

pub mod data;
pub mod error;
mod float;

pub use data::Dataset;
pub use error::{Error, Result};
pub use float::Float;
