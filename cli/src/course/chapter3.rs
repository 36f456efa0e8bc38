//! Chapter 3: the nodes of a computation graph, forward and backward.

use blasnet::{Add, Affine, Multiply, Relu, Result, Sigmoid, SoftmaxCrossEntropy};
use ndarray::{Array1, Array2, array};

use super::numpy;

pub fn add() -> Result<String> {
    let (a, b, c) = (2.0_f64, 3.0_f64, 4.0_f64);
    let (mut add, mut multiply) = (Add::new(), Multiply::new());
    let z = multiply.forward(add.forward(a, b)?, c)?;
    let (dsum, dc) = multiply.backprop(1.0_f64)?;
    let (da, db) = add.backprop(dsum)?;
    Ok(format!("順伝播出力: {z}\n逆伝播出力 da: {da}, db: {db}, dc: {dc}"))
}

/// x of exercises 3-2 and 3-3.
fn samples() -> Array1<f64> {
    array![-0.5, 0.0, 1.0, 2.0]
}

/// The course's two lines of such an exercise.
fn forward_and_backward(z: &Array1<f64>, dx: &Array1<f64>) -> String {
    format!("順伝播出力: {}\n逆伝播出力: {}", numpy::text(z), numpy::text(dx))
}

pub fn relu() -> Result<String> {
    let mut relu = Relu::new();
    let z = relu.forward(&samples());
    Ok(forward_and_backward(&z, &relu.backprop(&Array1::ones(z.len()))?))
}

pub fn sigmoid() -> Result<String> {
    let mut sigmoid = Sigmoid::new();
    let z = sigmoid.forward(&samples());
    Ok(forward_and_backward(&z, &sigmoid.backprop(&Array1::ones(z.len()))?))
}

pub fn affine() -> Result<String> {
    let mut affine = Affine::new(array![[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]], array![0.1, 0.2, 0.3])?;
    let z = affine.forward(&array![[1.0, 0.5], [-0.4, 0.1]])?;
    let gradients = affine.backprop(&Array2::ones(z.raw_dim()))?;
    Ok([
        format!("順伝播出力:\n{}", numpy::text(&z)),
        format!("逆伝播出力 dx:\n{}", numpy::text(&gradients.dx)),
        format!("逆伝播出力 dW:\n{}", numpy::text(&gradients.dw)),
        format!("逆伝播出力 db:\n{}", numpy::text(&gradients.db)),
    ]
    .join("\n"))
}

pub fn softmax_cross_entropy() -> Result<String> {
    let mut node = SoftmaxCrossEntropy::new();
    let loss: f64 = node.forward(&array![[1.0, 0.5], [-0.4, 0.1]], &array![[1.0, 0.0], [0.0, 1.0]])?;
    let dx = numpy::text(&node.backprop(1.0)?);
    Ok(format!("順伝播出力:\n{loss}\n逆伝播出力:\n{dx}"))
}
