//! The node for any activation, and the functions of chapter 2's kind beside it.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};

use blasnet::gradcheck::{numerical_gradient, relative_error};
use blasnet::nodes::{Activate, Relu, Sigmoid};
use blasnet::{Activation, Error, Float, Result, functions};
use common::{of, pool, random};
use ndarray::{Array, Array2, ArrayRef, Dimension, IxDyn, arr0, array, s};

const ALL: [Activation; 7] = [
    Activation::Relu,
    Activation::LeakyRelu { slope: 0.01 },
    Activation::LeakyRelu { slope: -1.5 },
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Gelu,
    Activation::Identity,
];

/// A node's output and its gradient for `dz`.
fn through<A: Float, D: Dimension>(
    activation: Activation,
    x: &ArrayRef<A, D>,
    dz: &ArrayRef<A, D>,
) -> Result<(Array<A, D>, Array<A, D>)> {
    let mut node = Activate::new(activation)?;
    Ok((node.forward(x), node.backprop(dz)?))
}

/// f(x) as the table of [`Activation`] has it, but for the GELU.
fn plain(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Relu => x.max(0.0),
        Activation::LeakyRelu { slope } => x.max(0.0) + slope * x.min(0.0),
        Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Activation::Tanh => x.tanh(),
        Activation::Identity => x,
        other => panic!("{other} has no plain formula"),
    }
}

fn outputs<A: Float>() -> Result<()> {
    let x = random::<A>(13, 21, 1);
    let tolerance = A::epsilon().as_f64() * 8.0;
    for activation in ALL {
        let (z, _) = through(activation, &x, &x)?;
        if activation == Activation::Gelu {
            continue;
        }
        common::assert_near(&z, &x.mapv(|x| plain(activation, x.as_f64())), tolerance);
    }
    // By mpmath, 40 digits.
    let x = array![-5.0, -2.0, -0.5, 0.0, 0.5, 2.0, 5.0];
    let expected = array![
        -1.433_257_859_395_969_5e-6,
        -0.045_500_263_896_358_42,
        -0.154_268_769_362_993_44,
        0.0,
        0.345_731_230_637_006_56,
        1.954_499_736_103_641_6,
        4.999_998_566_742_141,
    ];
    let (z, _) = through(Activation::Gelu, &of::<A, _>(&x), &of::<A, _>(&x))?;
    common::assert_near(&z, &expected, tolerance);
    Ok(())
}

#[test]
fn outputs_are_those_of_the_formulas() -> Result<()> {
    outputs::<f32>()?;
    outputs::<f64>()
}

#[test]
fn gradients_are_the_numerical_ones() -> Result<()> {
    const H: f64 = 1e-5;
    let (mut x, dz) = (2.0 * random::<f64>(9, 8, 2), random::<f64>(9, 8, 3));
    assert!(x.iter().all(|x| x.abs() > 2.0 * H), "the kinks at 0 have no numerical gradient");
    for activation in ALL {
        let (_, dx) = through(activation, &x, &dz)?;
        let numerical = numerical_gradient(&mut x, H, |x| {
            let mut node = Activate::new(activation).expect("its slope is finite");
            (node.forward(x) * &dz).sum()
        });
        let error = relative_error(&dx, &numerical);
        assert!(error < 1e-8, "{activation}: relative error {error:e}");
    }
    Ok(())
}

/// Large enough to be shared out, in pieces that no block fits.
#[test]
fn any_number_of_threads_gives_the_same_bits() -> Result<()> {
    fn check<A: Float>() -> Result<()> {
        let (x, dz) = (random::<A>(1003, 331, 4), random::<A>(1003, 331, 5));
        for activation in ALL {
            let alone = pool(1).install(|| through(activation, &x, &dz))?;
            for threads in [2, 3, 5] {
                let shared = pool(threads).install(|| through(activation, &x, &dz))?;
                assert_eq!(shared, alone, "{activation}, {threads} threads");
            }
        }
        Ok(())
    }
    check::<f32>()?;
    check::<f64>()
}

#[test]
fn relu_and_sigmoid_are_their_own_nodes() -> Result<()> {
    let (x, dz) = (random::<f32>(40, 33, 6), random::<f32>(40, 33, 7));
    let (mut relu, mut sigmoid) = (Relu::new(), Sigmoid::new());
    let expected = (relu.forward(&x), relu.backprop(&dz)?);
    assert_eq!(through(Activation::Relu, &x, &dz)?, expected);
    let expected = (sigmoid.forward(&x), sigmoid.backprop(&dz)?);
    let (z, dx) = through(Activation::Sigmoid, &x, &dz)?;
    assert_eq!(z, expected.0);
    common::assert_near(&dx, &expected.1.mapv(f64::from), 1e-7);
    Ok(())
}

