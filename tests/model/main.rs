//! Models that go into files and come back.
#![cfg(all(feature = "safetensors", feature = "npz"))]

mod archive;
mod files;
mod hostile;
mod pytorch;
mod refused;
mod round_trip;

use blasnet::model::Model;
use blasnet::{Activation, Float, Loss, Mlp, Reduction};
use ndarray::Array2;

/// Numbers between −1/2 and 1/2 that no short decimal is.
fn numbers<A: Float>(count: usize) -> Vec<A> {
    (0..count).map(|place| A::of((place * 7919 % 1009) as f64 / 1013.0 - 0.5)).collect()
}

/// A network of these widths, with one activation after the other behind its hidden layers.
fn network<A: Float>(sizes: &[usize], activations: &[Activation], loss: Loss) -> Mlp<A> {
    let hidden = sizes[1..sizes.len() - 1].iter().zip(activations.iter().cycle()).enumerate();
    let builder = hidden.fold(Mlp::builder(sizes[0]), |builder, (layer, (&units, &activation))| {
        builder.hidden(units, activation).dropout(0.125 * (layer % 3) as f64)
    });
    let count = sizes.windows(2).map(|size| (size[0] + 1) * size[1]).sum();
    let builder = builder.output(sizes[sizes.len() - 1], loss).reduction(Reduction::Sum);
    builder.build_with(&numbers(count)).unwrap()
}

/// One of 2 inputs, 3 hidden units of tanh and 2 outputs, with a text.
fn small<A: Float>() -> Model<A> {
    let mut model = Model::from(network(&[2, 3, 2], &[Activation::Tanh], Loss::SoftmaxCrossEntropy));
    model.about.insert("seed".into(), "7".into());
    model
}

/// The bits of numbers of either type.
fn bits<'a, A: Float>(values: impl IntoIterator<Item = &'a A>) -> Vec<u64> {
    values.into_iter().map(|value| value.as_f64().to_bits()).collect()
}

/// The same parameters by their bits, and the same outputs and gradients of a step with dropout: so the same
/// activations, dropout, loss and reduction.
#[track_caller]
fn assert_same<A: Float>(a: &Model<A>, b: &Model<A>) {
    assert_eq!(a.about, b.about);
    let (mut a, mut b) = (a.network.clone(), b.network.clone());
    assert_eq!((a.sizes(), a.loss_function()), (b.sizes(), b.loss_function()));
    assert_eq!(bits(a.values()), bits(b.values()));
    let (inputs, outputs) = (a.sizes()[0], *a.sizes().last().unwrap());
    let x = Array2::from_shape_vec((40, inputs), numbers::<A>(40 * inputs)).unwrap();
    let t = Array2::from_shape_fn(
        (40, outputs),
        |(row, class)| {
            if row % outputs == class { A::one() } else { A::zero() }
        },
    );
    assert_eq!(bits(&a.forward(&x).unwrap()), bits(&b.forward(&x).unwrap()));
    assert_eq!(bits(a.gradient(&x, &t).unwrap().1), bits(b.gradient(&x, &t).unwrap().1));
}
