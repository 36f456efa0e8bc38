//! The flags of `blasnet train`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use blasnet::data::InputForm;
use blasnet::{Activation, Reduction, train};
use clap::{Args, ValueEnum};

use super::{Data, Threads, Widths, activation, count, hidden, positive, probability, rate};

/// Settings that not every run has.
const HOLD_OUT: &str = "hold-out";
const PATIENCE: &str = "patience";

/// Train a network on MNIST; without flags the course's (exercise 4-2)
///
/// Without flags this is the course's run: 100 epochs of 600 steps, each on 100 images drawn at
/// random, learning rate 0.0001, 500 hidden units, in f32, on the complete MNIST inside this
/// program.
///
/// Standard output has the course's lines and nothing else: `Loss <step>: …` and `Acc: … %` (that
/// step's batch, before its update) every --log-every steps, and at the end `Test Loss: …` and
/// `Test Acc: … %`. A live line (if that is a terminal) and a summary go to standard error.
///
/// With several hidden layers, another activation, dropout or another optimiser it is a network of
/// that kind.
///
/// One generator, Xoshiro256PlusPlus::seed_from_u64(SEED) of the rand crate, draws the weights
/// (first W1, then W2, row by row) and then the batches. The same seed on the same machine gives the
/// same lines; with --input dense, only with as many threads.
///
/// Ctrl-C stops after the current step and saves what --save asks for; a second one quits at
/// once. If the reader of standard output leaves (as `| head` does), the run ends, but with
/// --save or --checkpoint it goes on in silence.
///
/// With --checkpoint a run survives anything, kill -9 and power cuts too: `blasnet train --checkpoint
/// DIR --resume` does the rest of it, bit for bit as if nothing had been.
#[derive(Debug, Args)]
#[command(args_override_self = true)]
#[command(after_long_help = "\
Examples:
  blasnet train
  blasnet train --recipe fast
  blasnet train --recipe best --save digits.safetensors --report best/
  blasnet train --checkpoint run/; blasnet train --checkpoint run/ --resume
  blasnet train --hidden 1000 --seed 1 --log-every 600 > log.txt
  blasnet train --hidden 300,100 --activation gelu --optimizer adamw --epochs 10
  blasnet train --data fashion-mnist/ --threads 4")]
pub struct Train {
    /// Flags that do something well; those that you add have the last word
    #[arg(long, value_name = "NAME", default_value = "course")]
    pub recipe: Recipe,

    /// How often as many images are used as the data set has
    #[arg(long, value_name = "N", default_value = "100", value_parser = count, allow_negative_numbers = true)]
    pub epochs: usize,

    /// Images in a batch, at most those of the data set
    #[arg(long, value_name = "N", default_value = "100", value_parser = count, allow_negative_numbers = true)]
    pub batch: usize,

    /// How batches are made of the data set
    #[arg(long, value_name = "NAME", default_value = "drawn")]
    pub order: Order,

    /// Learning rate [default: 0.0001 for sgd, else the optimiser's usual one]
    ///
    /// What plain sgd multiplies the gradient by, which is that of the batch's summed loss, as in the
    /// course. All others take the gradient of the mean, as other libraries do, and have these rates:
    /// momentum and nesterov 0.05, adagrad 0.01, rmsprop, adam and adamw 0.001.
    #[arg(long, value_name = "RATE", value_parser = rate, allow_negative_numbers = true)]
    pub rate: Option<f64>,

    /// How the learning rate changes from --rate on, over the whole run
    #[arg(long, value_name = "NAME", default_value = "constant")]
    pub schedule: Schedule,

    /// Steps at the beginning in which the learning rate rises evenly to --rate
    #[arg(long, value_name = "STEPS", default_value = "0", allow_negative_numbers = true)]
    pub warm_up: u64,

    /// Hidden units, at most 65536; for several hidden layers a list: 300,100
    #[arg(long, value_name = "N", default_value = "500", value_parser = hidden, allow_negative_numbers = true)]
    pub hidden: Widths,

    /// Behind each hidden layer: relu, leaky-relu, leaky-relu:SLOPE, sigmoid, tanh, gelu or identity
    #[arg(long, value_name = "NAME", default_value = "relu", value_parser = activation)]
    pub activation: Activation,

