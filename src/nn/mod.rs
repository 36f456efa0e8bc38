//! The network: its parameters, their initial values, and its training step.

pub mod init;
pub(crate) mod mlp;
pub(crate) mod step;
pub(crate) mod weights;

pub use init::Init;
pub use mlp::{Mlp, MlpBuilder};
