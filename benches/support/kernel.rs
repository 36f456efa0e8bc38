//! Benchmarks run with the kernel that suits the processor: one that OpenBLAS fell back to says nothing about ours.

use std::io;

use blasnet::blas;

/// Starts the benchmark again with OpenBLAS's better kernel, if there is one. It never restarts twice, as
/// `OPENBLAS_CORETYPE` is set then; where it cannot, it says so, and the benchmark goes on.
pub fn restart_with_better_kernel() {
    if let Some(kernel) = blas::better_kernel()
        && let Err(error) = restart(kernel)
    {
        eprintln!("going on with a slow kernel, as {}={kernel} is not set: {error}", blas::CORETYPE);
    }
}

#[cfg(unix)]
fn restart(kernel: &str) -> io::Result<()> {
    use std::os::unix::process::CommandExt;

    let program = std::env::current_exe()?;
    Err(std::process::Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(blas::CORETYPE, kernel)
        .exec())
}

#[cfg(not(unix))]
fn restart(_: &str) -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}
