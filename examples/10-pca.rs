//! Beyond the course: MNIST in 100 principal components in place of 784 pixels, trained for as many steps.

use std::time::Instant;

use blasnet::lapack::Pca;
use blasnet::parallel::SingleThreadedBlas;
use blasnet::{Mnist, NeuralNetwork, Result, Sgd, Trainer, blas};
use ndarray::{Array2, Axis};
use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

const COMPONENTS: usize = 100;
const EPOCHS: usize = 3;
const BATCH: usize = 100;
const RATE: f64 = 0.001;

fn main() -> Result<()> {
    if let Some(kernel) = blas::better_kernel() {
        eprintln!("OpenBLAS does not know this processor: faster with {}={kernel}", blas::CORETYPE);
    }
    // OpenBLAS runs one thread in each call; rayon shares the work out.
    let _rayon_has_the_threads = SingleThreadedBlas::new();
    let mnist = Mnist::embedded()?;

    // The images stay bytes for this; a block of them at a time becomes floats.
    let start = Instant::now();
    let pca = Pca::<f32>::fit_on(&mnist.train, COMPONENTS)?;
    let seconds = start.elapsed().as_secs_f64();
    let explained = pca.explained_variance_ratio().sum();
    println!("{COMPONENTS} of 784 components: {:.1} % of the variance, in {seconds:.2} s", 100.0 * explained);
    assert!((0.90..0.93).contains(&explained));

    let (x, t) = (mnist.train.to_floats::<f32>(), mnist.train.one_hot());
    let (test_x, test_t) = (mnist.test.to_floats::<f32>(), mnist.test.one_hot());
    let run = |name, x: &Array2<f32>, test_x: &Array2<f32>| {
        let (network, seconds) = timed(x.ncols(), |network, rng| on_arrays(network, x, &t, rng))?;
        let accuracy = network.accuracy(test_x, &test_t)?;
        println!("{name:<26} test acc {:.2} %, {EPOCHS} epochs in {seconds:.2} s", 100.0 * accuracy);
        Result::Ok((accuracy, seconds))
    };
    let pixels = run("pixels", &x, &test_x)?;
    let components = run("components", &pca.transform(&x)?, &pca.transform(&test_x)?)?;
    let pca = pca.whitened()?;
    let whitened = run("components, whitened", &pca.transform(&x)?, &pca.transform(&test_x)?)?;

    // The same batches of pixels, but only of those that are not 0: the other way to less arithmetic.
    let (_, sparse) = timed(x.ncols(), |network, rng| {
        let mut sgd = Sgd::new(RATE);
        Trainer::new(network, &mut sgd, &mnist.train).epochs(EPOCHS).batch(BATCH).run(rng).map(drop)
    })?;
    println!(
        "components take {:.2}× the time of pixels, and sparse pixels {:.2}×",
        components.1 / pixels.1,
        sparse / pixels.1
    );

    // As they are: the noise of 684 components is gone, and steps go along the axes of what varies. Whitened, the
    // last components are as loud as the first, which is no help.
    assert!(components.0 > 0.955 && components.0 > pixels.0 - 0.002);
    assert!(whitened.0 > pixels.0 - 0.01);
    Ok(())
}

/// A network of so many inputs, trained from the same generator as any other, and the seconds that it took.
fn timed(
    inputs: usize,
    train: impl FnOnce(&mut NeuralNetwork<f32>, &mut Xoshiro256PlusPlus) -> Result<()>,
) -> Result<(NeuralNetwork<f32>, f64)> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut network = NeuralNetwork::new([inputs, 500, 10], &mut rng)?;
    let start = Instant::now();
    train(&mut network, &mut rng)?;
    Ok((network, start.elapsed().as_secs_f64()))
}

/// What [`Trainer`] does on a data set, on arrays.
fn on_arrays(
    network: &mut NeuralNetwork<f32>,
    x: &Array2<f32>,
    t: &Array2<f32>,
    rng: &mut Xoshiro256PlusPlus,
) -> Result<()> {
    for _ in 0..EPOCHS * (x.nrows() / BATCH) {
        let rows: Vec<usize> = (0..BATCH).map(|_| rng.random_range(0..x.nrows())).collect();
        network.sgd(&x.select(Axis(0), &rows), &t.select(Axis(0), &rows), RATE as f32)?;
    }
    Ok(())
}
