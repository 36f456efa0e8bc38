//! What holds of any bytes that a loader of blasnet is given, for a fuzzer to refute: it ends, neither panics nor
//! asks for more memory than [`MEMORY`], and what it accepts is of use and comes back from a file of its own.
//!
//! Each function here is a target. It says whether a loader has accepted the bytes, and panics where something is
//! wrong.

mod checkpoint;
mod idx;
mod model;
mod names;
mod npz_arrays;

use std::alloc::System;

use cap::Cap;

pub use checkpoint::{Generator, checkpoint, run};
pub use idx::idx;
pub use model::{npz, safetensors};
pub use names::names;
pub use npz_arrays::npz_arrays;

/// No input needs more, together with the corpus of a fuzzer: the inputs are a few kilobytes, and deflate makes of
/// each of their bytes a thousand at most. Who asks for more dies of it.
pub const MEMORY: usize = 1 << 29;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, MEMORY);

/// A target by its name.
pub fn target(name: &str) -> Option<fn(&[u8]) -> bool> {
    Some(match name {
        "checkpoint" => checkpoint,
        "idx" => idx,
        "names" => names,
        "npz" => npz,
        "npz_arrays" => npz_arrays,
        "safetensors" => safetensors,
        _ => return None,
    })
}
