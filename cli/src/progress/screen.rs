//! [`Screen`]: the terminal as the live line sees it.

use std::io;

use console::Term;
use indicatif::TermLike;

/// Columns that stay free. A terminal shows Ctrl-C as `^C` behind the line: without room for it the line would move up
/// out of reach, and could not be wiped off.
const MARGIN: u16 = 2;

/// A terminal but for its last columns.
#[derive(Debug, Clone)]
pub struct Screen(Term);

impl Screen {
    pub fn new(term: Term) -> Self {
        Self(term)
    }

    /// Columns that there are at the moment.
    pub fn columns(&self) -> usize {
        self.width().into()
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        window().unwrap_or(self.0.size().1).saturating_sub(MARGIN)
    }

    fn height(&self) -> u16 {
        self.0.size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_left(n)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.0.write_line(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The window's columns, if the system knows them. console asks for its rows as well, which are 0 where `stty cols` alone
/// has been said, and then takes 80 columns.
#[cfg(unix)]
fn window() -> Option<u16> {
    let size = rustix::termios::tcgetwinsize(io::stderr()).ok()?;
    (size.ws_col > 0).then_some(size.ws_col)
}

#[cfg(not(unix))]
fn window() -> Option<u16> {
    None
}
