//! The flags of what looks at a network, and of what lets one try it.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

use super::{Data, Threads, Unsaid};

/// Which network recognises digits.
#[derive(Debug, Args)]
pub struct Recogniser {
    /// A saved network [default: one that is trained first, by --recipe fast in a second]
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,

    #[command(flatten)]
    pub hidden: Unsaid,

    #[command(flatten)]
    pub threads: Threads,
}

/// Write down what a saved network does, and what it does not: a page, its figures, and the numbers
#[derive(Debug, Args)]
pub struct Report {
    /// A saved network: NumPy's .npz if it ends so, else safetensors
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,

    /// The folder to write to
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,

    #[command(flatten)]
    pub hidden: Unsaid,

    #[command(flatten)]
    pub data: Data,

    #[command(flatten)]
    pub threads: Threads,
}

/// Recognise the digits in pictures
#[derive(Debug, Args)]
pub struct Predict {
    /// Pictures (PNG, JPEG, PGM), or folders of them
    #[arg(value_name = "IMAGE", required = true)]
    pub images: Vec<PathBuf>,

    /// Print one JSON object a picture and line
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub recogniser: Recogniser,
}

/// Serve a page to draw digits on, and an API
#[derive(Debug, Args)]
pub struct Serve {
    /// The address to listen on; any but a loopback one lets others in
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub host: IpAddr,

    /// The port; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value = "8000")]
    pub port: u16,

    #[command(flatten)]
    pub recogniser: Recogniser,
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
