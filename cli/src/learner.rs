//! What the flags ask for: a network, and what changes it.

use blasnet::{
    AdaGrad, Adam, AdamW, Init, NeuralNetwork, Optimizer, RmsProp, Schedule, Scheduled, Sgd, Training,
};
use rand::Rng;

use crate::args::{self, Optimizer as Kind, Weights};
use crate::network::{Network, Plan};

/// The course's network where its own steps can train it; else any other.
pub fn network<R: Rng>(args: &args::Train, inputs: usize, rng: &mut R) -> blasnet::Result<Network> {
    let (activation, dropout) = (args.activation, args.dropout);
    let plan = Plan { inputs, hidden: args.hidden.0.clone(), activation, dropout };
    let course = plan.course().filter(|_| args.optimizer == Kind::Sgd && args.weight_decay() == 0.0);
    if let (Some(sizes), Weights::Course) = (course, args.weights()) {
        return Ok(Network::Course(NeuralNetwork::new(sizes, rng)?));
    }
    let builder = plan.builder().reduction(args.reduction());
    let builder = match args.weights() {
        Weights::Course => builder.init(Init::Gaussian { sigma: 0.1 }),
        Weights::He => builder,
    };
    let network = builder.build(rng)?;
    Ok(match course {
        Some(_) => Network::Course(network.try_into()?),
        None => Network::Any(network),
    })
}

/// How often, and on how many images.
pub fn training(args: &args::Train) -> Training {
    let mut training = Training::default();
    (training.epochs, training.batch) = (args.epochs, args.batch);
    training
}

/// The optimiser of a run of so many steps.
pub fn optimizer(args: &args::Train, steps: usize) -> Box<dyn Optimizer<f32>> {
    let (rate, decay) = (args.rate(), args.weight_decay());
    let optimizer: Box<dyn Optimizer<f32>> = match args.optimizer {
        Kind::Sgd => Box::new(Sgd::new(rate).weight_decay(decay)),
        Kind::Momentum => Box::new(Sgd::new(rate).momentum(0.9).weight_decay(decay)),
        Kind::Nesterov => Box::new(Sgd::new(rate).momentum(0.9).nesterov().weight_decay(decay)),
        Kind::Adagrad => Box::new(AdaGrad::new(rate).weight_decay(decay)),
        Kind::Rmsprop => Box::new(RmsProp::new(rate).weight_decay(decay)),
        Kind::Adam => Box::new(Adam::new(rate).weight_decay(decay)),
        Kind::Adamw => Box::new(AdamW::new(rate).weight_decay(decay)),
    };
    let steps = (steps as u64).saturating_sub(args.warm_up).max(1);
    let schedule = match args.schedule {
        args::Schedule::Constant => Schedule::Constant,
        args::Schedule::Linear => Schedule::Linear { steps, floor: 0.0 },
        args::Schedule::Cosine => Schedule::Cosine { steps, floor: 0.0 },
    };
    match (schedule, args.warm_up) {
        (Schedule::Constant, 0) => optimizer,
        (schedule, 0) => Box::new(Scheduled::new(optimizer, schedule)),
        (schedule, warm_up) => Box::new(Scheduled::new(optimizer, schedule.after_warm_up(warm_up))),
    }
}
