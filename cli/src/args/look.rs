//! The flags of what looks at a network, and of what lets one try it.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

use super::{Saved, Threads, Unsaid};

/// Which network recognises digits.
#[derive(Debug, Default, Args)]
pub struct Recogniser {
    /// A saved network [default: one that is trained first, by --recipe fast in a second]
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,

    #[command(flatten)]
    pub hidden: Unsaid,

    #[command(flatten)]
    pub threads: Threads,
}

/// Write down what a saved network does: a page, its figures, and the numbers
///
/// The folder gets report.html, which needs nothing else and no network; its figures as SVG; the numbers as
/// CSV and, all of them, as report.json. It has the confusion matrix on the test images, precision and recall of
/// each digit, the 50 most confident mistakes, the first layer's strongest units, weights and activations, how the
/// network was made, and, of one that `blasnet train` has saved, loss and accuracy behind each epoch. Standard
/// output has the page's name.
///
/// `blasnet train --report DIR` does this behind a run, and knows loss and accuracy in between, time and machine.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  blasnet report --model digits.safetensors --to digits/
  blasnet report --model torch.safetensors --activation gelu --to torch/")]
pub struct Report {
    #[command(flatten)]
    pub saved: Saved,

    /// The folder, made if it is not there; files of the same names are replaced, others left alone
    #[arg(long, value_name = "DIR", default_value = "report")]
    pub to: PathBuf,
}

/// Recognise the digits in pictures: scans, photographs, drawings
///
/// A picture shows one digit, dark on light or light on dark (most of its border is paper). It is PNG, JPEG or PGM,
/// whatever its name; grey or in colour, of 8 or 16 bits, of at most 67 million pixels. What is transparent is paper, and
/// a photograph is read the way the camera was held. Uneven light, rough paper, specks, and a table around the paper do no
/// harm; lines on the paper may. MNIST's hands are American: a 1 with a long upstroke is taken for a 9.
///
/// The digit is made what those of MNIST are: its box is scaled to fit 20 × 20 pixels and put into 28 × 28 with its
/// centre of mass in the middle.
///
/// One picture has the probabilities of all ten digits as bars. Of several each has a line: the digit, its probability,
/// those of 0 to 9 as a row of blocks, and the file. In a folder those count whose names end in .png, .jpg, .jpeg or .pgm,
/// sorted by name, and not those in its folders.
///
/// A picture that cannot be read is named on standard error, and the rest goes on; the exit code is 2 then.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  blasnet predict four.png
  blasnet predict scans/ photo.jpg
  blasnet predict --json scans/ > digits.jsonl
  blasnet train --recipe best --save best.safetensors; blasnet predict --model best.safetensors scans/")]
pub struct Predict {
    /// Pictures (PNG, JPEG, PGM), or folders of them
    #[arg(value_name = "IMAGE", required = true)]
    pub images: Vec<PathBuf>,

    /// Print one JSON object a picture and line: file, digit, probability, and the ten probabilities
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub recogniser: Recogniser,
}

/// Serve a page to draw digits on, and an API
///
/// The page shows, while one draws, the probability of each digit, what the network sees and what its hidden
/// layers make of it. It works with a mouse, a pen, a finger and the keyboard, and asks nobody else for anything.
///
/// Standard output has one line, the page's address, once it can be used. Ctrl-C (or SIGTERM) ends the server:
/// requests that have begun get their answer, within 5 s, and the exit code is 0. A second Ctrl-C quits at once.
///
/// Programs send a picture to /api/predict, or the 784 pixels that the network reads as JSON, and get JSON; the
/// path /api says how. A request may have 1 MiB and must arrive within 10 s; there can be 256 connections at
/// once, and a picture may have 2048 x 2048 pixels.
///
/// On the machine itself only those requests are answered that call it localhost or by a loopback address, so that
/// pages of other sites in the same browser cannot ask. With another --host, anyone who reaches that address can
/// use the server, by any name.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  blasnet serve
  blasnet serve --model digits.safetensors --port 0
  curl -H 'Content-Type: image/png' --data-binary @seven.png http://127.0.0.1:8000/api/predict")]
pub struct Serve {
    /// The address to listen on; any but a loopback one lets others in
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = address)]
    pub host: IpAddr,

    /// The port; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value = "8000")]
    pub port: u16,

    #[command(flatten)]
    pub recogniser: Recogniser,
}

fn address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| "expected an IP address, such as 127.0.0.1, ::1 or 0.0.0.0".into())
}

/// Draw what the benchmarks measured: node by node, ours beside the limit
///
/// The picture has two parts, for one of which there must be something to draw. The first has a row for each
/// of the benchmark `limits`: how near ours is to what this machine allows, how far the measurements lie apart,
/// and what is wanted. The second has criterion's benchmarks, each by the median of its time and that median's
/// confidence interval, and where the first part knows the limit of the same, that too.
///
/// It is an SVG for light and dark screens. The same measurements give the same bytes; a picture that is there is
/// replaced in one go. Names and numbers of machines are those of the files: criterion does not say where it ran.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo bench --bench limits -- --json > limits.json
  blasnet plot-bench --limits limits.json
  cargo bench --bench nodes --bench step
  blasnet plot-bench --limits limits.json nodes.svg
  blasnet plot-bench --criterion target/criterion/affine affine.svg")]
pub struct PlotBench {
    /// What `cargo bench --bench limits -- --json` printed
    #[arg(long, value_name = "FILE")]
    pub limits: Option<PathBuf>,

    /// criterion's folder, or one in it [default: $CRITERION_HOME, else $CARGO_TARGET_DIR/criterion, else
    /// target/criterion, if it is there]
    #[arg(long, value_name = "DIR")]
    pub criterion: Option<PathBuf>,

    /// The picture to write, an SVG
    #[arg(value_name = "FILE.svg", default_value = "bench.svg")]
    pub to: PathBuf,
}
