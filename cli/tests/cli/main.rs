//! The program as its user meets it: arguments in, two streams and an exit code out.

mod bad_input;
#[cfg(unix)]
mod checkpoint;
mod common;
mod convert;
mod course;
#[cfg(unix)]
mod ctrl_c;
mod eval;
#[cfg(unix)]
mod killed;
#[cfg(unix)]
mod live;
mod pipes;
mod plot_bench;
mod predict;
mod recipes;
mod report;
#[cfg(unix)]
mod serve;
mod strokes;
mod train;
