//! What the flags ask for: a network, what changes it, and how long for.

use blasnet::data::CLASSES;
use blasnet::train::steps_per_epoch;
use blasnet::{
    AdaGrad, Adam, AdamW, Dataset, Init, Loss, Mlp, Optimizer, RmsProp, Schedule, Scheduled, Sgd, Trainer,
};
use rand::Rng;

use crate::args::{self, Optimizer as Kind, Weights};

/// The network, its weights drawn.
pub fn network<R: Rng>(args: &args::Train, inputs: usize, rng: &mut R) -> blasnet::Result<Mlp<f32>> {
    let mut builder = Mlp::builder(inputs);
    for &units in &args.hidden.0 {
        builder = builder.hidden(units, args.activation).dropout(args.dropout);
    }
    builder = builder.output(CLASSES, Loss::SoftmaxCrossEntropy).reduction(args.reduction());
    match args.weights() {
        Weights::Course => builder.init(Init::Gaussian { sigma: 0.1 }),
        // The builder's own.
        Weights::He => builder,
    }
    .build(rng)
}

/// Steps in the whole run.
pub fn steps(args: &args::Train, data: &Dataset) -> usize {
    args.epochs.saturating_mul(steps_per_epoch(data, args.batch))
}

/// The run, in which nothing but the epochs and their batches is settled.
pub fn trainer<'a, O: Optimizer<f32>, R: Rng + Clone>(
    args: &args::Train,
    network: &'a mut Mlp<f32>,
    optimizer: &'a mut O,
    data: &'a Dataset,
) -> Trainer<'a, Mlp<f32>, O, R> {
    Trainer::new(network, optimizer, data).epochs(args.epochs).batch(args.batch).order(args.order.into())
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

#[cfg(test)]
mod tests {
    use blasnet::NeuralNetwork;
    use blasnet::data::PIXELS;
    use ndarray::array;
    use rand::SeedableRng;
    use rand::rngs::Xoshiro256PlusPlus;

    use super::*;
    use crate::args::Recipe;

    fn rng() -> Xoshiro256PlusPlus {
        Xoshiro256PlusPlus::seed_from_u64(7)
    }

    /// Without flags it is the course's network, weight by weight, and leaves the generator where that does: the
    /// batches are the same, too.
    #[test]
    fn the_same_generator_makes_the_courses_network() {
        let args = args::Train::of(Recipe::Course);
        let (mut ours, mut courses) = (rng(), rng());
        let network = network(&args, PIXELS, &mut ours).unwrap();
        let sizes = NeuralNetwork::<f32>::COURSE;
        let course = NeuralNetwork::<f32>::new(sizes, &mut courses).unwrap();
        assert_eq!(network.sizes(), sizes);
        assert_eq!(network.values(), course.values());
        assert_eq!(ours, courses);
    }

    /// Plain SGD takes the gradient of the sum, whatever the network; every other optimiser that of the mean.
    #[test]
    fn a_sum_for_plain_sgd_and_a_mean_for_the_others() {
        for network_flags in
            ["", "--weights he", "--activation tanh", "--dropout 0.5", "--hidden 4,3", "--weight-decay 0.1"]
        {
            for (optimizer, sum) in [("sgd", true), ("nesterov", false), ("adam", false), ("adamw", false)] {
                let flags = format!("--hidden 5 {network_flags} --optimizer {optimizer}");
                let args = args::Train::with(flags.split_whitespace());
                let mut network = network(&args, 3, &mut rng()).unwrap();
                // Twice the same row: the mean is that row's, the sum twice as much.
                let (once, twice) = (array![[0.3, -0.5, 0.9]], array![[0.3, -0.5, 0.9], [0.3, -0.5, 0.9]]);
                let one = network.gradient(&once, &[4]).unwrap().1.to_vec();
                let two = network.gradient(&twice, &[4, 4]).unwrap().1;
                let factor = if sum { 2.0 } else { 1.0 };
                for (one, two) in one.iter().zip(two) {
                    assert!((factor * one - two).abs() < 1e-5, "{flags}: {one}, {two}");
                }
            }
        }
    }
}
