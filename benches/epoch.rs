//! An epoch of the course's training on MNIST, in f32: 600 steps of 100 images.
//!
//! The clock covers drawing, gathering, forward, backward and update. Outside it: loading MNIST, drawing
//! the initial weights, and the test on the test images. The throughput is in images.

mod support;

use blasnet::train::steps_per_epoch;
use blasnet::{Mnist, NeuralNetwork, Sgd, Trainer, evaluate};
use criterion::{BatchSize, Criterion, SamplingMode, Throughput};
use support::at_threads;
use support::common::rng;

fn main() {
    support::main(epoch);
}

fn epoch(criterion: &mut Criterion) {
    let mnist = Mnist::from_dir(support::mnist::mnist_folder()).expect("the folder holds MNIST");
    assert_eq!(steps_per_epoch(&mnist.train, 100), 600);

    // Each epoch is the first one again, from the same weights.
    let mut first_rng = rng(0);
    let first =
        NeuralNetwork::<f32>::new(NeuralNetwork::<f32>::COURSE, &mut first_rng).expect("no size is 0");
    let train = |network: &mut NeuralNetwork<f32>| {
        Trainer::new(network, &mut Sgd::new(0.0001), &mnist.train).run(&mut first_rng.clone())
    };

    let mut group = criterion.benchmark_group("epoch");
    group.throughput(Throughput::Elements(mnist.train.len() as u64));
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    at_threads(|threads| {
        threads.bench(&mut group, "f32", |bencher| {
            let mut trained = None;
            bencher.iter_batched(
                || first.clone(),
                |mut network| {
                    train(&mut network).expect("MNIST fits the network");
                    trained = Some(network);
                },
                BatchSize::PerIteration,
            );
            let trained = trained.expect("an epoch was run");
            let accuracy = evaluate(&trained, &mnist.test).expect("MNIST fits the network").accuracy;
            assert!((0.85..0.91).contains(&accuracy), "accuracy {accuracy} on the test images");
        });
    });
    group.finish();
}
