//! The command line: what clap parses, and the texts of `--help`.

use std::path::PathBuf;

use blasnet::Activation;
use blasnet::data::{InputForm, Mnist};
use blasnet::model::Names;
use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::course;
use crate::end::End;

/// A course on neural networks, at BLAS's speed: trains on MNIST, evaluates, prints the exercises
#[derive(Debug, Parser)]
#[command(name = "blasnet", version, after_long_help = EXIT_CODES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0    done (also if standard output's reader left, as `| head` does)
  1    the work failed on its way: the loss diverged, the disk is full
  2    what was asked for cannot be done: a flag, a folder or a file is wrong
  130  stopped by Ctrl-C";

#[derive(Debug, Subcommand)]
pub enum Command {
    Train(Train),
    Eval(Eval),
    Convert(Convert),
    Course(Course),
}

/// Train a network on MNIST; without flags the course's (exercise 4-2)
///
/// Without flags this is the course's run: 100 epochs of 600 steps, each on 100 images drawn at
/// random, learning rate 0.0001, 500 hidden units, in f32, on the complete MNIST inside this
/// program.
///
/// Standard output has the course's lines and nothing else: `Loss <step>: …` and `Acc: … %` (that
/// step's batch, before its update) every --log-every steps, and at the end `Test Loss: …` and
/// `Test Acc: … %`. A progress bar (if that is a terminal) and a summary go to standard error.
///
/// With several hidden layers, another activation, dropout or another optimiser it is a network of
/// that kind, on all pixels.
///
/// One generator, Xoshiro256PlusPlus::seed_from_u64(SEED) of the rand crate, draws the weights
/// (first W1, then W2, row by row; the course's from N(0, 0.1²), any other network's by He's rule in
/// front of ReLU and its like, else by Xavier's) and then the batches (each image with replacement). The same seed on the same machine gives the same lines; with --input dense, only with
/// as many threads.
///
/// Ctrl-C stops after the current step and saves what --save asks for; a second one quits at
/// once. If the reader of standard output leaves (as `| head` does), the run ends, but with
/// --save it goes on in silence.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  blasnet train
  blasnet train --epochs 5 --save digits.safetensors
  blasnet train --hidden 1000 --seed 1 --log-every 600 > log.txt
  blasnet train --hidden 300,100 --activation gelu --optimizer adamw --epochs 10
  blasnet train --data fashion-mnist/ --threads 4")]
pub struct Train {
    /// How often as many images are drawn as the data set has
    #[arg(long, value_name = "N", default_value = "100", value_parser = count, allow_negative_numbers = true)]
    pub epochs: usize,

    /// Images in a batch, at most those of the data set
    #[arg(long, value_name = "N", default_value = "100", value_parser = count, allow_negative_numbers = true)]
    pub batch: usize,

    /// Learning rate [default: 0.0001 for sgd, else the optimiser's usual one]
    ///
    /// What plain sgd multiplies the gradient by, which is that of the batch's summed loss, as in the
    /// course. All others take the gradient of the mean, as other libraries do, and have these rates:
    /// momentum and nesterov 0.05, adagrad 0.01, rmsprop, adam and adamw 0.001.
    #[arg(long, value_name = "RATE", value_parser = rate, allow_negative_numbers = true)]
    pub rate: Option<f64>,

    /// Hidden units, at most 65536; for several hidden layers a list: 300,100
    #[arg(long, value_name = "N", default_value = "500", value_parser = hidden, allow_negative_numbers = true)]
    pub hidden: Widths,

    /// Behind each hidden layer: relu, leaky-relu, leaky-relu:SLOPE, sigmoid, tanh, gelu or identity
    #[arg(long, value_name = "NAME", default_value = "relu", value_parser = activation)]
    pub activation: Activation,

    /// Probability with which a hidden unit's output is 0 in a step
    #[arg(long, value_name = "P", default_value = "0", value_parser = probability, allow_negative_numbers = true)]
    pub dropout: f64,

    /// How parameters change by their gradient
    #[arg(long, value_name = "NAME", default_value = "sgd")]
    pub optimizer: Optimizer,

