//! Chapter 4: one epoch of the course's run on the whole of MNIST.

use std::ops::ControlFlow;
use std::time::Instant;

use blasnet::blas;
use blasnet::parallel::{SingleThreadedBlas, threads};
use blasnet::{Mnist, NeuralNetwork, Result, Sgd, Trainer, evaluate};
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

fn main() -> Result<()> {
    // OpenBLAS runs one thread in each call; rayon shares the work out.
    let _rayon_has_the_threads = SingleThreadedBlas::new();
    let mnist = Mnist::embedded()?;
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut network = NeuralNetwork::<f32>::new(NeuralNetwork::<f32>::COURSE, &mut rng)?;

    let start = Instant::now();
    // One epoch of batches of 100, drawn at random, unless told otherwise.
    let outcome = Trainer::new(&mut network, &mut Sgd::new(0.0001), &mnist.train)
        .on_step(|step| {
            if step.number % 100 == 0 {
                println!("Loss {}: {}", step.number, step.scores.loss);
                println!("Acc: {:.1} %", step.scores.accuracy * 100.0);
            }
            ControlFlow::Continue(())
        })
        .run(&mut rng)?;
    let milliseconds = start.elapsed().as_secs_f64() * 1e3 / outcome.position.steps() as f64;
    println!("{milliseconds:.2} ms/step, {} threads, {}", threads(), blas::name());

    let test = evaluate(&network, &mnist.test)?;
    println!("Test Loss: {}\nTest Acc: {:.1} %", test.loss, test.accuracy * 100.0);
    // Seeds differ by a few tenths of a per cent after one epoch.
    assert!((0.85..0.91).contains(&test.accuracy));
    Ok(())
}
