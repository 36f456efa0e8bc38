//! The affine node on sparse input, and gradients that come by way of it.

mod common;

use blasnet::gradcheck::{numerical_gradient, relative_error};
use blasnet::nodes::{Affine, AffineGradients};
use blasnet::{Error, Float, Input, NeuralNetwork, Result, SparseMatrix};
use common::{one_hot, random, random_bytes, rng};
use ndarray::{Array1, Array2, ArrayRef, ArrayRef1, ArrayRef2, Dimension, array};

#[track_caller]
fn assert_equal<A: Float, D: Dimension>(found: &ArrayRef<A, D>, expected: &ArrayRef<A, D>, tolerance: f64) {
    let expected = expected.mapv(A::as_f64);
    let size = expected.iter().fold(1.0, |size: f64, x| size.max(x.abs()));
    common::assert_near(found, &expected, tolerance * size);
}

fn node<A: Float>(inputs: usize, outputs: usize) -> Affine<A> {
    Affine::new(random(inputs, outputs, 1), random(1, outputs, 2).row(0).to_owned()).expect("the shapes fit")
}

fn gradients<A: Float>(rows: usize, inputs: usize, outputs: usize) -> AffineGradients<A> {
    let nan = |rows, columns| Array2::from_elem((rows, columns), A::nan());
    AffineGradients {
        dx: nan(rows, inputs),
        dw: nan(inputs, outputs),
        db: Array1::from_elem(outputs, A::nan()),
    }
}

/// Every function of the node, on bytes and on floats, against the same on the dense array.
fn every_function_is_the_dense_one<A: Float>(tolerance: f64) -> Result<()> {
    let shapes =
        [(1, 1, 1), (7, 3, 2), (113, 17, 129), (230, 784, 33), (20, 1030, 128), (0, 5, 3), (4, 0, 3)];
    for ((rows, inputs, outputs), density) in shapes.into_iter().zip([1.0, 0.0, 0.2, 0.01, 0.5, 0.5, 0.5]) {
        let bytes = SparseMatrix::from_dense(&random_bytes(rows, inputs, density, 3));
        let x = bytes.to_dense::<A>();
        let dz = random(rows, outputs, 4);
        let mut dense = node::<A>(inputs, outputs);
        let expected = (dense.forward(&x)?, dense.backprop(&dz)?);
        let floats = SparseMatrix::from_dense(&x);
        for of_bytes in [true, false] {
            let input = || if of_bytes { Input::from(&bytes) } else { Input::from(&floats) };
            let mut node = node::<A>(inputs, outputs);
            assert!(matches!(node.backprop(&dz), Err(Error::BackpropBeforeForward { node: "Affine" })));
            assert_equal(&node.apply(input())?, &expected.0, tolerance);
            assert!(node.backprop(&dz).is_err(), "apply keeps nothing");
            let mut z = Array2::from_elem((rows, outputs), A::nan());
            node.apply_into(input(), &mut z);
            assert_equal(&z, &expected.0, tolerance);

            let z_of_forward = node.forward(input())?;
            assert_eq!(z_of_forward, z);
            let AffineGradients { dx, dw, db } = node.backprop(&dz)?;
            assert_equal(&dx, &expected.1.dx, tolerance);
            assert_equal(&dw, &expected.1.dw, tolerance);
            assert_equal(&db, &expected.1.db, tolerance);
            assert_eq!(node.backprop_parameters(&dz)?, (dw.clone(), db.clone()));

            // Into arrays of any layout.
            let mut turned = Array2::from_elem((outputs, rows), A::nan()).reversed_axes();
            node.forward_into(input(), &mut turned);
            assert_eq!(turned, z);
            let mut into = gradients(rows, inputs, outputs);
            into.dw = Array2::from_elem((outputs, inputs), A::nan()).reversed_axes();
            node.backprop_into(&dz, &mut into)?;
            assert_eq!((&into.dw, &into.db), (&dw, &db));
            assert_equal(&into.dx, &expected.1.dx, tolerance);
        }
    }
    Ok(())
}

#[test]
fn the_affine_node_gives_on_sparse_input_what_it_gives_on_dense() -> Result<()> {
    every_function_is_the_dense_one::<f32>(1e-5)?;
    every_function_is_the_dense_one::<f64>(1e-13)
}

/// It is the last x that counts, and the weights as they are now.
#[test]
fn sparse_and_dense_input_may_alternate() -> Result<()> {
    let mut node = node::<f64>(30, 7);
    for number in 0..6 {
        let bytes = SparseMatrix::from_dense(&random_bytes(5 + number as usize, 30, 0.3, number));
        let (x, dz) = (bytes.to_dense::<f64>(), random(5 + number as usize, 7, number));
        let z = if number % 3 == 1 { node.forward(&x)? } else { node.forward(&bytes)? };
        assert_equal(&z, &(x.dot(node.w()) + node.b()), 1e-13);
        let (dw, db) = node.backprop_parameters(&dz)?;
        assert_equal(&dw, &x.t().dot(&dz), 1e-13);
        let (w, b) = node.parameters_mut();
        w.scaled_add(-0.1, &dw);
        b.scaled_add(-0.1, &db);
        let changed = (node.w().clone(), node.b().clone());
        assert_equal(&node.apply(&bytes)?, &(x.dot(&changed.0) + &changed.1), 1e-13);
        // A copy keeps x, and goes its own way.
        let mut copy = node.clone();
        assert_eq!(copy.backprop_parameters(&dz)?, (dw, db));
        copy.parameters_mut().0.fill(0.0);
        assert_eq!((node.w(), node.b()), (&changed.0, &changed.1));
        assert_equal(&node.apply(&bytes)?, &(x.dot(&changed.0) + &changed.1), 1e-13);
        assert_equal(&copy.apply(&bytes)?, &(Array2::zeros(z.dim()) + copy.b()), 1e-13);
    }
    Ok(())
}

