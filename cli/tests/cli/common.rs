//! The program under test, and a small data set to run it on.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use safetensors::SafeTensors;
use tempfile::TempDir;

/// What a run leaves behind.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Run {
    /// That it ended with this code, nothing on standard output, and one line that says all of this.
    #[track_caller]
    pub fn fails(&self, code: i32, says: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        self.complains(says);
    }

    /// That standard error is one line of an error that says all of this.
    #[track_caller]
    pub fn complains(&self, says: &[&str]) {
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
        assert!(self.stderr.starts_with("error: "), "{self:?}");
        for says in says {
            assert!(self.stderr.contains(says), "`{says}` expected: {self:?}");
        }
    }

    /// That it went well; gives standard output's lines.
    #[track_caller]
    pub fn lines(&self) -> Vec<&str> {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout.lines().collect()
    }
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_blasnet"));
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub fn blasnet(args: &[&str]) -> Run {
    command(args).output().unwrap().into()
}

/// Starts the program, with standard output wherever it is sent.
pub fn start(args: &[&str], stdout: impl Into<Stdio>) -> Child {
    command(args).stdout(stdout).stderr(Stdio::piped()).spawn().unwrap()
}

/// The names, shapes and bytes of a saved network's tensors.
pub fn tensors(file: &str) -> Vec<(String, Vec<usize>, Vec<u8>)> {
    let bytes = fs::read(file).unwrap();
    let mut tensors: Vec<_> = SafeTensors::deserialize(&bytes)
        .unwrap()
        .iter()
        .map(|(name, tensor)| (name.to_owned(), tensor.shape().to_vec(), tensor.data().to_vec()))
        .collect();
    tensors.sort();
    tensors
}

/// A folder with a data set in the manner of MNIST, and room for more.
pub struct Digits(TempDir);

/// Images to train on.
pub const TRAIN: usize = 500;
const TEST: usize = 100;

impl Digits {
    /// Images whose digit is the height of a bright bar, with a few specks in each.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (half, count) in [("train", TRAIN), ("t10k", TEST)] {
            let labels: Vec<u8> = (0..=9).cycle().take(count).collect();
            let mut pixels = Vec::with_capacity(count * 28 * 28);
            for (image, &label) in labels.iter().enumerate() {
                pixels.extend((0..28 * 28).map(|place| {
                    let bar = place / (2 * 28) == usize::from(label) + 2;
                    let speck = (place * 7 + image * 13) % 97 == 0;
                    if bar { 200 } else { u8::from(speck) * 90 }
                }));
            }
            write_idx(folder.path(), &format!("{half}-images-idx3-ubyte"), &[count, 28, 28], &pixels);
            write_idx(folder.path(), &format!("{half}-labels-idx1-ubyte"), &[count], &labels);
        }
        Self(folder)
    }

    /// The folder.
    pub fn folder(&self) -> &str {
        self.0.path().to_str().unwrap()
    }

    /// A name in it.
    pub fn file(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// `train` on it: a small network, ten steps an epoch, two threads. More flags follow.
    pub fn train<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let few = ["train", "--data", self.folder(), "--batch", "50", "--hidden", "16", "--threads", "2"];
        [&few, more].concat()
    }
}

fn write_idx(folder: &Path, name: &str, shape: &[usize], bytes: &[u8]) {
    let mut file = vec![0, 0, 8, u8::try_from(shape.len()).unwrap()];
    for &size in shape {
        file.extend(u32::try_from(size).unwrap().to_be_bytes());
    }
    file.extend(bytes);
    fs::write(folder.join(name), file).unwrap();
}
