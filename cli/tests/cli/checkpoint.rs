//! `train --checkpoint` and `--resume`: Ctrl-C, full disks, and what is refused. Kills are in `killed`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::common::{Digits, Run, blasnet, start, tensors};
use crate::ctrl_c::interrupt;

/// Names and contents of a folder's files.
fn contents(folder: &str) -> BTreeMap<String, Vec<u8>> {
    let name = |file: &fs::DirEntry| file.file_name().into_string().unwrap();
    let files = fs::read_dir(folder).unwrap().map(Result::unwrap);
    files.map(|file| (name(&file), fs::read(file.path()).unwrap())).collect()
}

/// The checkpoints' full names, the newest last.
fn checkpoints(folder: &str) -> Vec<String> {
    let names = contents(folder).into_keys().filter(|name| name.ends_with(".safetensors"));
    names.map(|name| format!("{folder}/{name}")).collect()
}

/// A run that has more to print than a pipe holds: it does not come to its end before somebody reads.
const LONG: [&str; 4] = ["--epochs", "300", "--log-every", "1"];

/// Such a run in this folder, once it is on its way.
fn on_its_way(digits: &Digits, folder: &str) -> (Child, BufReader<ChildStdout>) {
    let keep = ["--checkpoint", folder, "--checkpoint-every", "10"];
    let mut child = start(&digits.train(&[&LONG[..], &keep].concat()), Stdio::piped());
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert!(line.starts_with("Loss 0: "), "{line}");
    (child, stdout)
}

#[test]
fn a_run_that_ctrl_c_has_ended_goes_on_where_it_was() {
    let digits = Digits::new();
    let (folder, whole, rest) = (digits.file("run"), digits.file("whole"), digits.file("rest"));
    let uninterrupted = blasnet(&digits.train(&[&LONG[..], &["--save", &whole]].concat()));
    let (child, mut stdout) = on_its_way(&digits, &folder);
    interrupt(&child);
    let mut printed = String::new();
    stdout.read_to_string(&mut printed).unwrap();
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!(run.code, Some(130), "{run:?}");
    assert!(run.stderr.ends_with(" of 3000 steps; --resume goes on from here\n"), "{run:?}");

    // With no more than it takes to say so.
    let more = ["train", "--checkpoint", &folder, "--resume", "--save", &rest, "--log-every", "1"];
    let run = blasnet(&more);
    assert_eq!(run.code, Some(0), "{run:?}");
    // Each step is printed by the one or by the other.
    let missing_line = uninterrupted.stdout.lines().next().unwrap();
    assert_eq!(format!("{missing_line}\n{printed}{}", run.stdout), uninterrupted.stdout);
    assert!(tensors(&rest) == tensors(&whole));

    // There is nothing left to do but to say how it came out.
    let again = blasnet(&more);
    let lines: Vec<&str> = uninterrupted.stdout.lines().collect();
    assert_eq!(again.lines(), lines[lines.len() - 2..]);
    assert!(again.stderr.starts_with("0 steps in "), "{again:?}");
    assert!(tensors(&rest) == tensors(&whole));
}