#[test]
fn sparse_input_that_does_not_fit_is_named() {
    let x = SparseMatrix::from_dense(&array![[1_u8, 0, 0], [0, 2, 0]]);
    let mut node = node::<f32>(4, 2);
    let expected = "Affine::forward: `x` has shape [2, 3], expected [batch, 4]";
    assert_eq!(node.apply(&x).unwrap_err().to_string(), expected);
    assert_eq!(node.forward(&x).unwrap_err().to_string(), expected);
    assert_eq!(node.forward(&x.to_floats::<f32>()).unwrap_err().to_string(), expected);
    assert_eq!(node.forward(&x.to_dense::<f32>()).unwrap_err().to_string(), expected);
    assert!(node.backprop(&Array2::zeros((2, 2))).is_err(), "what is refused is not kept");
    node.forward(&SparseMatrix::from_dense(&array![[1_u8, 0, 0, 3]])).expect("the shapes fit");
    assert_eq!(
        node.backprop(&Array2::zeros((2, 2))).unwrap_err().to_string(),
        "Affine::backprop: `dz` has shape [2, 2], expected [1, 2]"
    );
}

#[test]
#[should_panic(expected = "`x` has shape [2, 3], expected [2, 4]")]
fn apply_into_of_sparse_input_that_does_not_fit_panics() {
    let x = SparseMatrix::from_dense(&array![[1_u8, 0, 0], [0, 2, 0]]);
    node::<f32>(4, 2).apply_into(&x, &mut Array2::zeros((2, 2)));
}

#[test]
#[should_panic(expected = "`z` has shape [3, 2], expected [2, 2]")]
fn forward_into_an_array_that_does_not_fit_panics() {
    let x = SparseMatrix::from_dense(&array![[1_u8, 0, 0], [0, 2, 0]]);
    node::<f32>(3, 2).forward_into(&x, &mut Array2::zeros((3, 2)));
}

#[test]
#[should_panic(expected = "`dw` has shape [2, 2], expected [3, 2]")]
fn backprop_into_gradients_that_do_not_fit_panics() {
    let mut node = node::<f32>(3, 2);
    node.forward(&SparseMatrix::from_dense(&array![[1_u8, 0, 0]])).expect("the shapes fit");
    let mut wrong = AffineGradients { dw: Array2::zeros((2, 2)), ..gradients(1, 3, 2) };
    let _ = node.backprop_into(&Array2::zeros((1, 2)), &mut wrong);
}

const H: f64 = 1e-5;

#[track_caller]
fn assert_gradient<D: Dimension>(analytical: &ArrayRef<f64, D>, numerical: &ArrayRef<f64, D>) {
    let error = relative_error(analytical, numerical);
    assert!(error < 1e-8, "relative error {error:e}");
}

#[test]
fn the_affine_nodes_gradients_are_the_numerical_ones() -> Result<()> {
    let x = SparseMatrix::from_dense(&random_bytes(6, 5, 0.5, 1));
    let dz = random::<f64>(6, 4, 2);
    let mut node = node::<f64>(5, 4);
    node.forward(&x)?;
    let AffineGradients { dx, dw, db } = node.backprop(&dz)?;
    let (w, b) = node.into_parameters();
    // A function of the output whose derivative by it is dz.
    let weigh = |x: Input<'_, f64>, w: &ArrayRef2<f64>, b: &ArrayRef1<f64>| {
        let z = Affine::new(w.to_owned(), b.to_owned()).and_then(|node| node.apply(x));
        (z.expect("the shapes fit") * &dz).sum()
    };
    let numerical = numerical_gradient(&mut w.clone(), H, |w| weigh((&x).into(), w, &b));
    assert_gradient(&dw, &numerical);
    let numerical = numerical_gradient(&mut b.clone(), H, |b| weigh((&x).into(), &w, b));
    assert_gradient(&db, &numerical);
    // An entry that is 0 has a derivative, too.
    let numerical =
        numerical_gradient(&mut x.to_dense(), H, |x| weigh((&SparseMatrix::from_dense(x)).into(), &w, &b));
    assert_gradient(&dx, &numerical);
    Ok(())
}

/// tests/gradients.rs holds them to numerical ones.
#[test]
fn the_networks_gradients_are_what_sgd_subtracts() -> Result<()> {
    let (x, t) = (SparseMatrix::from_dense(&random_bytes(5, 7, 0.5, 13)), one_hot(5, 3, 14));
    let mut network = NeuralNetwork::<f64>::new([7, 8, 3], &mut rng(15))?;
    let gradients = network.backprop(&x, &t)?;
    let before = network.clone().into_parameters();
    network.sgd(&x, &t, 0.01)?;
    let after = network.into_parameters();
    assert_equal(&after.w1, &(&before.w1 - 0.01 * &gradients.w1), 1e-15);
    assert_equal(&after.b1, &(&before.b1 - 0.01 * &gradients.b1), 1e-15);
    assert_equal(&after.w2, &(&before.w2 - 0.01 * &gradients.w2), 1e-15);
    assert_equal(&after.b2, &(&before.b2 - 0.01 * &gradients.b2), 1e-15);
    Ok(())
}
