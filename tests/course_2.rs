//! Chapter 2: every output example, in f64 to the digits printed and in f32 to its precision.

mod common;

use blasnet::{Float, Mlp3Layer, OutputActivation, Result, SingleLayer, relu, sigmoid, softmax};
use common::{assert_close, of};
use ndarray::{Array2, Axis, array};

fn activations<A: Float>() {
    let x = of::<A, _>(&array![-1.0, 0.0, 0.5, 2.0]);
    assert_close(&sigmoid(&x), &array![0.26894142, 0.5, 0.62245933, 0.88079708]);
    assert_close(&relu(&x), &array![0.0, 0.0, 0.5, 2.0]);
}

#[test]
fn exercises_2_1_and_2_2() {
    activations::<f32>();
    activations::<f64>();
}

fn single_layer<A: Float>() -> Result<()> {
    let layer =
        SingleLayer::<A>::new(of(&array![[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]]), of(&array![0.1, 0.2, 0.3]))?;
    assert_close(&layer.forward(&of(&array![1.0, 0.5]))?, &array![0.3, 0.7, 1.1]);
    Ok(())
}

#[test]
fn exercise_2_3() -> Result<()> {
    single_layer::<f32>()?;
    single_layer::<f64>()
}

fn mlp<A: Float>(output: OutputActivation) -> Result<Array2<A>> {
    let layers = [
        SingleLayer::new(of(&array![[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]]), of(&array![0.1, 0.2, 0.3]))?,
        SingleLayer::new(of(&array![[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]]), of(&array![0.1, 0.2]))?,
        SingleLayer::new(of(&array![[0.1, 0.3], [0.2, 0.4]]), of(&array![0.1, 0.2]))?,
    ];
    let x = of(&array![[1.0, 0.5], [-0.3, -0.2], [0.0, 0.8], [0.3, -0.4]]);
    Mlp3Layer::new(layers, output)?.forward(&x)
}

#[test]
fn exercise_2_4() -> Result<()> {
    let expected = array![[0.426, 0.912], [0.1608, 0.3334], [0.3528, 0.752], [0.2016, 0.4226]];
    assert_close(&mlp::<f32>(OutputActivation::Relu)?, &expected);
    assert_close(&mlp::<f64>(OutputActivation::Relu)?, &expected);
    Ok(())
}

fn rows_are_distributions<A: Float>() -> Result<()> {
    let y = mlp::<A>(OutputActivation::Softmax)?;
    let expected = array![
        [0.38083632, 0.61916368],
        [0.4569568, 0.5430432],
        [0.40150456, 0.59849544],
        [0.44497378, 0.55502622]
    ];
    assert_close(&y, &expected);
    assert_close(&y.sum_axis(Axis(1)), &array![1.0, 1.0, 1.0, 1.0]);
    Ok(())
}

#[test]
fn exercise_2_5() -> Result<()> {
    rows_are_distributions::<f32>()?;
    rows_are_distributions::<f64>()
}

#[test]
fn softmax_of_huge_logits_does_not_overflow() {
    assert_eq!(softmax(&array![1e30_f32, 1e30, -1e30]), array![0.5, 0.5, 0.0]);
    assert_eq!(softmax(&array![[710.0, 710.0], [-1e300, -1e300]]), array![[0.5, 0.5], [0.5, 0.5]]);
}

#[test]
fn softmax_goes_along_the_last_axis_of_any_dimension() {
    let x = array![[[1.0, 2.0], [3.0, 5.0]], [[0.0, 0.0], [-1.0, 1.0]]];
    let y = softmax(&x);
    for (x, y) in x.rows().into_iter().zip(y.rows()) {
        assert_close(&softmax(&x), &y.to_owned());
        assert!((y.sum() - 1.0).abs() < 1e-15);
    }
    assert_eq!(softmax(&ndarray::arr0(3.0)), ndarray::arr0(1.0));
}

#[test]
fn layers_that_do_not_fit_are_named() {
    let error = SingleLayer::new(Array2::<f64>::zeros((2, 3)), array![0.0]).unwrap_err().to_string();
    assert_eq!(error, "Affine::new: `b` has shape [1], expected [3], as `w` is [2, 3]");

    let layer = |inputs, outputs| {
        SingleLayer::new(Array2::<f64>::zeros((inputs, outputs)), ndarray::Array1::zeros(outputs)).unwrap()
    };
    let layers = [layer(2, 3), layer(4, 2), layer(2, 2)];
    let error = Mlp3Layer::new(layers, OutputActivation::Relu).unwrap_err().to_string();
    assert_eq!(
        error,
        "Mlp3Layer::new: `w` has shape [4, 2], expected [3, out], as the layer before has 3 outputs"
    );
    let error = layer(2, 3).forward(&array![1.0]).unwrap_err().to_string();
    assert_eq!(error, "Affine::forward: `x` has shape [1, 1], expected [batch, 2]");
}
