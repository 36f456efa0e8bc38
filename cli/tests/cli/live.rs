//! The live line, on a terminal: what is written to it frame by frame, and what is left to be seen.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::num::NonZeroU16;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Command, Stdio};

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::common::{Digits, Run, blasnet};
use crate::ctrl_c::interrupt;

/// Where each frame begins: the line is wiped.
const WIPE: &str = "\r\x1b[2K";
/// Enough rows that nothing leaves the screen.
const ROWS: u16 = 300;

/// A terminal's side that a person sits at.
struct Terminal {
    ours: File,
    programs: File,
    written: Vec<u8>,
}

impl Terminal {
    fn new(columns: u16) -> Self {
        Self::of_size(ROWS, columns)
    }

    fn of_size(rows: u16, columns: u16) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let programs = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(OFlags::NOCTTY.bits().cast_signed())
            .open(OsStr::from_bytes(name.as_bytes()))
            .unwrap();
        let terminal = Self { ours: ours.into(), programs, written: Vec::new() };
        terminal.set_size(rows, columns);
        terminal
    }

    fn set_size(&self, ws_row: u16, ws_col: u16) {
        tcsetwinsize(&self.programs, Winsize { ws_row, ws_col, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    }

    fn stdio(&self) -> Stdio {
        self.programs.try_clone().unwrap().into()
    }

    /// Starts the program with both streams here.
    fn start(&self, args: &[&str], variables: &[(&str, &str)]) -> Child {
        command(args, variables).stdout(self.stdio()).stderr(self.stdio()).spawn().unwrap()
    }

    /// Reads a piece; `false` at the end.
    fn read(&mut self) -> bool {
        let mut piece = [0; 4096];
        let count = match self.ours.read(&mut piece) {
            Ok(count) => count,
            // What Linux says once no program has the terminal.
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => 0,
            Err(error) if error.kind() == ErrorKind::Interrupted => return true,
            Err(error) => panic!("{error}"),
        };
        self.written.extend(&piece[..count]);
        count > 0
    }

    /// What has been read from this byte on.
    fn since(&self, start: usize) -> String {
        // The last sign may be there in part.
        String::from_utf8_lossy(&self.written[start..]).into_owned()
    }

    /// All that the program has written, once it has ended.
    fn all(mut self) -> String {
        // Ours would keep the terminal in use.
        self.programs = self.ours.try_clone().unwrap();
        while self.read() {}
        String::from_utf8(self.written).unwrap()
    }
}

/// A run that would go on if its test failed.
struct Endless(Child);

impl Drop for Endless {
    fn drop(&mut self) {
        // It has ended already, unless a test has failed.
        let _ = self.0.kill();
    }
}

fn command(args: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_blasnet"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.args(args).stdin(Stdio::null()).env("TERM", "xterm-256color").envs(variables.iter().copied());
    command
}

/// Forty steps, of which every fourth is printed.
fn short_run(digits: &Digits) -> Vec<&str> {
    digits.train(&["--epochs", "4", "--log-every", "4"])
}

/// What a short run writes to a terminal.
fn written(columns: u16, variables: &[(&str, &str)]) -> String {
    written_to(Terminal::new(columns), variables)
}

fn written_to(terminal: Terminal, variables: &[(&str, &str)]) -> String {
    let digits = Digits::new();
    let mut child = terminal.start(&short_run(&digits), variables);
    let written = terminal.all();
    assert!(child.wait().unwrap().success(), "{written:?}");
    written
}

/// The live lines, without colours. Results may be in front of them, as what is no longer there need not be wiped.
fn frames(written: &str) -> Vec<String> {
    let wiped: Vec<&str> = written.split(WIPE).collect();
    let frame =
        |text: &&str| without_colours(text.rsplit('\n').next().unwrap_or_default()).trim_end().to_owned();
    wiped.iter().map(frame).filter(|frame| frame.contains("loss ")).collect()
}

fn without_colours(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').expect("colours only").1)
}

/// What is on the screen.
fn seen(columns: u16, written: &str) -> String {
    let mut screen = screen(columns);
    screen.process(written.as_bytes());
    screen.screen().contents()
}

fn screen(columns: u16) -> vt100::Parser {
    vt100::Parser::new(size(ROWS), size(columns), 0)
}

fn size(size: u16) -> NonZeroU16 {
    NonZeroU16::new(size).unwrap()
}

fn curves(frame: &str) -> usize {
    let is_curve = |word: &&str| word.starts_with(|sign| ('▁'..='█').contains(&sign)) && word.contains('·');
    frame.split([' ', ',']).filter(is_curve).count()
}

#[test]
fn at_every_width_the_results_are_left_and_nothing_else() {
    let digits = Digits::new();
    let piped = blasnet(&short_run(&digits));
    assert!(piped.stderr.starts_with("40 steps in ") && piped.stderr.lines().count() == 1, "{piped:?}");
    for columns in [20, 40, 80, 200] {
        let written = written(columns, &[]);
        let frames = frames(&written);
        assert!(frames.len() >= 9, "{frames:?}");
        for frame in &frames {
            assert!(frame.chars().count() < columns.into(), "{columns}: {frame}");
        }
        let curves = frames.iter().map(|frame| curves(frame)).max();
        assert_eq!(curves, Some(if columns < 80 { 0 } else { 2 }), "{columns}: {frames:#?}");

        let seen = seen(columns, &written);
        let (results, summary) = seen.trim_end().rsplit_once('\n').unwrap();
        assert_eq!(format!("{results}\n"), piped.stdout, "{columns}");
        assert!(summary.starts_with("40 steps in "), "{summary}");
    }
}

#[test]
fn a_window_too_narrow_for_anything_has_the_results() {
    for columns in [1, 2, 8] {
        let written = written(columns, &[]);
        assert_eq!(frames(&written), [""; 0]);
        assert!(written.contains("Test Acc: "), "{written:?}");
    }
}

#[test]
fn a_terminal_need_not_know_its_size() {
    let widest = |rows, columns| {
        let frames = frames(&written_to(Terminal::of_size(rows, columns), &[]));
        frames.iter().map(|frame| frame.chars().count()).max().unwrap()
    };
    assert!((60..80).contains(&widest(0, 0)));
    assert!((20..40).contains(&widest(0, 40)));
    assert!((80..200).contains(&widest(0, 200)));
}

#[test]
fn the_line_tells_how_far_it_is_and_how_well_it_does() {
    let written = written(200, &[]);
    // Drawn again behind the lines of step 20, which come before that step is counted or after it.
    let halfway = frames(&written).into_iter().find(|frame| frame.contains(" 21/40")).unwrap();
    assert!(halfway.starts_with("████████████░░░░░░░░░░░░ 21/40, "), "{halfway}");
    for says in [" steps/s, ", " left, loss ", ", acc ", " % "] {
        assert!(halfway.contains(says), "{halfway}");
    }
    // Thirteen of 24 stretches are begun.
    let filled = halfway.rsplit(' ').next().unwrap();
    assert_eq!((filled.chars().count(), filled.matches('·').count()), (24, 11), "{halfway}");
}

#[test]
fn colours_are_only_where_they_are_wanted() {
    let coloured = |variables: &[(&str, &str)]| {
        let written = written(100, variables);
        let coloured = written.contains("\x1b[36m");
        assert_eq!(coloured, without_colours(&written.replace(WIPE, "")) != written.replace(WIPE, ""));
        (coloured, !frames(&written).is_empty())
    };
    assert_eq!(coloured(&[]), (true, true));
    assert_eq!(coloured(&[("NO_COLOR", "1")]), (false, true));
    assert_eq!(coloured(&[("CLICOLOR", "0")]), (false, true));
    // It could not wipe a line either.
    assert_eq!(coloured(&[("TERM", "dumb")]), (false, false));
}

#[test]
fn there_is_no_line_in_a_pipe() {
    let digits = Digits::new();
    let terminal = Terminal::new(80);
    let child =
        command(&short_run(&digits), &[]).stdout(terminal.stdio()).stderr(Stdio::piped()).spawn().unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    assert!(run.stderr.starts_with("40 steps in ") && run.stderr.lines().count() == 1, "{run:?}");
    let written = terminal.all();
    assert!(!written.contains('\x1b'), "{written:?}");
    assert!(written.starts_with("Loss 0: "), "{written:?}");
}

#[test]
fn results_in_a_pipe_leave_the_line_on_the_terminal() {
    let digits = Digits::new();
    let terminal = Terminal::new(80);
    let child =
        command(&short_run(&digits), &[]).stderr(terminal.stdio()).stdout(Stdio::piped()).spawn().unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    assert!(run.stdout.starts_with("Loss 0: ") && !run.stdout.contains('\x1b'), "{run:?}");
    let seen = seen(80, &terminal.all());
    assert!(seen.starts_with("40 steps in ") && seen.trim_end().lines().count() <= 2, "{seen}");
}

#[test]
fn a_window_may_be_made_smaller_and_ctrl_c_leaves_no_rests() {
    let digits = Digits::new();
    let mut terminal = Terminal::new(90);
    let args = digits.train(&["--epochs", "1000000000", "--log-every", "1000000000"]);
    let mut child = Endless(terminal.start(&args, &[]));
    while frames(&terminal.since(0)).len() < 2 {
        assert!(terminal.read());
    }
    terminal.set_size(ROWS, 30);
    // Those that were on their way come first, and the last one may be there in part.
    let narrow = |terminal: &Terminal| -> Vec<String> {
        let mut frames = frames(&terminal.since(0));
        frames.pop();
        frames.into_iter().skip_while(|frame| frame.chars().count() >= 30).collect()
    };
    while narrow(&terminal).len() < 3 {
        assert!(terminal.read());
    }
    for frame in narrow(&terminal) {
        assert!(frame.chars().count() < 30, "{frame}");
    }

    // What the keys do on a terminal: they are shown, and a signal is sent.
    let mark = terminal.written.len();
    (&terminal.ours).write_all(b"\x03").unwrap();
    while !terminal.since(mark).contains("^C") {
        assert!(terminal.read());
    }
    interrupt(&child.0);
    let written = terminal.all();
    assert_eq!(child.0.wait().unwrap().code(), Some(130), "{written:?}");
    let (wide, narrow) = written.as_bytes().split_at(mark);
    let mut screen = screen(90);
    screen.process(wide);
    screen.set_size(size(ROWS), size(30));
    screen.process(narrow);
    let seen = screen.screen().contents();
    let rests = ["loss 0", "░", "█", "^C"].map(|rest| seen.contains(rest));
    assert_eq!(rests, [false; 4], "{seen}");
    assert!(seen.contains("interrupted after "), "{seen}");
}
