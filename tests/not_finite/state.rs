//! All that training goes on from, to be compared bit by bit.

use blasnet::{
    AdaGrad, Adam, AdamW, Averaged, Clipped, Float, Masks, Memory, Mlp, Optimizer, Result, RmsProp, Schedule,
    Scheduled, Sgd,
};

/// The parameters, the dropout masks to come, and what the optimiser remembers.
#[derive(Debug, PartialEq)]
pub struct State {
    values: Vec<u64>,
    masks: Masks,
    rate: u64,
    counts: Vec<(String, u64)>,
    numbers: Vec<(String, u64)>,
    arrays: Vec<(String, Vec<u64>)>,
}

impl State {
    pub fn of<A: Float>(network: &Mlp<A>, optimizer: &dyn Optimizer<A>) -> Result<Self> {
        let mut memory = Memory::default();
        optimizer.save(&mut memory)?;
        Ok(Self {
            values: bits(network.values()),
            masks: network.dropout_masks(),
            rate: optimizer.learning_rate().to_bits(),
            counts: memory.counts().map(|(name, count)| (name.into(), count)).collect(),
            numbers: memory.numbers().map(|(name, number)| (name.into(), number.to_bits())).collect(),
            arrays: memory.arrays().map(|(name, array)| (name.into(), bits(array))).collect(),
        })
    }
}

pub fn bits<A: Float>(numbers: &[A]) -> Vec<u64> {
    numbers.iter().map(|number| number.as_f64().to_bits()).collect()
}

pub const OPTIMIZERS: [&str; 11] = [
    "plain",
    "scheduled",
    "momentum",
    "adagrad",
    "rmsprop",
    "adam",
    "scheduled adamw",
    "clipped by norm",
    "clipped by value",
    "averaged",
    "all wrappers",
];

/// A new optimiser of this name. Of the steps of the first two no gradient is kept.
pub fn optimizer<A: Float>(name: &str) -> Box<dyn Optimizer<A>> {
    let schedule = || Schedule::Linear { steps: 5, floor: 0.0 }.after_warm_up(1);
    match name {
        "plain" => Box::new(Sgd::new(0.1)),
        "scheduled" => Box::new(Scheduled::new(Sgd::new(0.1), schedule())),
        "momentum" => Box::new(Sgd::new(0.1).momentum(0.9).weight_decay(0.01)),
        "adagrad" => Box::new(AdaGrad::new(0.1)),
        "rmsprop" => Box::new(RmsProp::new(0.01).momentum(0.5).centered()),
        "adam" => Box::new(Adam::new(0.01)),
        "scheduled adamw" => Box::new(Scheduled::new(AdamW::new(0.01), schedule())),
        "clipped by norm" => Box::new(Clipped::by_norm(Sgd::new(0.1).momentum(0.9), 0.1)),
        "clipped by value" => Box::new(Clipped::by_value(Adam::new(0.01), 0.01)),
        "averaged" => Box::new(Averaged::new(Sgd::new(0.1), 0.9)),
        "all wrappers" => {
            let clipped = Clipped::by_norm(Averaged::new(Adam::new(0.01), 1.0), 0.1);
            Box::new(Scheduled::new(clipped, schedule()))
        }
        _ => panic!("no optimiser is called {name}"),
    }
}
