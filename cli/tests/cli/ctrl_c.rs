//! Ctrl-C, as the signal that a terminal sends for it.

use std::io::{self, BufRead, BufReader, PipeReader, PipeWriter, Read, Write};
use std::process::{Child, Command};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::common::{Digits, Run, blasnet, start};

pub fn interrupt(child: &Child) {
    // The shell's own: a bare machine need not have a program of this name.
    let status = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    assert!(status.success());
}

/// A run that would never end, past its first line: by then it listens to Ctrl-C.
pub fn endless_run(digits: &Digits, more: &[&str]) -> (Child, BufReader<PipeReader>, PipeWriter) {
    let (reader, writer) = io::pipe().unwrap();
    let args = [&digits.train(&["--epochs", "1000000000"]), more].concat();
    let child = start(&args, writer.try_clone().unwrap());
    let mut stdout = BufReader::new(reader);
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert!(line.starts_with("Loss 0: "), "{line}");
    (child, stdout, writer)
}

/// Presses Ctrl-C, and waits for the end.
pub fn interrupted(child: Child, mut stdout: BufReader<PipeReader>) -> Run {
    interrupt(&child);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    let run = Run { stdout: rest, ..Run::from(child.wait_with_output().unwrap()) };
    assert_eq!(run.code, Some(130), "{run:?}");
    assert!(!run.stdout.contains("Test"), "{run:?}");
    assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
    assert!(run.stderr.starts_with("interrupted after "), "{run:?}");
    run
}

#[test]
fn it_stops_the_run_and_saves_the_network() {
    let digits = Digits::new();
    let model = digits.file("model.safetensors");
    let (child, stdout, _) = endless_run(&digits, &["--log-every", "1000", "--save", &model]);
    let run = interrupted(child, stdout);
    let says = format!(" of 10000000000 steps; saved {model}\n");
    assert!(run.stderr.ends_with(&says), "{run:?}");
    blasnet(&["eval", "--model", &model, "--data", digits.folder()]).lines();
}

#[test]
fn without_a_file_to_save_it_just_stops() {
    let digits = Digits::new();
    let (child, stdout, _) = endless_run(&digits, &["--log-every", "1000"]);
    let run = interrupted(child, stdout);
    assert!(run.stderr.ends_with(" of 10000000000 steps\n"), "{run:?}");
}

/// The pipe is full and nobody reads it, so the run hangs in the middle of a step: the first Ctrl-C
/// cannot end it, the second has to.
#[test]
fn a_second_one_does_not_wait_for_the_step() {
    let digits = Digits::new();
    let (mut child, stdout, mut writer) = endless_run(&digits, &["--log-every", "1"]);

    let (wrote, written) = mpsc::channel();
    // Ends when the pipe's other end is dropped.
    let filler =
        thread::spawn(move || while writer.write_all(&[b'.'; 64]).is_ok() && wrote.send(()).is_ok() {});
    while written.recv_timeout(Duration::from_secs(1)).is_ok() {}

    let patience = Instant::now() + Duration::from_secs(60);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > patience {
            child.kill().unwrap();
        }
        interrupt(&child);
        // Signals in quick succession become one.
        thread::sleep(Duration::from_millis(100));
    }
    drop(stdout);
    filler.join().unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!((run.code, run.stderr.as_str()), (Some(130), ""));
}
