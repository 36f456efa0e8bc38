//! Beyond the course: a last layer in closed form, by itself and as a start for training.

use std::time::Instant;

use blasnet::lapack::{conditioning, ridge};
use blasnet::parallel::SingleThreadedBlas;
use blasnet::{Affine, Mnist, NeuralNetwork, Parameters, Result, Sgd, Trainer, blas, evaluate, functions};
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

const LAMBDA: f64 = 10.0;

fn main() -> Result<()> {
    if let Some(kernel) = blas::better_kernel() {
        eprintln!("OpenBLAS does not know this processor: faster with {}={kernel}", blas::CORETYPE);
    }
    // OpenBLAS runs one thread in each call; rayon shares the work out.
    let _rayon_has_the_threads = SingleThreadedBlas::new();
    let mnist = Mnist::embedded()?;
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let usual = NeuralNetwork::<f32>::new(NeuralNetwork::<f32>::COURSE, &mut rng)?;
    let Parameters { w1, b1, .. } = usual.clone().into_parameters();
    println!("first layer, random and left so: condition number {:.1}", conditioning(&w1)?.condition_number);

    let start = Instant::now();
    let mut hidden = Affine::new(w1.clone(), b1.clone())?.apply(&mnist.train.to_floats())?;
    functions::relu_inplace(&mut hidden);
    let (w2, b2) = ridge(&hidden, &mnist.train.one_hot(), LAMBDA)?.into_parameters();
    let seconds = start.elapsed().as_secs_f64();
    drop(hidden);

    // Targets are 0 and 1, so this layer's logits are, too: the right answers, without any confidence. How much they
    // deserve is told by the loss on what they were fitted to.
    let stretched = |by: f32| {
        let (w1, b1) = (w1.clone(), b1.clone());
        NeuralNetwork::from_parameters(Parameters { w1, b1, w2: &w2 * by, b2: &b2 * by })
    };
    let mut best = (f64::INFINITY, 0.0);
    for by in [1.0, 2.0, 5.0, 10.0, 20.0, 50.0] {
        let loss = evaluate(&stretched(by)?, &mnist.train)?.loss;
        if loss < best.0 {
            best = (loss, by);
        }
    }
    let warm = stretched(best.1)?;
    let closed_form = evaluate(&warm, &mnist.test)?;
    println!("ridge, λ = {LAMBDA}: test acc {:.2} % in {seconds:.2} s", 100.0 * closed_form.accuracy);
    println!("its logits times {}: test loss {:.3}", best.1, closed_form.loss);
    assert!(closed_form.accuracy > 0.91);

    println!("test acc after 1 epoch   usual start   warm start");
    let mut gains = Vec::new();
    for rate in [0.0001, 0.001, 0.003] {
        let from_usual = after_an_epoch(&usual, &mnist, rate)?;
        let from_warm = after_an_epoch(&warm, &mnist, rate)?;
        println!("rate {rate:<18} {:>9.2} % {:>11.2} %", 100.0 * from_usual, 100.0 * from_warm);
        gains.push(from_warm - from_usual);
        // Nothing of it is destroyed.
        assert!(from_warm > closed_form.accuracy);
    }
    // Large at the course's rate, where an epoch does not get far; at thirty times that rate a few tenths of a per
    // cent, of which another seed may leave nothing.
    assert!(gains[0] > 0.03 && gains[1] > 0.01);
    Ok(())
}

/// The test accuracy of this network, trained for an epoch on the same batches as any other.
fn after_an_epoch(start: &NeuralNetwork<f32>, mnist: &Mnist, rate: f64) -> Result<f64> {
    let (mut network, mut rng) = (start.clone(), Xoshiro256PlusPlus::seed_from_u64(1));
    Trainer::new(&mut network, &mut Sgd::new(rate), &mnist.train).run(&mut rng)?;
    Ok(evaluate(&network, &mnist.test)?.accuracy)
}
