//! Standard output that somebody stops reading, or that cannot take more.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::common::{Digits, Run, blasnet, start};

/// Reads one line of its output, as `head -1` does, and closes the pipe.
fn read_one_line(mut child: Child) -> Run {
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    Run { stdout: line, ..run }
}

#[test]
fn a_reader_who_leaves_ends_a_run_quietly() {
    let digits = Digits::new();
    // Far more steps than anyone would wait for.
    let args = digits.train(&["--epochs", "1000000000", "--log-every", "1"]);
    let run = read_one_line(start(&args, Stdio::piped()));
    assert!(run.stdout.starts_with("Loss 0: "), "{run:?}");
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_reader_who_leaves_does_not_cost_the_model() {
    let digits = Digits::new();
    let model = digits.file("model.safetensors");
    // More lines than a pipe holds, so that some meet the closed end.
    let args = digits.train(&["--epochs", "300", "--log-every", "1", "--save", &model]);
    let run = read_one_line(start(&args, Stdio::piped()));
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stderr.starts_with("3000 steps in "), "{run:?}");
    blasnet(&["eval", "--model", &model, "--data", digits.folder()]).lines();
}

#[test]
fn the_other_commands_stand_it_too() {
    for args in [&["course"][..], &["--help"], &["train", "--help"]] {
        let mut child = start(args, Stdio::piped());
        drop(child.stdout.take());
        let run = Run::from(child.wait_with_output().unwrap());
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_that_does_not_cost_the_model() {
    let digits = Digits::new();
    let model = digits.file("model.safetensors");
    let run = |args: &[&str]| {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        Run::from(start(args, full).wait_with_output().unwrap())
    };
    let says = ["standard output", "No space left"];
    run(&digits.train(&["--epochs", "1000000000", "--save", &model])).fails(1, &says);
    blasnet(&["eval", "--model", &model, "--data", digits.folder()]).lines();
    run(&["course", "1-1"]).fails(1, &says);
}
