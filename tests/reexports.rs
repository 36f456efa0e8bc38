//! A program needs no dependency but blasnet: ndarray and rand come with it. And what may grow can still be made.

use blasnet::ndarray::{Array2, array};
use blasnet::rand::rngs::Xoshiro256PlusPlus;
use blasnet::rand::{RngExt, SeedableRng};
use blasnet::{Masks, NeuralNetwork, Scores};

#[test]
fn arrays_and_generators_are_those_of_the_signatures() -> blasnet::Result<()> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let x = Array2::from_shape_simple_fn((1, 2), || rng.random::<f32>());
    let mut network = NeuralNetwork::<f32>::new([2, 3, 2], &mut rng)?;
    assert!(network.sgd(&x, &array![[0.0, 1.0]], 0.1)?.loss.is_finite());
    Ok(())
}

#[test]
fn what_may_grow_has_constructors() {
    let Scores { loss, accuracy, .. } = Scores::new(0.25, 0.9);
    assert_eq!((loss, accuracy), (0.25, 0.9));

    let mut masks = Masks::new(7);
    masks.made = 3;
    assert_eq!((masks.seed, masks.made), (7, 3));
}
