//! Networks of any depth: numbers by mean squared error, yes or no by binary cross-entropy, classes with dropout.

use blasnet::{Activation, Adam, AdamW, Init, Loss, Mlp, Result, Schedule, Scheduled};
use ndarray::{Array2, Axis};
use rand::{Rng, RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

fn main() -> Result<()> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let error = sine(&mut rng)?;
    println!("sin x, two layers of tanh: mean squared error {error:.6}");
    assert!(error < 1e-3);

    let right = sums_of_bits(&mut rng)?;
    println!("a + b in binary, three layers of GELU: {:.1} % of bits right", 100.0 * right);
    assert_eq!(right, 1.0);

    let right = spirals(&mut rng)?;
    println!("two spirals, leaky ReLU with dropout: {:.1} % of fresh points right", 100.0 * right);
    assert!(right > 0.95);
    Ok(())
}

/// The course's cross-entropy is for classes; for numbers there is the squared error.
fn sine(rng: &mut impl Rng) -> Result<f64> {
    let mut network = Mlp::<f64>::builder(1)
        .hidden(32, Activation::Tanh)
        .hidden(32, Activation::Tanh)
        .output(1, Loss::MeanSquaredError)
        .build(rng)?;
    let x = Array2::from_shape_fn((200, 1), |(row, _)| -3.0 + 0.03 * row as f64);
    let t = x.mapv(f64::sin);
    let mut adam = Scheduled::new(Adam::new(0.01), Schedule::Cosine { steps: 1000, floor: 0.0 });
    for _ in 0..1000 {
        network.train(&x, &t, &mut adam)?;
    }
    Ok(network.scores(&x, &t)?.loss)
}

/// Several answers at once, each yes or no: the bits of the sum of two numbers below 8.
fn sums_of_bits(rng: &mut impl Rng) -> Result<f64> {
    let bits = |number: usize, bit: usize| f32::from(number >> bit & 1 == 1);
    let x = Array2::from_shape_fn((64, 6), |(row, column)| bits(row, column));
    let t = Array2::from_shape_fn((64, 4), |(row, bit)| bits(row % 8 + row / 8, bit));
    let mut network = Mlp::<f32>::builder(6)
        .hidden(48, Activation::Gelu)
        .hidden(48, Activation::Gelu)
        .hidden(48, Activation::Gelu)
        .output(4, Loss::BinaryCrossEntropy)
        .init(Init::XavierNormal)
        .build(rng)?;
    let mut optimizer = AdamW::new(0.005);
    for _ in 0..500 {
        network.train(&x, &t, &mut optimizer)?;
    }
    Ok(network.scores(&x, &t)?.accuracy)
}

/// Classes by their numbers; a tenth of the first layer's units is left out of each step.
fn spirals(rng: &mut impl Rng) -> Result<f64> {
    let mut draw = |points: usize| {
        let mut x = Array2::zeros((points, 2));
        let arm = |row: usize| row % 2;
        for (row, mut point) in x.axis_iter_mut(Axis(0)).enumerate() {
            let turn = 2.0 * std::f64::consts::PI * rng.random::<f64>().sqrt();
            let (sine, cosine) = (turn + std::f64::consts::PI * arm(row) as f64).sin_cos();
            point[0] = turn * cosine / 4.0;
            point[1] = turn * sine / 4.0;
        }
        (x, (0..points).map(arm).collect::<Vec<_>>())
    };
    let ((x, classes), (fresh, fresh_classes)) = (draw(600), draw(400));
    let mut network = Mlp::<f64>::builder(2)
        .hidden(128, Activation::LeakyRelu { slope: 0.01 })
        .dropout(0.1)
        .hidden(64, Activation::LeakyRelu { slope: 0.01 })
        .output(2, Loss::SoftmaxCrossEntropy)
        .build(rng)?;
    let mut adam = Adam::new(0.005);
    for _ in 0..600 {
        network.train(&x, &classes, &mut adam)?;
    }
    Ok(network.scores(&fresh, &fresh_classes)?.accuracy)
}
