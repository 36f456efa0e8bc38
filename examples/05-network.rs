//! Chapter 4: a network of your own sizes on data of your own, with its gradients looked at.

use blasnet::{NeuralNetwork, Result};
use ndarray::array;
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

fn main() -> Result<()> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut network = NeuralNetwork::<f64>::new([2, 8, 2], &mut rng)?;

    // XOR: class 1 where the inputs differ.
    let x = array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
    let t = array![[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]];

    let gradients = network.backprop(&x, &t)?;
    println!("untrained: loss {:.4}, ∂loss/∂b2 {:.4}", network.loss(&x, &t)?, gradients.b2);

    for step in 0..2000 {
        let scores = network.sgd(&x, &t, 0.1)?;
        if step % 500 == 0 {
            println!("step {step:4}: loss {:.4}, accuracy {:.0} %", scores.loss, scores.accuracy * 100.0);
        }
    }
    println!("trained: loss {:.4}", network.loss(&x, &t)?);
    assert_eq!(network.accuracy(&x, &t)?, 1.0);
    Ok(())
}
