//! [`Learner`]: a network with what changes it.

use blasnet::data::Dataset;
use blasnet::{AdaGrad, Adam, AdamW, NeuralNetwork, Optimizer, Reduction, RmsProp, Scores, Sgd};
use rand::Rng;

use crate::args::{self, Optimizer as Kind};
use crate::network::{Network, Plan};

pub struct Learner {
    pub network: Network,
    pub rate: f64,
    optimizer: Box<dyn Optimizer<f32>>,
}

impl Learner {
    /// The course's network with its own steps, where that is what the flags say; else any other.
    pub fn new<R: Rng>(args: &args::Train, inputs: usize, rng: &mut R) -> blasnet::Result<Self> {
        let (activation, kind) = (args.activation, args.optimizer);
        let plan = Plan { inputs, hidden: args.hidden.0.clone(), activation, dropout: args.dropout };
        let (usual_rate, reduction) = convention(kind);
        let rate = args.rate.unwrap_or(usual_rate);
        let network = match plan.course() {
            Some(sizes) if kind == Kind::Sgd => Network::Course(NeuralNetwork::new(sizes, rng)?),
            _ => Network::Any(plan.builder().reduction(reduction).build(rng)?),
        };
        Ok(Self { network, rate, optimizer: optimizer(kind, rate) })
    }

    /// One step on these images.
    pub fn step(&mut self, data: &Dataset, rows: &[usize]) -> blasnet::Result<Scores> {
        match &mut self.network {
            Network::Course(network) => network.sgd_on(data, rows, self.rate as f32),
            Network::Any(network) => network.train_on(data, rows, &mut *self.optimizer),
        }
    }
}

/// The usual rate, and what it is multiplied with: only the course's rate is meant for a sum.
fn convention(kind: Kind) -> (f64, Reduction) {
    match kind {
        Kind::Sgd => (0.0001, Reduction::Sum),
        Kind::Momentum | Kind::Nesterov => (0.05, Reduction::Mean),
        Kind::Adagrad => (0.01, Reduction::Mean),
        Kind::Rmsprop | Kind::Adam | Kind::Adamw => (0.001, Reduction::Mean),
    }
}

fn optimizer(kind: Kind, rate: f64) -> Box<dyn Optimizer<f32>> {
    match kind {
        Kind::Sgd => Box::new(Sgd::new(rate)),
        Kind::Momentum => Box::new(Sgd::new(rate).momentum(0.9)),
        Kind::Nesterov => Box::new(Sgd::new(rate).momentum(0.9).nesterov()),
        Kind::Adagrad => Box::new(AdaGrad::new(rate)),
        Kind::Rmsprop => Box::new(RmsProp::new(rate)),
        Kind::Adam => Box::new(Adam::new(rate)),
        Kind::Adamw => Box::new(AdamW::new(rate)),
    }
}