#[test]
fn views_of_any_layout_do() -> Result<()> {
    let (x, dz) = (random::<f64>(12, 14, 8), random::<f64>(12, 14, 9));
    for activation in ALL {
        let (z, dx) = through(activation, &x, &dz)?;
        let mut node = Activate::new(activation)?;
        assert_eq!(node.forward(&x.t()), z.t(), "{activation}");
        assert_eq!(node.backprop(&dz.t())?, dx.t(), "{activation}");

        let (part, backwards) = (s![1..;2, ..;-3], s![..;-1, ..]);
        let mut room = Array2::from_elem((12, 14), f64::NAN);
        node.forward_into(&x.slice(part), &mut room.slice_mut(part));
        assert_eq!(room.slice(part), z.slice(part), "{activation}");
        assert_eq!(room.iter().filter(|z| !z.is_nan()).count(), z.slice(part).len(), "nothing beside it");
        node.backprop_into(&dz.slice(part), &mut room.slice_mut(part))?;
        assert_eq!(room.slice(part), dx.slice(part), "{activation}");

        node.forward_into(&x.slice(backwards), &mut room.view_mut());
        node.backprop_into(&dz.slice(backwards), &mut room.view_mut())?;
        assert_eq!(room, dx.slice(backwards), "{activation}");
    }
    Ok(())
}

#[test]
fn any_dimension_and_emptiness_do() -> Result<()> {
    for activation in ALL {
        let mut node = Activate::<f32>::new(activation)?;
        for shape in [vec![], vec![0], vec![5], vec![3, 0, 2], vec![2, 3, 4, 5]] {
            let x =
                Array::from_shape_fn(IxDyn(&shape), |place| place.slice().iter().sum::<usize>() as f32 - 2.0);
            let z = node.forward(&x);
            assert_eq!(z.shape(), shape, "{activation}");
            assert_eq!(node.backprop(&z)?.shape(), shape, "{activation}");
        }
        let z = node.forward(&arr0(0.0));
        assert_eq!(node.backprop(&arr0(3.0))?.into_scalar().is_finite(), z.into_scalar().is_finite());
    }
    Ok(())
}

#[test]
fn backprop_before_forward_and_wrong_shapes_are_errors() -> Result<()> {
    for activation in ALL {
        let mut node = Activate::new(activation)?;
        let error = node.backprop(&array![1.0]).expect_err("nothing is kept").to_string();
        assert_eq!(error, "Activate::backprop: nothing is cached; call `forward` first");
        assert!(matches!(
            node.backprop_into(&array![1.0], &mut array![1.0]),
            Err(Error::BackpropBeforeForward { node: "Activate" })
        ));

        node.forward(&Array2::<f64>::zeros((2, 3)));
        let error = node.backprop(&Array2::zeros((3, 2))).expect_err("another shape").to_string();
        assert_eq!(error, "Activate::backprop: `dz` has shape [3, 2], expected [2, 3]");
    }
    Ok(())
}

/// The message that `work` panics with.
fn panic_of(work: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(work)).expect_err("it should panic");
    *payload.downcast::<String>().expect("a message with numbers in it")
}

#[test]
fn an_array_that_does_not_fit_panics_with_both_shapes() -> Result<()> {
    let (x, mut short) = (array![1.0, 2.0, 3.0], array![0.0, 0.0]);
    for activation in ALL {
        let mut node = Activate::new(activation)?;
        let found = panic_of(|| node.forward_into(&x, &mut short));
        assert_eq!(found, "Activate::forward_into: `z` has shape [2], expected [3]");
        node.forward(&x);
        let found = panic_of(|| drop(node.backprop_into(&x, &mut short)));
        assert_eq!(found, "Activate::backprop_into: `dx` has shape [2], expected [3]");
        let found = panic_of(|| drop(node.backprop_into(&short.clone(), &mut short)));
        assert_eq!(found, "Activate::backprop_into: `dz` has shape [2], expected [3]");
    }
    let found = panic_of(|| functions::gelu_into(&x, &mut short));
    assert_eq!(found, "gelu_into: `z` has shape [2], expected [3]");
    Ok(())
}

#[test]
fn a_slope_that_is_not_finite_is_refused() {
    for slope in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e39] {
        let error =
            Activate::<f32>::new(Activation::LeakyRelu { slope }).expect_err("not finite").to_string();
        assert_eq!(error, format!("the leaky ReLU's slope is {slope:?}, expected a finite f32"));
    }
    assert!(Activate::<f64>::new(Activation::LeakyRelu { slope: 1e39 }).is_ok());
}

/// Fresh, into an array, in place, and the node: on a matrix, on its transpose, and shared out.
#[test]
fn functions_give_what_the_node_gives() -> Result<()> {
    fn check<A: Float>(x: &Array2<A>) -> Result<()> {
        let slope = A::of(0.01);
        let check = |activation: &str, fresh: Array2<A>, inplace: &dyn Fn(&mut Array2<A>)| -> Result<()> {
            let (z, _) = through(activation.parse()?, x, x)?;
            let mut again = x.clone();
            inplace(&mut again);
            assert_eq!((&fresh, &again), (&z, &z), "{activation}");
            Ok(())
        };
        check("leaky-relu", blasnet::leaky_relu(x, slope), &|x| functions::leaky_relu_inplace(x, slope))?;
        check("tanh", blasnet::tanh(x), &|x| functions::tanh_inplace(x))?;
        check("gelu", blasnet::gelu(x), &|x| functions::gelu_inplace(x))
    }
    for (rows, columns) in [(0, 3), (7, 9), (700, 400)] {
        let x = random::<f64>(rows, columns, 10);
        check(&x)?;
        check(&x.reversed_axes())?;
        check(&random::<f32>(rows, columns, 11))?;
    }
    Ok(())
}
