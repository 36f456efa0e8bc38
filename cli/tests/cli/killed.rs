//! Runs that are killed at any moment, over and over: `--resume` does the rest as if nothing had been.

use std::fs;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::common::{Digits, Run, blasnet, start, tensors};

/// How often each kind of run is killed, at least.
const KILLS: usize = 25;
/// Where none of these has hit a file that was being written.
const MOST_KILLS: usize = 500;

/// Files of this end.
fn count(folder: &str, end: &str) -> usize {
    // Not there yet where the program was killed before it made it.
    let files = fs::read_dir(folder).into_iter().flatten();
    files.filter(|file| file.as_ref().unwrap().file_name().to_str().unwrap().ends_with(end)).count()
}

/// What comes of it by then; `None` if it has to be killed.
fn wait(mut child: Child, patience: Duration) -> Option<Run> {
    let until = Instant::now() + patience;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > until {
            // SIGKILL, on Unix. One that has ended by itself in the meantime is as good.
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        thread::sleep(Duration::from_millis(1));
    }
    Some(Run::from(child.wait_with_output().unwrap()))
}

/// Kills such a run until it was killed often enough, and goes on each time; where it comes to its end all the same,
/// it begins again.
fn killed_at_random(flags: &[&str], seed: u64) {
    let digits = Digits::new();
    let (whole, rest, folder) = (digits.file("whole"), digits.file("rest"), digits.file("run"));
    let few = ["train", "--data", digits.folder(), "--batch", "50", "--threads", "2", "--log-every", "7"];
    let few = [&few[..], flags].concat();
    let began = Instant::now();
    let uninterrupted = blasnet(&[&few[..], &["--save", &whole]].concat());
    let takes = began.elapsed();
    assert_eq!(uninterrupted.code, Some(0), "{uninterrupted:?}");

    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let (mut kills, mut in_a_write) = (0, 0);
    loop {
        let resume: &[&str] = if count(&folder, ".safetensors") == 0 { &[] } else { &["--resume"] };
        let keep = ["--checkpoint", &folder, "--checkpoint-every", "1", "--save", &rest];
        let args = [&few[..], &keep, resume].concat();
        // Once it was killed often enough, it comes to its end.
        let enough = kills >= MOST_KILLS || (kills >= KILLS && in_a_write > 0);
        let patience = match enough {
            true => Duration::from_secs(600),
            false => takes.mul_f64(rng.random_range(0.0..0.5)),
        };
        let Some(run) = wait(start(&args, Stdio::piped()), patience) else {
            kills += 1;
            in_a_write += usize::from(count(&folder, ".tmp") > 0);
            continue;
        };
        let when = format!("seed {seed}, after {kills} kills, {args:?}: {run:?}");
        assert_eq!(run.code, Some(0), "{when}");
        assert!(uninterrupted.stdout.ends_with(&run.stdout), "other lines than without a kill: {when}");
        assert!(run.stdout.contains("Test Loss: "), "{when}");
        assert!(tensors(&rest) == tensors(&whole), "other parameters than without a kill: {when}");
        assert_eq!((count(&folder, ".tmp"), count(&folder, ".safetensors")), (0, 2), "{when}");
        if enough {
            break;
        }
        fs::remove_dir_all(&folder).unwrap();
        fs::remove_file(&rest).unwrap();
    }
    assert!(in_a_write > 0, "none of {kills} kills fell into a write: seed {seed}");
}

#[test]
fn the_courses_run_goes_on_bit_for_bit() {
    killed_at_random(&["--hidden", "16", "--input", "sparse", "--epochs", "500"], 1);
}

#[test]
fn a_run_with_everything_goes_on_bit_for_bit() {
    let network = ["--hidden", "24,16", "--activation", "gelu", "--dropout", "0.2"];
    let run = ["--optimizer", "adamw", "--schedule", "cosine", "--order", "shuffled", "--epochs", "200"];
    killed_at_random(&[&network[..], &run].concat(), 2);
}