    /// Which initial weights are drawn [default: course for one hidden layer of relu with sgd, else he]
    #[arg(long, value_name = "NAME")]
    pub weights: Option<Weights>,

    /// Probability with which a hidden unit's output is 0 in a step
    #[arg(long, value_name = "P", default_value = "0", value_parser = probability, allow_negative_numbers = true)]
    pub dropout: f64,

    /// How parameters change by their gradient
    #[arg(long, value_name = "NAME", default_value = "sgd")]
    pub optimizer: Optimizer,

    /// Weight decay [default: 0.01 for adamw, else 0]
    #[arg(long, value_name = "LAMBDA", value_parser = rate, allow_negative_numbers = true)]
    pub weight_decay: Option<f64>,

    /// Seed of the generator that draws weights and batches
    #[arg(long, value_name = "SEED", default_value = "0", allow_negative_numbers = true)]
    pub seed: u64,

    /// What the first layer reads of an image: all pixels, or only those that are not 0
    ///
    /// The results are the same but for rounding. With `sparse` they also have the same bits on any
    /// number of threads. `auto` takes what is faster, by how many pixels are not 0 and how wide the
    /// first layer is; for MNIST that is `sparse`.
    #[arg(long, value_name = "FORM", default_value = "auto")]
    pub input: Form,

    /// Do not train on so many images, the last ones, and score the network on them behind each epoch
    ///
    /// The lines at the end are theirs, too, `Held-Out Loss` and `Held-Out Acc`, and the test images are
    /// left alone: for choosing settings, which no test image may have a say in.
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    pub hold_out: Option<usize>,

    /// End the run behind so many epochs without a lower loss on the images of --hold-out
    #[arg(long, value_name = "EPOCHS", value_parser = count, requires = "hold_out", allow_negative_numbers = true)]
    pub patience: Option<usize>,

    /// Print loss and accuracy at each step that is a multiple of this
    #[arg(long, value_name = "N", default_value = "100", value_parser = count, allow_negative_numbers = true)]
    pub log_every: usize,

    /// Save the trained network here: as NumPy's .npz if it ends so, else as safetensors
    ///
    /// The arrays are w1 [784, hidden], b1, w2 [hidden, 10] and b2, in f32, and so on for more layers; `blasnet
    /// convert` gives them PyTorch's names. The file also says how the network was made, with loss and accuracy of each
    /// epoch, which `blasnet report` draws. That the file can be written is checked before the run; a file that is
    /// there is replaced in one go at the end.
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,

    /// Write down how the run went in this folder: a page, report.html, its figures as SVG, the numbers as CSV and JSON
    ///
    /// Curves of loss and accuracy, the confusion matrix, the 50 most confident mistakes, weights and activations,
    /// settings, time and machine. The network is scored behind each epoch for it, on the test images or those of
    /// --hold-out, which takes time; the run's results are the same as without.
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,

    /// Keep checkpoints in this folder, which is the run's alone
    #[arg(long, value_name = "DIR")]
    pub checkpoint: Option<PathBuf>,

    /// Steps from one checkpoint to the next [default: one each minute]
    #[arg(long, value_name = "N", value_parser = count, requires = "checkpoint", allow_negative_numbers = true)]
    pub checkpoint_every: Option<usize>,

    /// Minutes from one checkpoint to the next
    #[arg(long, value_name = "N", value_parser = positive, requires = "checkpoint", allow_negative_numbers = true)]
    pub checkpoint_minutes: Option<f64>,

    /// Go on from the newest checkpoint of --checkpoint
    ///
    /// The flags are those that the run began with; whoever adds others than --save, --report, --log-every,
    /// --threads and those of checkpoints is refused.
    #[arg(long, requires = "checkpoint")]
    pub resume: bool,

    #[command(flatten)]
    pub data: Data,

    #[command(flatten)]
    pub threads: Threads,
}

impl Train {
    /// Whether the network is of the course's kind: one hidden layer of ReLU and nothing else.
    fn is_courses(&self) -> bool {
        self.hidden.0.len() == 1 && self.activation == Activation::Relu && self.dropout == 0.0
    }

    /// What the rate is multiplied with: only the course's is meant for a sum.
    pub fn reduction(&self) -> Reduction {
        if self.optimizer == Optimizer::Sgd { Reduction::Sum } else { Reduction::Mean }
    }

