//! The network: its parameters, their initial values, and its training step.

mod forward;
pub mod init;
pub(crate) mod mlp;
mod part;
pub(crate) mod shape;
pub(crate) mod step;
mod store;

pub use init::Init;
pub use mlp::{Mlp, MlpBuilder};
pub use part::Part;
