//! The command line: what clap parses, and the texts of `--help`.

mod look;
mod train;

use std::ffi::OsString;
use std::path::PathBuf;

use blasnet::Activation;
use blasnet::data::Mnist;
use blasnet::model::Names;
use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::course;
use crate::end::End;

pub use look::{PlotBench, Predict, Recogniser, Report, Serve};
pub use train::{Optimizer, Recipe, Schedule, Train, Weights};

/// A course on neural networks, at BLAS's speed: trains on MNIST, shows how it went, recognises digits
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
    Train(Box<Train>),
    Eval(Eval),
    Convert(Convert),
    Report(Report),
    Predict(Predict),
    Serve(Serve),
    PlotBench(PlotBench),
    Course(Course),
}

/// Print a saved network's loss and accuracy on the test images
///
/// Standard output has two lines, the last two of `blasnet train`: `Test Loss: …` and
/// `Test Acc: … %`; with --classes, a table behind them. A file that is missing, damaged or no such
/// network ends with exit code 2 and a line that says what is wrong with it.
///
/// Beside the files of `blasnet train` those of PyTorch (the linear layers of a `state_dict`, by
/// safetensors.torch.save_file) and NumPy (np.savez: w1, b1, w2 …) will do. Pixels are from 0 to 1.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  blasnet train --epochs 5 --save digits.safetensors
  blasnet eval --model digits.safetensors
  blasnet eval --model digits.safetensors --classes
  blasnet eval --model torch.safetensors --activation gelu")]
pub struct Eval {
    #[command(flatten)]
    pub saved: Saved,

    /// Print too how often each digit was answered for each label, with recall and precision in percent
    #[arg(long)]
    pub classes: bool,
}

/// A network, and the images that it is scored on.
#[derive(Debug, Args)]
pub struct Saved {
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
#[derive(Debug, Default, Args)]
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
    /// The folder's full name, if one was asked for: the same from everywhere.
    pub fn folder(&self) -> Result<Option<String>, End> {
        let full = |folder: &PathBuf| match folder.canonicalize() {
            Ok(full) => Ok(full.display().to_string()),
            Err(error) => Err(End::unusable(folder.display(), error)),
        };
        self.folder.as_ref().map(full).transpose()
    }

    /// The flag that asks for the same from everywhere, if one did.
    pub fn flag(&self) -> Result<Option<String>, End> {
        let quoted = |folder: String| match folder
            .contains(|c: char| !c.is_ascii_alphanumeric() && !"/._-".contains(c))
        {
            true => format!("--data '{}'", folder.replace('\'', r"'\''")),
            false => format!("--data {folder}"),
        };
        Ok(self.folder()?.map(quoted))
    }

    /// The images that were asked for.
    pub fn load(&self) -> Result<Mnist, End> {
        Ok(match &self.folder {
            Some(folder) => Mnist::from_dir(folder)?,
            None => Mnist::embedded()?,
        })
    }
}

#[derive(Debug, Default, Args)]
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

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        _ => Err("expected a finite number above 0".into()),
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
        Ok(Cli { command: Command::Train(train) }) => {
            return Ok(Some(Command::Train(Box::new(train.behind([])?))));
        }
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
            Err(End::Unusable("no command given, expected train, eval, convert, report, predict, serve, plot-bench or course; see --help".into()))
        }
        _ => Err(End::Unusable(one_line(&error.render().to_string()))),
    }
}

impl Train {
    /// A recipe's flags and no others.
    pub fn of(recipe: Recipe) -> Self {
        Self::with(recipe.flags())
    }

    /// These flags, which are right, and no others.
    pub fn with<'a>(flags: impl IntoIterator<Item = &'a str>) -> Self {
        let words = ["blasnet", "train"].into_iter().chain(flags);
        match Cli::try_parse_from(words).map(|cli| cli.command) {
            Ok(Command::Train(train)) => *train,
            other => unreachable!("these are flags of `train`: {other:?}"),
        }
    }

    /// The same with these flags, and behind them the recipe's, in front of those of the command line, which have the
    /// last word.
    pub fn behind(self, flags: impl IntoIterator<Item = OsString>) -> Result<Self, End> {
        let recipe = self.recipe.flags().map(OsString::from);
        let mut more = flags.into_iter().chain(recipe).peekable();
        if more.peek().is_none() {
            return Ok(self);
        }
        let mut own = std::env::args_os();
        let program_and_train: Vec<OsString> = own.by_ref().take(2).collect();
        match Cli::try_parse_from(program_and_train.into_iter().chain(more).chain(own)) {
            Ok(Cli { command: Command::Train(train) }) => Ok(*train),
            Ok(_) => unreachable!("the first word is still `train`"),
            Err(error) => Err(End::Unusable(one_line(&error.render().to_string()))),
        }
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