#[test]
fn a_folder_in_use_is_left_to_its_run() {
    let digits = Digits::new();
    let folder = digits.file("run");
    let (mut child, _stdout) = on_its_way(&digits, &folder);
    for resume in [&[][..], &["--resume"]] {
        let run = blasnet(&digits.train(&[&["--checkpoint", &folder][..], resume].concat()));
        run.fails(2, &[&folder, "is in use by another run", "a folder of its own"]);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // A killed process holds nothing.
    blasnet(&["train", "--checkpoint", &folder, "--resume"]).lines();
}

/// A run that has come to its end, in a folder of this name.
fn finished(digits: &Digits, folder: &str) {
    blasnet(&digits.train(&["--epochs", "2", "--checkpoint", folder, "--checkpoint-every", "5"])).lines();
    assert_eq!(checkpoints(folder).len(), 2);
}

#[test]
fn flags_that_would_make_it_another_run_are_named() {
    let digits = Digits::new();
    let folder = digits.file("run");
    finished(&digits, &folder);
    let before = contents(&folder);
    let refused = |args: &[&str], says: &[&str]| {
        blasnet(&[&["train", "--checkpoint", &folder, "--resume"], args].concat()).fails(2, says);
        assert_eq!(contents(&folder), before, "{args:?}");
    };
    for (flag, now, then) in [
        ("--epochs", "3", "with 2"),
        ("--batch", "100", "with 50"),
        ("--order", "shuffled", "with drawn"),
        ("--rate", "0.5", "with 0.0001"),
        ("--schedule", "linear", "with constant"),
        ("--warm-up", "5", "with 0"),
        ("--hidden", "16,16", "with 16"),
        ("--activation", "tanh", "with relu"),
        ("--weights", "he", "with course"),
        ("--dropout", "0.5", "with 0"),
        ("--optimizer", "adam", "with sgd"),
        ("--weight-decay", "0.1", "with 0"),
        ("--seed", "1", "with 0"),
        ("--input", "dense", "with auto"),
        ("--hold-out", "100", "without it"),
    ] {
        refused(&[flag, now], &[&format!("{flag} {now}: the run began {then}; leave it out")]);
    }
    refused(&["--recipe", "best"], &["the run began with"]);
    refused(&["--threads", "0"], &["--threads", "1 to 1024"]);
    refused(&["--save", &digits.file("missing/model")], &["make it first"]);

    let other = Digits::new();
    let labels = other.file("train-labels-idx1-ubyte");
    let mut bytes = fs::read(&labels).unwrap();
    bytes.swap(8, 9);
    fs::write(labels, bytes).unwrap();
    refused(&["--data", other.folder()], &[&folder, "on other data (crc32 ", "--data"]);

    // What it began with may be said again, and what decides nothing may be new.
    let same = ["--epochs", "2", "--rate", "1e-4", "--data", digits.folder()];
    let new = ["--log-every", "7", "--checkpoint-minutes", "1e300"];
    let run = blasnet(&[&["train", "--checkpoint", &folder, "--resume"], &same[..], &new].concat());
    assert_eq!((run.lines().len(), run.stderr.lines().count()), (2, 1), "{run:?}");
}

#[test]
fn other_threads_are_warned_of() {
    let digits = Digits::new();
    let folder = digits.file("run");
    finished(&digits, &folder);
    let run = blasnet(&["train", "--checkpoint", &folder, "--resume", "--threads", "1"]);
    assert_eq!(run.lines().len(), 2, "{run:?}");
    assert!(run.stderr.starts_with("warning: threads: 1, and 2 before; "), "{run:?}");
    assert_eq!(run.stderr.lines().count(), 2, "{run:?}");
}

#[test]
fn folders_that_a_run_cannot_have() {
    let digits = Digits::new();
    let train = |more: &[&str]| blasnet(&digits.train(&[&["--epochs", "1"], more].concat()));
    let folder = digits.file("run");
    finished(&digits, &folder);
    let before = contents(&folder);
    train(&["--checkpoint", &folder]).fails(2, &[&folder, "checkpoints of another run", "--resume"]);
    assert_eq!(contents(&folder), before);

    let (missing, empty, file) = (digits.file("missing"), digits.file("empty"), digits.file("file"));
    train(&["--checkpoint", &missing, "--resume"]).fails(2, &[&missing, "no such folder", "--resume"]);
    assert!(!fs::exists(&missing).unwrap());
    fs::create_dir(&empty).unwrap();
    train(&["--checkpoint", &empty, "--resume"]).fails(2, &[&empty, "holds no checkpoint", "--resume"]);

    fs::write(&file, "a file").unwrap();
    let under = format!("{file}/run");
    for folder in [&file, &under] {
        train(&["--checkpoint", folder]).fails(2, &[folder]);
        train(&["--checkpoint", folder, "--resume"]).fails(2, &[folder]);
    }
    assert_eq!(fs::read(&file).unwrap(), b"a file");

    for flags in [&["--checkpoint-every", "5"][..], &["--checkpoint-minutes", "1"], &["--resume"]] {
        train(flags).fails(2, &["--checkpoint <DIR>", "--help"]);
    }
    for flags in [["--checkpoint-every", "0"], ["--checkpoint-minutes", "0"], ["--checkpoint-minutes", "-1"]]
    {
        train(&[&["--checkpoint", &missing][..], &flags].concat()).fails(2, &flags);
    }
    assert!(!fs::exists(&missing).unwrap());
}

#[test]
fn damaged_checkpoints_are_said_to_be() {
    let digits = Digits::new();
    let (folder, whole) = (digits.file("run"), digits.file("model"));
    blasnet(&digits.train(&["--epochs", "2", "--save", &whole])).lines();
    let expected = tensors(&whole);
    finished(&digits, &folder);
    let files = checkpoints(&folder);
    let [before, newest] = &files[..] else { panic!("{files:?}") };
    let flip = |file: &String| {
        let mut bytes = fs::read(file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(file, bytes).unwrap();
    };
    let resume = ["train", "--checkpoint", &folder, "--resume", "--save", &whole];

    // The one before is whole.
    flip(newest);
    let run = blasnet(&resume);
    assert_eq!(run.lines().len(), 2, "{run:?}");
    let warning = format!("warning: {newest}: is damaged: ");
    assert!(run.stderr.starts_with(&warning), "{run:?}");
    assert!(run.stderr.contains("going on from the one before it, of step "), "{run:?}");
    assert!(tensors(&whole) == expected);

    // Now neither is.
    flip(newest);
    flip(before);
    let found = contents(&folder);
    blasnet(&resume).fails(2, &[newest, "is damaged"]);
    // A model is no checkpoint.
    fs::copy(&whole, newest).unwrap();
    blasnet(&resume).fails(2, &[newest, "is no checkpoint of blasnet"]);
    let others = |mut files: BTreeMap<String, Vec<u8>>| {
        files.pop_last();
        files
    };
    assert_eq!(others(contents(&folder)), others(found));
}

/// Runs the program where no file can become larger than this.
#[cfg(target_os = "linux")]
fn with_limit(blocks: &str, args: &[&str]) -> Run {
    let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let program = env!("CARGO_BIN_EXE_blasnet");
    Command::new("sh").args(["-c", &limited, program]).args(args).output().unwrap().into()
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_costs_checkpoints_but_not_the_run() {
    let digits = Digits::new();
    let [folder, none, whole, saved, rest] =
        ["run", "none", "whole", "saved", "rest"].map(|name| digits.file(name));
    let flags = digits.train(&["--optimizer", "adamw", "--epochs", "20"]);
    let uninterrupted = blasnet(&[&flags[..], &["--save", &whole]].concat());
    let keep = |folder| [&flags[..], &["--checkpoint", folder, "--checkpoint-every", "20"]].concat();

    // The first checkpoint is 52 kB, as Adam has nothing to remember yet, and all others are 154 kB. A block is 512
    // bytes or 1024.
    let run = with_limit("125", &[&keep(&folder)[..], &["--save", &saved]].concat());
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(tensors(&saved) == tensors(&whole), "there is room for the network itself");
    let steps: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(steps[..], uninterrupted.stdout.lines().collect::<Vec<_>>()[..steps.len()]);
    assert_eq!(steps.len(), 4, "all steps are made: {run:?}");
    let (last, warnings) = {
        let mut lines: Vec<&str> = run.stderr.lines().collect();
        (lines.pop().unwrap(), lines)
    };
    assert!(!warnings.is_empty(), "{run:?}");
    for warning in warnings {
        assert!(warning.starts_with(&format!("warning: {folder}/step-")), "{run:?}");
        let says = "File too large (os error 27); the run goes on, the checkpoint before is untouched";
        assert!(warning.contains(says), "{run:?}");
    }
    assert!(last.starts_with(&format!("error: {folder}/step-000000000200.safetensors: ")), "{run:?}");
    assert_eq!(contents(&folder).into_keys().collect::<Vec<_>>(), ["lock", "step-000000000000.safetensors"]);

    // There is room again.
    let run = blasnet(&["train", "--checkpoint", &folder, "--resume", "--save", &rest]);
    assert_eq!(run.lines(), uninterrupted.lines());
    assert!(tensors(&rest) == tensors(&whole));

    with_limit("20", &keep(&none)).fails(1, &["step-000000000000.safetensors: ", "File too large"]);
    assert_eq!(contents(&none).into_keys().collect::<Vec<_>>(), ["lock"]);
}

/// Makes this the text in place of another of the same length.
fn replace(file: &str, old: &str, new: &str) {
    let mut bytes = fs::read(file).unwrap();
    let place = bytes.windows(old.len()).position(|window| window == old.as_bytes()).unwrap();
    bytes[place..][..new.len()].copy_from_slice(new.as_bytes());
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_newer_programs_checkpoint_is_left_to_that() {
    let digits = Digits::new();
    let folder = digits.file("run");
    finished(&digits, &folder);
    let files = checkpoints(&folder);
    let [before, newest] = &files[..] else { panic!("{files:?}") };
    replace(newest, r#""format_version":"1""#, r#""format_version":"2""#);
    // The checksum that such a file has: where there is no other checkpoint, the error tells.
    let resume = ["train", "--checkpoint", &folder, "--resume"];
    let other = fs::read(before).unwrap();
    fs::remove_file(before).unwrap();
    let run = blasnet(&resume);
    run.fails(2, &[newest, "is damaged: its checksum is "]);
    let (_, sums) = run.stderr.split_once("its checksum is ").unwrap();
    let (right, rest) = sums.split_once(", expected the ").unwrap();
    replace(newest, rest.split_once(' ').unwrap().0, right);
    fs::write(before, other).unwrap();

    let found = contents(&folder);
    blasnet(&resume).fails(2, &[newest, "is of format version 2, and this blasnet reads 1"]);
    assert_eq!(contents(&folder), found);
}
