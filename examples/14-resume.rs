//! A run on MNIST that is broken off and goes on, with images held out: the same bits as in one go.

use std::ops::ControlFlow;
use std::path::Path;

use blasnet::checkpoint::Checkpoints;
use blasnet::parallel::SingleThreadedBlas;
use blasnet::train::{EarlyStopping, Order, Outcome, Trainer};
use blasnet::{Activation, AdamW, Confusion, Dataset, Loss, Mlp, Mnist, Result, Schedule, Scheduled};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

const EPOCHS: usize = 3;
const BATCH: usize = 100;

fn main() -> Result<()> {
    let _rayon_has_the_threads = SingleThreadedBlas::new();
    let mnist = Mnist::embedded()?;
    let (train, held_out) = mnist.train.split_at(50_000)?;
    let folder = tempfile::tempdir().expect("a temporary folder");

    let (whole, outcome) = run(&train, &held_out, &folder.path().join("whole"), usize::MAX)?;
    for (epoch, scores) in outcome.position.history().epochs.iter().enumerate() {
        let validation = scores.validation.expect("there are images for it");
        println!("epoch {epoch}: loss {:.4}, held out {:.4}", scores.train.loss, validation.loss);
    }

    // Broken off twice, in the midst of an epoch; the third call finishes it.
    let broken_off = folder.path().join("broken-off");
    for last in [321, 1234] {
        let (_, outcome) = run(&train, &held_out, &broken_off, last)?;
        assert!(outcome.interrupted);
        println!("broken off after {} steps", outcome.position.steps());
    }
    let (resumed, same) = run(&train, &held_out, &broken_off, usize::MAX)?;
    assert_eq!(resumed.values(), whole.values());
    assert_eq!(same, outcome);
    println!("and finished, the same bit for bit");

    let confusion = Confusion::of(&resumed, &mnist.test)?;
    println!("{confusion}");
    assert!(confusion.accuracy() > 0.965);
    Ok(())
}

/// Goes on with the run of this folder, or begins it, until this step at the latest.
fn run(
    train: &Dataset,
    held_out: &Dataset,
    folder: &Path,
    last: usize,
) -> Result<(Mlp<f32>, Outcome<Xoshiro256PlusPlus>)> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut network = Mlp::<f32>::builder(784)
        .hidden(128, Activation::Relu)
        .dropout(0.1)
        .output(10, Loss::SoftmaxCrossEntropy)
        .build(&mut rng)?;
    let steps = (EPOCHS * train.len() / BATCH) as u64;
    let mut optimizer = Scheduled::new(AdamW::new(0.002), Schedule::Cosine { steps, floor: 0.0 });

    let checkpoints = Checkpoints::open(folder)?.every_steps(200);
    let newest = checkpoints.newest()?.map(|newest| newest.checkpoint);
    let position = newest.map(|newest| newest.restore(&mut network, &mut optimizer)).transpose()?;
    let outcome = Trainer::new(&mut network, &mut optimizer, train)
        .resume(position)
        .epochs(EPOCHS)
        .batch(BATCH)
        .order(Order::Shuffled)
        .validate(held_out)
        .callback(EarlyStopping::new(2))
        .callback(checkpoints)
        .on_step(|step| if step.number == last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        .run(&mut rng)?;
    Ok((network, outcome))
}
