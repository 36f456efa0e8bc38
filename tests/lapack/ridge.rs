//! `ridge` by what must hold for any data.

use blasnet::lapack::ridge;
use blasnet::{Affine, Float, Result};
use ndarray::{Array1, Array2, Axis, array, s};

use crate::assert_error;
use crate::common::{assert_near, of, random};

fn data<A: Float>(rows: usize, inputs: usize, outputs: usize) -> (Array2<A>, Array2<A>) {
    (random::<A>(rows, inputs, 1) + A::of(0.5), random::<A>(rows, outputs, 2) - A::of(2.0))
}

fn sum_of_squares(x: &Array2<f64>) -> f64 {
    x.iter().map(|x| x * x).sum()
}

fn in_f64<A: Float>(layer: Affine<A>) -> (Array2<f64>, Array1<f64>) {
    let (w, b) = layer.into_parameters();
    (w.mapv(A::as_f64), b.mapv(A::as_f64))
}

const SHAPES: [[usize; 3]; 6] = [[30, 7, 3], [8, 7, 1], [5, 11, 4], [1, 3, 2], [1100, 5, 2], [6, 1, 1]];

/// The gradient by W and by b vanishes.
fn is_the_least<A: Float>(tolerance: f64) -> Result<()> {
    for [rows, inputs, outputs] in SHAPES {
        for lambda in [0.01, 1.0, 100.0] {
            let (x, t) = data::<A>(rows, inputs, outputs);
            let (w, b) = in_f64(ridge(&x, &t, lambda)?);
            let (x, t) = (x.mapv(A::as_f64), t.mapv(A::as_f64));
            let errors = x.dot(&w) + &b - &t;
            let by_w = x.t().dot(&errors) + lambda * &w;
            let scale = rows as f64;
            assert_near(&(by_w / scale), &Array2::zeros((inputs, outputs)), tolerance);
            assert_near(&(errors.sum_axis(Axis(0)) / scale), &Array1::zeros(outputs), tolerance);
        }
    }
    Ok(())
}

#[test]
fn gradients_vanish_in_f32() -> Result<()> {
    is_the_least::<f32>(2e-6)
}

#[test]
fn gradients_vanish_in_f64() -> Result<()> {
    is_the_least::<f64>(1e-12)
}

#[test]
fn a_layer_is_found_again() -> Result<()> {
    let (w, b) = (random::<f64>(6, 4, 3), array![1.0, -2.0, 300.0, 0.0]);
    let x = random::<f64>(50, 6, 4) + 10.0;
    let layer = ridge(&x, &Affine::new(w.clone(), b.clone())?.apply(&x)?, 0.0)?;
    assert_near(layer.w(), &w, 1e-12);
    assert_near(layer.b(), &b, 1e-11);
    Ok(())
}

/// A larger λ gives smaller weights and larger errors; biases are not counted, so the largest gives the means.
#[test]
fn lambda_weighs_weights_alone() -> Result<()> {
    let (x, t) = data::<f64>(40, 6, 2);
    let (mut last_norm, mut last_loss) = (f64::INFINITY, 0.0);
    for lambda in [0.0, 0.1, 10.0, 1000.0] {
        let (w, b) = in_f64(ridge(&x, &t, lambda)?);
        let (norm, loss) = (sum_of_squares(&w), sum_of_squares(&(x.dot(&w) + &b - &t)));
        assert!(norm < last_norm && loss > last_loss, "at {lambda}");
        (last_norm, last_loss) = (norm, loss);
    }
    let (w, b) = in_f64(ridge(&x, &t, 1e15)?);
    assert_near(&w, &Array2::zeros((6, 2)), 1e-12);
    assert_near(&b, &t.mean_axis(Axis(0)).expect("rows"), 1e-12);
    Ok(())
}

#[test]
fn layouts_are_the_same_data() -> Result<()> {
    let (x, t) = data::<f64>(20, 5, 3);
    let layer = ridge(&x, &t, 0.5)?;
    let (x_t, t_t) = (x.t().as_standard_layout().into_owned(), t.t().as_standard_layout().into_owned());
    let other = ridge(&x_t.t(), &t_t.t(), 0.5)?;
    assert_near(other.w(), layer.w(), 1e-13);
    // And in f32, within its rounding.
    let single = ridge::<f32>(&of(&x), &of(&t), 0.5)?;
    assert_near(single.w(), layer.w(), 1e-6);
    assert_near(single.b(), layer.b(), 1e-6);
    Ok(())
}

#[test]
fn features_that_others_tell_need_a_larger_lambda() -> Result<()> {
    let (mut x, t) = data::<f64>(20, 4, 2);
    let needs_more = ["lambda is 0", "a larger number", "not positive definite"];
    let sum = &x.column(0) + &x.column(1) * 0.3;
    x.column_mut(3).assign(&sum);
    assert_error(ridge(&x, &t, 0.0), &needs_more);
    assert_error(ridge(&x, &t, 1e-30), &["lambda is 0.000", "a larger number"]);
    assert!(ridge(&x, &t, 1e-6).is_ok());

    // Of another scale it is as good as others.
    let small = random::<f64>(20, 1, 9) * 1e-12;
    x.column_mut(3).assign(&small.column(0));
    assert!(ridge(&x, &t, 0.0).is_ok());

    // A hidden unit that never fires, and one that always gives the same.
    for constant in [0.0, 0.1] {
        x.column_mut(3).fill(constant);
        assert_error(ridge(&x, &t, 0.0), &needs_more);
        let layer = ridge(&x, &t, 1.0)?;
        assert!(layer.w().row(3).iter().all(|w| w.abs() < 1e-12), "nothing to be learnt from it");
    }
    // Fewer rows than features.
    assert_error(ridge(&x.slice(s![..3, ..]), &t.slice(s![..3, ..]), 0.0), &needs_more);
    Ok(())
}

#[test]
fn errors_name_what_is_wrong() {
    let (x, t) = data::<f64>(6, 3, 2);
    for lambda in [-0.5, f64::NAN, f64::INFINITY] {
        assert_error(ridge(&x, &t, lambda), &["lambda is", &lambda.to_string(), "not negative"]);
    }
    let fewer = t.slice(s![..5, ..]);
    assert_error(ridge(&x, &fewer, 1.0), &["`targets`", "[5, 2]", "[6, out]"]);
    assert_error(ridge(&x.slice(s![.., ..0]), &t, 1.0), &["`features`", "[6, 0]", "at least one column"]);
    assert_error(ridge(&x.slice(s![..0, ..]), &t.slice(s![..0, ..]), 1.0), &["the batch is empty"]);
    let (mut bad_x, mut bad_t) = (x.clone(), t.clone());
    (bad_x[(2, 1)], bad_t[(5, 0)]) = (f64::NAN, f64::INFINITY);
    assert_error(ridge(&bad_x, &t, 1.0), &["lapack::ridge: `features`[2, 1] is NaN"]);
    assert_error(ridge(&x, &bad_t, 1.0), &["lapack::ridge: `targets`[5, 0] is inf"]);
    assert_error(ridge(&(&x * 1e200), &t, 1.0), &["more than f64 can hold"]);
    assert_error(ridge(&(&x * 1e150), &(&t * 1e200), 1.0), &["more than f64 can hold"]);
    assert!(ridge(&x, &t.slice(s![.., ..0]), 1.0).is_ok_and(|layer| layer.w().dim() == (3, 0)));
}
