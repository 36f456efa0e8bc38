//! Chapter 3: every output example of the nodes, and what they say of bad input.

mod common;

use blasnet::nodes::{Add, Affine, Multiply, Relu, Sigmoid, SoftmaxCrossEntropy};
use blasnet::{Error, Float, Result};
use common::{assert_close, of};
use ndarray::{Array2, array};

fn graph<A: Float + blasnet::nodes::Operand<Elem = A, Owned = A>>() -> Result<()> {
    let (mut add, mut multiply) = (Add::new(), Multiply::new());
    let sum = add.forward(A::of(2.0), A::of(3.0))?;
    assert_eq!(multiply.forward(sum, A::of(4.0))?, A::of(20.0));
    let (dsum, dc) = multiply.backprop(A::one())?;
    let (da, db) = add.backprop(dsum)?;
    assert_eq!([da, db, dc].map(Float::as_f64), [4.0, 4.0, 5.0]);
    Ok(())
}

#[test]
fn exercise_3_1_on_numbers() -> Result<()> {
    graph::<f32>()?;
    graph::<f64>()
}

#[test]
fn exercise_3_1_on_arrays() -> Result<()> {
    let (a, b, c) = (array![[2.0, 0.5]], array![[3.0, 1.5]], array![[4.0, -1.0]]);
    let (mut add, mut multiply) = (Add::new(), Multiply::new());
    let sum = add.forward(&a, &b)?;
    assert_eq!(multiply.forward(&sum, &c)?, array![[20.0, -2.0]]);
    let (dsum, dc) = multiply.backprop(&array![[1.0, 1.0]])?;
    let (da, db) = add.backprop(&dsum)?;
    assert_eq!((da, db, dc), (c.clone(), c, array![[5.0, 2.0]]));
    Ok(())
}

fn relu_node<A: Float>() -> Result<()> {
    let mut relu = Relu::new();
    let z = relu.forward(&of::<A, _>(&array![-0.5, 0.0, 1.0, 2.0]));
    assert_close(&z, &array![0.0, 0.0, 1.0, 2.0]);
    assert_close(&relu.backprop(&of::<A, _>(&array![1.0, 1.0, 1.0, 1.0]))?, &array![0.0, 0.0, 1.0, 1.0]);
    Ok(())
}

#[test]
fn exercise_3_2() -> Result<()> {
    relu_node::<f32>()?;
    relu_node::<f64>()
}

fn sigmoid_node<A: Float>() -> Result<()> {
    let mut sigmoid = Sigmoid::new();
    let z = sigmoid.forward(&of::<A, _>(&array![-0.5, 0.0, 1.0, 2.0]));
    assert_close(&z, &array![0.37754067, 0.5, 0.73105858, 0.88079708]);
    let dx = sigmoid.backprop(&of(&array![1.0, 1.0, 1.0, 1.0]))?;
    assert_close(&dx, &array![0.23500371, 0.25, 0.19661193, 0.10499359]);
    Ok(())
}

#[test]
fn exercise_3_3() -> Result<()> {
    sigmoid_node::<f32>()?;
    sigmoid_node::<f64>()
}

