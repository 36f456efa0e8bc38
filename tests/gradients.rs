//! Every node's and the whole network's backprop against numerical gradients, in f64.

mod common;

use blasnet::gradcheck::{numerical_gradient, relative_error};
use blasnet::nodes::{Add, Affine, Multiply, Relu, Sigmoid, SoftmaxCrossEntropy};
use blasnet::{Input, NeuralNetwork, Parameters, Result, SparseMatrix};
use common::{one_hot, random, random_bytes, rng};
use ndarray::{Array2, ArrayRef, ArrayRef2, Dimension};

const H: f64 = 1e-5;
const TOLERANCE: f64 = 1e-8;

#[track_caller]
fn assert_gradient<D: Dimension>(analytical: &ArrayRef<f64, D>, numerical: &ArrayRef<f64, D>) {
    let error = relative_error(analytical, numerical);
    assert!(error < TOLERANCE, "relative error {error:e}");
}

/// A scalar function of an output, whose derivative by that output is `weights`.
fn weigh(z: &ArrayRef2<f64>, weights: &Array2<f64>) -> f64 {
    (&z.view() * weights).sum()
}

#[test]
fn add_and_multiply() -> Result<()> {
    let (mut x, mut y, dz) = (random(3, 4, 1), random(3, 4, 2), random(3, 4, 3));
    let (mut add, mut multiply) = (Add::new(), Multiply::new());
    add.forward(&x, &y)?;
    multiply.forward(&x, &y)?;
    let (sum, product) = (add.backprop(&dz)?, multiply.backprop(&dz)?);

    let y_was = y.clone();
    assert_gradient(&sum.0, &numerical_gradient(&mut x, H, |x| weigh(&(&x.view() + &y_was), &dz)));
    assert_gradient(&product.0, &numerical_gradient(&mut x, H, |x| weigh(&(&x.view() * &y_was), &dz)));
    assert_gradient(&sum.1, &numerical_gradient(&mut y, H, |y| weigh(&(&y.view() + &x), &dz)));
    assert_gradient(&product.1, &numerical_gradient(&mut y, H, |y| weigh(&(&y.view() * &x), &dz)));
    Ok(())
}

#[test]
fn relu_and_sigmoid() -> Result<()> {
    let (mut x, dz) = (random(5, 7, 4), random(5, 7, 5));
    assert!(x.iter().all(|x: &f64| x.abs() > 2.0 * H), "the kink at 0 has no numerical gradient");
    let (mut relu, mut sigmoid) = (Relu::new(), Sigmoid::new());
    relu.forward(&x);
    sigmoid.forward(&x);
    let numerical = numerical_gradient(&mut x, H, |x| weigh(&blasnet::relu(x), &dz));
    assert_gradient(&relu.backprop(&dz)?, &numerical);
    let numerical = numerical_gradient(&mut x, H, |x| weigh(&blasnet::sigmoid(x), &dz));
    assert_gradient(&sigmoid.backprop(&dz)?, &numerical);
    Ok(())
}

#[test]
fn affine() -> Result<()> {
    let (mut x, mut w, dz) = (random(4, 3, 6), random(3, 5, 7), random(4, 5, 8));
    let mut b = random(1, 5, 9).row(0).to_owned();
    let mut node = Affine::new(w.clone(), b.clone())?;
    node.forward(&x)?;
    let gradients = node.backprop(&dz)?;

    let loss = |x: &ArrayRef2<f64>, w: &ArrayRef2<f64>, b: &ndarray::ArrayRef1<f64>| {
        let node = Affine::new(w.to_owned(), b.to_owned()).expect("shapes fit");
        weigh(&node.apply(x).expect("shapes fit"), &dz)
    };
    let (w_was, b_was) = (w.clone(), b.clone());
    assert_gradient(&gradients.dx, &numerical_gradient(&mut x, H, |x| loss(x, &w_was, &b_was)));
    assert_gradient(&gradients.dw, &numerical_gradient(&mut w, H, |w| loss(&x, w, &b_was)));
    assert_gradient(&gradients.db, &numerical_gradient(&mut b, H, |b| loss(&x, &w_was, b)));
    Ok(())
}

#[test]
fn softmax_cross_entropy_is_the_gradient_of_the_sum() -> Result<()> {
    let (mut x, hot) = (random(6, 4, 10), one_hot(6, 4, 11));
    let soft = blasnet::softmax(&random(6, 4, 12));
    for t in [hot, soft] {
        let mut node = SoftmaxCrossEntropy::new();
        node.forward(&x, &t)?;
        let numerical = numerical_gradient(&mut x, H, |x| {
            6.0 * SoftmaxCrossEntropy::new().forward(x, &t).expect("shapes fit")
        });
        assert_gradient(&node.backprop(1.0)?, &numerical);
    }
    Ok(())
}

#[test]
fn the_whole_network() -> Result<()> {
    let x = random(5, 6, 13);
    gradients_of_a_network(6, || Input::from(&x))
}

#[test]
fn the_whole_network_on_sparse_input() -> Result<()> {
    let x = SparseMatrix::from_dense(&random_bytes(5, 7, 0.5, 13));
    gradients_of_a_network(7, || Input::from(&x))
}

/// Of every parameter, on five rows.
fn gradients_of_a_network<'a>(columns: usize, x: impl Fn() -> Input<'a, f64>) -> Result<()> {
    let t = one_hot(5, 3, 14);
    let network = NeuralNetwork::<f64>::new([columns, 8, 3], &mut rng(15))?;
    let gradients = network.backprop(x(), &t)?;
    let parameters = network.into_parameters();

    let sum_of_losses = |change: &dyn Fn(&mut Parameters<f64>)| {
        let mut changed = parameters.clone();
        change(&mut changed);
        5.0 * NeuralNetwork::from_parameters(changed)
            .and_then(|network| network.loss(x(), &t))
            .expect("shapes fit")
    };
    macro_rules! check {
        ($name:ident) => {{
            let mut value = parameters.$name.clone();
            let numerical = numerical_gradient(&mut value, H, |value| {
                sum_of_losses(&|parameters| parameters.$name.assign(&value.view()))
            });
            assert_gradient(&gradients.$name, &numerical);
        }};
    }
    check!(w1);
    check!(b1);
    check!(w2);
    check!(b2);
    Ok(())
}
