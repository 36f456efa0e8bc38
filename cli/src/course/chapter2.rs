//! Chapter 2: activations, and layers that go forward.

use blasnet::{Mlp3Layer, OutputActivation, Result, SingleLayer};
use ndarray::{Array1, Array2, Axis, array};

use super::numpy;

/// x of exercises 2-1 and 2-2.
fn samples() -> Array1<f64> {
    array![-1.0, 0.0, 0.5, 2.0]
}

pub fn sigmoid() -> Result<String> {
    Ok(numpy::text(&blasnet::sigmoid(&samples())))
}

pub fn relu() -> Result<String> {
    Ok(numpy::text(&blasnet::relu(&samples())))
}

/// W and b of exercise 2-3, which are W1 and b1 of exercise 2-4 too.
fn first_layer() -> Result<SingleLayer<f64>> {
    SingleLayer::new(array![[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]], array![0.1, 0.2, 0.3])
}

pub fn single_layer() -> Result<String> {
    Ok(numpy::text(&first_layer()?.forward(&array![1.0, 0.5])?))
}

/// The outputs of exercise 2-4's network for its four inputs.
fn network(output: OutputActivation) -> Result<Array2<f64>> {
    let layers = [
        first_layer()?,
        SingleLayer::new(array![[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]], array![0.1, 0.2])?,
        SingleLayer::new(array![[0.1, 0.3], [0.2, 0.4]], array![0.1, 0.2])?,
    ];
    let x = array![[1.0, 0.5], [-0.3, -0.2], [0.0, 0.8], [0.3, -0.4]];
    Mlp3Layer::new(layers, output)?.forward(&x)
}

pub fn three_layers() -> Result<String> {
    Ok(numpy::text(&network(OutputActivation::Relu)?))
}

pub fn softmax_output() -> Result<String> {
    let y = network(OutputActivation::Softmax)?;
    let sums = numpy::text(&y.sum_axis(Axis(1)));
    Ok(format!("{}\n各行ベクトルの総和: {sums}", numpy::text(&y)))
}