fn affine_node<A: Float>() -> Result<()> {
    let w = array![[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]];
    let mut affine = Affine::<A>::new(of(&w), of(&array![0.1, 0.2, 0.3]))?;
    let x = array![[1.0, 0.5], [-0.4, 0.1]];
    assert_close(&affine.forward(&of(&x))?, &array![[0.3, 0.7, 1.1], [0.08, 0.12, 0.16]]);

    let gradients = affine.backprop(&of(&array![[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]))?;
    assert_close(&gradients.dx, &array![[0.9, 1.2], [0.9, 1.2]]);
    assert_close(&gradients.dw, &array![[0.6, 0.6, 0.6], [0.6, 0.6, 0.6]]);
    assert_close(&gradients.db, &array![2.0, 2.0, 2.0]);
    Ok(())
}

#[test]
fn exercise_3_4() -> Result<()> {
    affine_node::<f32>()?;
    affine_node::<f64>()
}

fn loss_node<A: Float>() -> Result<()> {
    let mut node = SoftmaxCrossEntropy::<A>::new();
    let loss = node.forward(&of(&array![[1.0, 0.5], [-0.4, 0.1]]), &of(&array![[1.0, 0.0], [0.0, 1.0]]))?;
    assert!((loss.as_f64() - 0.47407698418010663).abs() < if size_of::<A>() == 4 { 1e-7 } else { 1e-15 });
    // y − t, not divided by the batch size of 2
    let expected = array![[-0.37754067, 0.37754067], [0.37754067, -0.37754067]];
    assert_close(&node.backprop(A::one())?, &expected);
    assert_close(&node.backprop(A::of(0.5))?, &(expected * 0.5));
    Ok(())
}

#[test]
fn biases_of_any_layout_will_do() -> Result<()> {
    let b = array![0.3, 0.2, 0.1].slice_move(ndarray::s![..;-1]);
    let affine = Affine::new(Array2::zeros((2, 3)), b)?;
    assert_eq!(affine.apply(&array![[1.0, 1.0]])?, array![[0.1, 0.2, 0.3]]);
    Ok(())
}

#[test]
fn exercise_3_5() -> Result<()> {
    loss_node::<f32>()?;
    loss_node::<f64>()
}

#[test]
fn a_probability_too_small_for_f32_has_its_loss() -> Result<()> {
    let loss = SoftmaxCrossEntropy::new().forward(&array![[0.0_f32, 500.0]], &array![[1.0, 0.0]])?;
    assert_eq!(loss, 500.0);
    Ok(())
}

#[test]
fn backprop_before_forward_is_an_error() {
    let w = Array2::<f64>::zeros((2, 3));
    let errors = [
        Add::new().backprop(1.0_f64).unwrap_err(),
        Multiply::new().backprop(1.0_f64).unwrap_err(),
        Relu::new().backprop(&w).unwrap_err(),
        Sigmoid::new().backprop(&w).unwrap_err(),
        Affine::new(w.clone(), array![0.0, 0.0, 0.0]).unwrap().backprop(&w).unwrap_err(),
        SoftmaxCrossEntropy::new().backprop(1.0_f64).unwrap_err(),
    ];
    for (error, name) in
        errors.iter().zip(["Add", "Multiply", "Relu", "Sigmoid", "Affine", "SoftmaxCrossEntropy"])
    {
        assert!(matches!(error, Error::BackpropBeforeForward { node } if *node == name), "{error}");
        assert_eq!(error.to_string(), format!("{name}::backprop: nothing is cached; call `forward` first"));
    }
}

#[test]
fn shapes_that_do_not_fit_are_named() -> Result<()> {
    let (wide, tall) = (Array2::<f64>::ones((2, 3)), Array2::<f64>::ones((3, 2)));
    let says = |error: Error, text: &str| assert_eq!(error.to_string(), text);

    says(
        Add::new().forward(&wide, &tall).unwrap_err(),
        "Add::forward: `y` has shape [3, 2], expected [2, 3]",
    );
    says(
        Multiply::new().forward(&wide, &tall).unwrap_err(),
        "Multiply::forward: `y` has shape [3, 2], expected [2, 3]",
    );

    let (mut multiply, mut relu, mut sigmoid) = (Multiply::new(), Relu::new(), Sigmoid::new());
    multiply.forward(&wide, &wide)?;
    relu.forward(&wide);
    sigmoid.forward(&wide);
    says(multiply.backprop(&tall).unwrap_err(), "Multiply::backprop: `dz` has shape [3, 2], expected [2, 3]");
    says(relu.backprop(&tall).unwrap_err(), "Relu::backprop: `dz` has shape [3, 2], expected [2, 3]");
    says(sigmoid.backprop(&tall).unwrap_err(), "Sigmoid::backprop: `dz` has shape [3, 2], expected [2, 3]");

    let mut affine = Affine::new(wide.clone(), array![0.0, 0.0, 0.0])?;
    says(affine.forward(&wide).unwrap_err(), "Affine::forward: `x` has shape [2, 3], expected [batch, 2]");
    affine.forward(&tall)?;
    says(affine.backprop(&wide).unwrap_err(), "Affine::backprop: `dz` has shape [2, 3], expected [3, 3]");
    says(
        SoftmaxCrossEntropy::new().forward(&wide, &tall).unwrap_err(),
        "SoftmaxCrossEntropy::forward: `t` has shape [3, 2], expected [2, 3], as `x`",
    );
    let nothing = Array2::<f64>::zeros((0, 3));
    says(
        SoftmaxCrossEntropy::new().forward(&nothing, &nothing).unwrap_err(),
        "the batch is empty, expected at least one row",
    );
    Ok(())
}

#[test]
fn a_node_can_be_used_again_with_another_shape() -> Result<()> {
    let mut relu = Relu::new();
    relu.forward(&Array2::<f32>::ones((30, 4)));
    assert_eq!(relu.forward(&array![1.0, -1.0]), array![1.0, 0.0]);
    assert_eq!(relu.backprop(&array![5.0, 5.0])?, array![5.0, 0.0]);
    Ok(())
}
