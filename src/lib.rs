//! blasnet

#![deny(unsafe_code)]

pub mod data;
pub mod error;
mod float;

pub use error::{Error, Result};
pub use float::Float;
