//! [`Progress`]: a bar on standard error, where that is a terminal.

use std::fmt;
use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressState, ProgressStyle};

/// The bar of a run; nothing where standard error is no terminal. Dropped, it is wiped off.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// Standard output is a terminal too, in all likelihood the same one.
    shares_terminal: bool,
}

impl Progress {
    /// The bar of a run of so many steps.
    pub fn new(steps: usize) -> Self {
        let target = match io::stderr().is_terminal() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let rate = |state: &ProgressState, text: &mut dyn fmt::Write| {
            // Where this fails there is no bar to draw.
            let _ = write!(text, "{:.0} steps/s", state.per_sec());
        };
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len}, {rate}, {eta} left, loss {msg}")
            .expect("the template is constant")
            .with_key("rate", rate);
        let bar = ProgressBar::with_draw_target(Some(steps as u64), target)
            .with_style(style)
            .with_finish(ProgressFinish::AndClear);
        Self { bar, shares_terminal: io::stdout().is_terminal() }
    }

    /// One more step has been made.
    pub fn step(&self, loss: f64) {
        if !self.bar.is_hidden() {
            self.bar.inc(1);
            self.bar.set_message(format!("{loss:.4}"));
        }
    }

    /// Calls `print`, which writes to standard output, with the bar out of its way.
    pub fn around<T>(&self, print: impl FnOnce() -> T) -> T {
        match self.shares_terminal {
            true => self.bar.suspend(print),
            false => print(),
        }
    }
}