    /// Seed of the generator that draws weights and batches
    #[arg(long, value_name = "SEED", default_value = "0", allow_negative_numbers = true)]
    pub seed: u64,

    /// What the first layer reads of an image: all pixels, or only those that are not 0
    ///
    /// The results are the same but for rounding. With `sparse` they also have the same bits on any
    /// number of threads. `auto` takes what is faster, by how many pixels are not 0; for MNIST that
    /// is `sparse`. Only the course's kind of network reads `sparse`: one hidden layer of relu, plain sgd.
    #[arg(long, value_name = "FORM", default_value = "auto")]
    pub input: Form,

    /// Print loss and accuracy at each step that is a multiple of this
    #[arg(long, value_name = "N", default_value = "100", value_parser = count, allow_negative_numbers = true)]
    pub log_every: usize,

    /// Save the trained network here: as NumPy's .npz if it ends so, else as safetensors
    ///
    /// The arrays are w1 [784, hidden], b1, w2 [hidden, 10] and b2, in f32, and so on for more layers; `blasnet
    /// convert` gives them PyTorch's names. That the file can be written is checked before the run; a file that is
    /// there is replaced in one go at the end.
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,

    #[command(flatten)]
    pub data: Data,

    #[command(flatten)]
    pub threads: Threads,
}

impl Train {
    /// An error if flags contradict each other.
    pub fn check(&self) -> Result<(), End> {
        let courses = self.hidden.0.len() == 1
            && self.activation == Activation::Relu
            && self.dropout == 0.0
            && self.optimizer == Optimizer::Sgd;
        if self.input == Form::Sparse && !courses {
            return Err(End::Unusable(
                "--input sparse is for one hidden layer of relu, no dropout and plain sgd; leave it out, \
                 or use --input dense"
                    .into(),
            ));
        }
        Ok(())
    }
}

/// How parameters change by their gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Optimizer {
    /// Plain stochastic gradient descent, on the gradient of the batch's sum
    Sgd,
    /// SGD with momentum 0.9
    Momentum,
    /// SGD with Nesterov's momentum 0.9
    Nesterov,
    Adagrad,
    Rmsprop,
    Adam,
    /// Adam with decoupled weight decay 0.01
    Adamw,
}

/// How images are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    Auto,
    Dense,
    Sparse,
}

impl From<Form> for InputForm {
    fn from(form: Form) -> Self {
        match form {
            Form::Auto => Self::Auto,
            Form::Dense => Self::Dense,
            Form::Sparse => Self::Sparse,
        }
    }
}

/// Print a saved network's loss and accuracy on the test images
///
/// Standard output has two lines, the last two of `blasnet train`: `Test Loss: …` and
/// `Test Acc: … %`. A file that is missing, damaged or no such network ends with exit code 2 and
/// a line that says what is wrong with it.
///
/// Beside the files of `blasnet train` those of PyTorch (the linear layers of a `state_dict`, by
/// safetensors.torch.save_file) and NumPy (np.savez: w1, b1, w2 …) will do. Pixels are from 0 to 1.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  blasnet train --epochs 5 --save digits.safetensors
  blasnet eval --model digits.safetensors
  blasnet eval --model torch.safetensors --activation gelu")]
pub struct Eval {
    /// A saved network: NumPy's .npz if it ends so, else safetensors
    #[arg(long, value_name = "FILE")]
    pub model: PathBuf,

    #[command(flatten)]
    pub hidden: Unsaid,

    #[command(flatten)]
    pub data: Data,

    #[command(flatten)]
    pub threads: Threads,
}

/// Convert a saved network, for PyTorch or NumPy or from them
///
/// Both files' names end in .safetensors or .npz. The numbers and what is known about the network stay
/// the same; numbers that f32 cannot hold are written as f64.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  blasnet convert digits.safetensors digits.npz
  blasnet convert digits.safetensors torch.safetensors --names torch
  blasnet convert torch.safetensors digits.safetensors --activation gelu")]
pub struct Convert {
    /// The network: NumPy's .npz if it ends so, else safetensors
    #[arg(value_name = "FROM")]
    pub from: PathBuf,

    /// The file to be written, .npz or .safetensors; one that is there is replaced in one go
    #[arg(value_name = "TO")]
    pub to: PathBuf,

