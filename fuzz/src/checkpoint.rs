//! Checkpoints, with a right checksum and without.

use blasnet::checkpoint::Checkpoint;
use blasnet::train::{Order, Trainer};
use blasnet::{Activation, Adam, Dataset, Float, Loss, Mlp, Result};
use ndarray::array;
use rand::rngs::Xoshiro256PlusPlus;

/// What draws the batches.
pub type Generator = Xoshiro256PlusPlus;

/// A checkpoint's file, or what would be one if its checksum were another.
pub fn checkpoint(bytes: &[u8]) -> bool {
    if bytes.windows(3).any(|three| three == b"F64") { loads::<f64>(bytes) } else { loads::<f32>(bytes) }
}

fn loads<A: Float>(bytes: &[u8]) -> bool {
    let mut loaded = read::<A>(bytes);
    if let Err(error) = &loaded
        && let Some(bytes) = with_checksum(bytes, &error.to_string())
    {
        loaded = read(&bytes);
    }
    let Ok(checkpoint) = loaded else {
        return false;
    };
    // Everything in words: NaN, which a setting or a mean may be, is nowhere equal to itself.
    let words = format!("{checkpoint:?}");
    assert_eq!(words, format!("{:?}", read::<A>(&checkpoint.to_bytes().unwrap()).unwrap()));
    resume(checkpoint);
    true
}

fn read<A: Float>(bytes: &[u8]) -> Result<Checkpoint<A, Generator>> {
    Checkpoint::from_bytes(bytes, "a file")
}

/// The bytes with the checksum that this error asks for: without it a fuzzer would get no further.
fn with_checksum(bytes: &[u8], error: &str) -> Option<Vec<u8>> {
    let (_, error) = error.split_once("its checksum is ")?;
    let (right, error) = error.split_once(", expected the ")?;
    let (found, _) = error.split_once(" that it says")?;
    if found.len() != right.len() {
        return None;
    }
    let place = bytes.windows(found.len()).position(|at| at == found.as_bytes())?;
    Some([&bytes[..place], right.as_bytes(), &bytes[place + found.len()..]].concat())
}

/// Goes on with the run, if it is one of the run that the seeds are of.
fn resume<A: Float>(checkpoint: Checkpoint<A, Generator>) {
    let (data, mut network, mut adam, mut rng) = run();
    let Ok(position) = checkpoint.restore(&mut network, &mut adam) else {
        return;
    };
    // It may diverge, or not be one of this order.
    let trainer = Trainer::new(&mut network, &mut adam, &data).epochs(3).batch(2).order(Order::Shuffled);
    let _ = trainer.resume(position).run(&mut rng);
}

/// Data, network, optimiser and generator of the run that the seeds are of.
pub fn run<A: Float>() -> (Dataset, Mlp<A>, Adam, Generator) {
    let data = Dataset::new(array![[0, 0], [0, 255], [255, 0], [255, 255]], vec![0, 1, 1, 0], 2).unwrap();
    let builder = Mlp::builder(2).hidden(2, Activation::Tanh).dropout(0.25);
    let mut rng = rand::SeedableRng::seed_from_u64(1);
    let network = builder.output(2, Loss::SoftmaxCrossEntropy).build(&mut rng).unwrap();
    (data, network, Adam::new(0.01), rng)
}
