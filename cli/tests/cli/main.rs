//! The program as its user meets it: arguments in, two streams and an exit code out.

mod bad_input;
mod common;
mod convert;
mod course;
#[cfg(unix)]
mod ctrl_c;
mod eval;
mod pipes;
mod train;