    /// What the arrays are called
    #[arg(long, value_name = "NAMES", default_value = "course")]
    pub names: Naming,

    #[command(flatten)]
    pub hidden: Unsaid,
}

/// What arrays are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Naming {
    /// w1 [in, out], b1, w2 and so on
    Course,
    /// 0.weight [out, in], 0.bias, 2.weight and so on: for load_state_dict of nn.Sequential
    Torch,
}

impl From<Naming> for Names {
    fn from(names: Naming) -> Self {
        match names {
            Naming::Course => Self::Course,
            Naming::Torch => Self::Torch,
        }
    }
}

/// What another program's file does not say of its network.
#[derive(Debug, Args)]
pub struct Unsaid {
    /// Activation behind each hidden layer, if the file does not say [default: relu]
    #[arg(long, value_name = "NAME", value_parser = activation)]
    pub activation: Option<Activation>,
}

/// Print the results of the course's exercises, 1-1 to 4-1
///
/// Everything is computed in f64 by the library's public types, and printed as the course does:
/// arrays look as NumPy prints them. Exercise 4-2 is `blasnet train`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  blasnet course
  blasnet course 2-4 2-5")]
pub struct Course {
    /// Which ones; all without any
    #[arg(value_name = "EXERCISE", value_parser = PossibleValuesParser::new(course::numbers()))]
    pub exercises: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Data {
    /// Folder with the four IDX files of MNIST, gzipped or not, in place of the embedded ones
    #[arg(long = "data", value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Data {
    /// The images that were asked for.
    pub fn load(&self) -> Result<Mnist, End> {
        Ok(match &self.folder {
            Some(folder) => Mnist::from_dir(folder)?,
            None => Mnist::embedded()?,
        })
    }
}

#[derive(Debug, Args)]
pub struct Threads {
    /// Threads to compute with [default: one for each core]
    #[arg(long, value_name = "N", value_parser = threads, allow_negative_numbers = true)]
    pub threads: Option<usize>,
}

fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if count >= 1 => Ok(count),
        _ => Err("expected a whole number of at least 1".into()),
    }
}

fn at_most(most: usize, text: &str) -> Result<usize, String> {
    count(text)
        .ok()
        .filter(|&count| count <= most)
        .ok_or_else(|| format!("expected a whole number from 1 to {most}"))
}

/// Widths of hidden layers.
#[derive(Debug, Clone)]
pub struct Widths(pub Vec<usize>);

/// The bound keeps the weights at 200 MB, where a slip of the finger would ask for all memory.
fn hidden(text: &str) -> Result<Widths, String> {
    text.split(',').map(|width| at_most(65_536, width)).collect::<Result<_, _>>().map(Widths)
}

/// More than any machine has, fewer than one would rather not start.
fn threads(text: &str) -> Result<usize, String> {
    at_most(1024, text)
}

fn activation(text: &str) -> Result<Activation, String> {
    text.parse().map_err(|error: blasnet::Error| error.to_string())
}

fn probability(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(probability) if (0.0..1.0).contains(&probability) => Ok(probability),
        _ => Err("expected a probability of 0 to below 1".into()),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate >= 0.0 => Ok(rate),
        _ => Err("expected a finite number of at least 0".into()),
    }
}

/// What the command line asks for; `None` once a help text or the version has been printed.
pub fn parse() -> Result<Option<Command>, End> {
    let error = match Cli::try_parse() {
        Ok(cli) => return Ok(Some(cli.command)),
        Err(error) => error,
    };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // That nobody reads a help text is no error.
            let _ = error.print();
            Ok(None)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Err(End::Unusable("no command given, expected train, eval, convert or course; see --help".into()))
        }
        _ => Err(End::Unusable(one_line(&error.render().to_string()))),
    }
}

/// clap's paragraphs as one line, without its usage, which `--help` explains better.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for part in text.lines().map(str::trim) {
        if part.starts_with("Usage:") || part.starts_with("For more information") {
            break;
        }
        if part.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push_str(if line.ends_with(':') { " " } else { "; " });
        }
        line.push_str(part.trim_start_matches("error: "));
    }
    line + "; see --help"
}
