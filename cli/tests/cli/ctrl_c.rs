//! Ctrl-C, as the signal that a terminal sends for it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::{Digits, Run, blasnet, start};

fn interrupt(child: &Child) {
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// A run that would never end, past its first line: by then it listens to Ctrl-C.
fn endless_run(digits: &Digits, more: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let args = [&digits.train(&["--epochs", "1000000000"]), more].concat();
    let mut child = start(&args, Stdio::piped());
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert!(line.starts_with("Loss 0: "), "{line}");
    (child, stdout)
}

/// Presses Ctrl-C, and waits for the end.
fn interrupted(child: Child, mut stdout: BufReader<ChildStdout>) -> Run {
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
    let (child, stdout) = endless_run(&digits, &["--log-every", "1000", "--save", &model]);
    let run = interrupted(child, stdout);
    let says = format!(" of 10000000000 steps; saved {model}\n");
    assert!(run.stderr.ends_with(&says), "{run:?}");
    blasnet(&["eval", "--model", &model, "--data", digits.folder()]).lines();
}

#[test]
fn without_a_file_to_save_it_just_stops() {
    let digits = Digits::new();
    let (child, stdout) = endless_run(&digits, &["--log-every", "1000"]);
    let run = interrupted(child, stdout);
    assert!(run.stderr.ends_with(" of 10000000000 steps\n"), "{run:?}");
}

/// Nobody reads the pipe, so once it is full the run hangs in the middle of a step: the first Ctrl-C
/// cannot end it, the second has to.
#[test]
fn a_second_one_does_not_wait_for_the_step() {
    let digits = Digits::new();
    let (mut child, stdout) = endless_run(&digits, &["--log-every", "1"]);
    let patience = Instant::now() + Duration::from_secs(60);
    let status = loop {
        // First of all the time to fill the pipe; signals in quick succession also become one.
        thread::sleep(Duration::from_millis(500));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > patience {
            child.kill().unwrap();
            panic!("still running");
        }
        interrupt(&child);
    };
    drop(stdout);
    assert_eq!(status.code(), Some(130));
}
