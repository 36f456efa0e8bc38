//! [`restart_with_better_kernel`]: this program again, where OpenBLAS does not know the processor.

use std::io;

use blasnet::blas;

/// Where OpenBLAS has a better kernel for this processor than the one that it has chosen, starts the program again with
/// it: the same process, arguments and open files, with `OPENBLAS_CORETYPE` in its environment. Otherwise does nothing.
///
/// It never restarts twice, as the variable is set then. Only Unix has the means; elsewhere the variable has to be set
/// before the program starts.
///
/// # Errors
///
/// If the program's own file cannot be started. The program can go on, only slower.
pub fn restart_with_better_kernel() -> io::Result<()> {
    match blas::better_kernel() {
        Some(kernel) => restart(kernel),
        None => Ok(()),
    }
}

#[cfg(unix)]
fn restart(kernel: &str) -> io::Result<()> {
    use std::os::unix::process::CommandExt;

    let mut arguments = std::env::args_os();
    let mut again = std::process::Command::new(std::env::current_exe()?);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    Err(again.args(arguments).env(blas::CORETYPE, kernel).exec())
}

#[cfg(not(unix))]
fn restart(_: &str) -> io::Result<()> {
    Ok(())
}
