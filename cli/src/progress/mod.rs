//! [`Progress`]: a live line on standard error, where that is a terminal.

mod history;
mod line;
mod screen;
mod sparkline;

use std::fmt;
use std::io::{self, IsTerminal};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use blasnet::Scores;
use console::{Style, Term};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressState, ProgressStyle};

use history::History;
use screen::Screen;

/// As often as indicatif draws where it is not told.
const FRAMES_PER_SECOND: u8 = 20;

/// The live line of a run; nothing where standard error is no terminal. Dropped, it is wiped off.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    /// What the line is drawn from, by the bar when it is time.
    history: Arc<Mutex<History>>,
    /// Standard output is a terminal too, in all likelihood the same one.
    shares_terminal: bool,
}

impl Progress {
    /// The line of a run of so many steps.
    pub fn new(steps: usize) -> Self {
        let screen = Screen::new(Term::buffered_stderr());
        let target = match io::stderr().is_terminal() && !console::is_dumb() {
            true => ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), FRAMES_PER_SECOND),
            false => ProgressDrawTarget::hidden(),
        };
        let history = Arc::new(Mutex::new(History::new(steps)));
        let (start, accent, drawn) = (Instant::now(), Style::new().for_stderr().cyan(), Arc::clone(&history));
        let line = move |_: &ProgressState, text: &mut dyn fmt::Write| {
            let history = drawn.lock().unwrap_or_else(PoisonError::into_inner);
            // Where this fails there is no line to draw.
            let _ = text.write_str(&line::line(&history, start.elapsed(), screen.columns(), &accent));
        };
        let style = ProgressStyle::with_template("{line}").expect("the template is constant");
        let bar = ProgressBar::with_draw_target(Some(steps as u64), target)
            .with_style(style.with_key("line", line))
            .with_finish(ProgressFinish::AndClear);
        Self { bar, history, shares_terminal: io::stdout().is_terminal() }
    }

    /// So many steps have been made, the last of them with these scores.
    pub fn step(&self, made: usize, scores: Scores) {
        if !self.bar.is_hidden() {
            self.history.lock().unwrap_or_else(PoisonError::into_inner).record(made, scores);
            self.bar.set_position(made as u64);
        }
    }

    /// Calls `print`, which writes to standard output, with the line out of its way.
    pub fn around<T>(&self, print: impl FnOnce() -> T) -> T {
        match self.shares_terminal {
            true => self.bar.suspend(print),
            false => print(),
        }
    }
}