    pub fn rate(&self) -> f64 {
        self.rate.unwrap_or(match self.optimizer {
            Optimizer::Sgd => 0.0001,
            Optimizer::Momentum | Optimizer::Nesterov => 0.05,
            Optimizer::Adagrad => 0.01,
            Optimizer::Rmsprop | Optimizer::Adam | Optimizer::Adamw => 0.001,
        })
    }

    pub fn weight_decay(&self) -> f64 {
        self.weight_decay.unwrap_or(if self.optimizer == Optimizer::Adamw { 0.01 } else { 0.0 })
    }

    pub fn weights(&self) -> Weights {
        self.weights.unwrap_or(match self.is_courses() && self.optimizer == Optimizer::Sgd {
            true => Weights::Course,
            false => Weights::He,
        })
    }

    /// All that the run's results depend on, by the name of its flag: given as flags, they are the same run.
    pub fn settings(&self) -> BTreeMap<String, String> {
        let widths: Vec<String> = self.hidden.0.iter().map(usize::to_string).collect();
        let mut settings = BTreeMap::from(
            [
                ("epochs", self.epochs.to_string()),
                ("batch", self.batch.to_string()),
                ("order", name(self.order)),
                ("rate", self.rate().to_string()),
                ("schedule", name(self.schedule)),
                ("warm-up", self.warm_up.to_string()),
                ("hidden", widths.join(",")),
                ("activation", self.activation.to_string()),
                ("weights", name(self.weights())),
                ("dropout", self.dropout.to_string()),
                ("optimizer", name(self.optimizer)),
                ("weight-decay", self.weight_decay().to_string()),
                ("seed", self.seed.to_string()),
                ("input", name(self.input)),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        let given = [
            (HOLD_OUT, self.hold_out.map(|count| count.to_string())),
            (PATIENCE, self.patience.map(|epochs| epochs.to_string())),
        ];
        settings.extend(given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        settings
    }

    /// The flags that stand for these settings; `None` if one is missing. What is no setting of a run is left out.
    pub fn flags(settings: &BTreeMap<String, String>) -> Option<Vec<String>> {
        let all = Self::of(Recipe::Course).settings();
        if !all.keys().all(|name| settings.contains_key(name)) {
            return None;
        }
        let is_flag = |name: &String| all.contains_key(name) || [HOLD_OUT, PATIENCE].contains(&name.as_str());
        let flags = settings.iter().filter(|(name, _)| is_flag(name));
        Some(flags.map(|(name, value)| format!("--{name} {value}")).collect())
    }
}

/// A choice's name on the command line.
fn name(choice: impl ValueEnum) -> String {
    choice.to_possible_value().expect("no choice is hidden").get_name().to_owned()
}

/// Flags under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Recipe {
    /// The course's own: 97.4 % of the test images in 60,000 steps
    Course,
    /// 97.5 % and more as soon as possible: 128 hidden units, two epochs of sparse SGD
    Fast,
    /// 98.4 % and more, with 500 hidden units
    Best,
}

impl Recipe {
    /// What it stands for. How these were found is in docs/recipes.md.
    pub fn flags(self) -> impl Iterator<Item = &'static str> {
        let flags = match self {
            Self::Course => "",
            Self::Fast => {
                "--hidden 128 --weights he --epochs 2 --batch 24 --order shuffled \
                 --rate 0.025 --schedule linear --warm-up 200"
            }
            Self::Best => {
                "--optimizer adamw --weight-decay 0.1 --dropout 0.3 --epochs 40 --order shuffled \
                 --rate 0.002 --schedule cosine"
            }
        };
        flags.split_whitespace()
    }
}

/// How batches are made of the data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// Each image of each batch is drawn from all, as in the course
    Drawn,
    /// Each epoch is all images in a new order
    Shuffled,
}

impl From<Order> for train::Order {
    fn from(order: Order) -> Self {
        match order {
            Order::Drawn => Self::Drawn,
            Order::Shuffled => Self::Shuffled,
        }
    }
}

/// How the learning rate changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Schedule {
    Constant,
    /// Down to 0 on a straight line
    Linear,
    /// Down to 0 on half a wave
    Cosine,
}

/// Which initial weights are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Weights {
    /// From N(0, 0.1²)
    Course,
    /// By He's rule in front of relu and its like, else by Xavier's
    He,
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
    /// Adam with decoupled weight decay
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
