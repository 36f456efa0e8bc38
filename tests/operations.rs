//! An operation gives the same bits as a function, as a node and as a graph's node: for shapes that are odd, empty
//! or large enough to be shared out, and for arrays of any layout.

mod common;

use std::panic::{AssertUnwindSafe, catch_unwind};

use blasnet::graph::{Graph, Linear, MatMul, MeanLoss, Node, SumLoss};
use blasnet::nodes::{
    Activate, Add, Affine, AffineGradients, Multiply, Operand, Relu, Sigmoid, SoftmaxCrossEntropy,
};
use blasnet::{Activation, Float, Loss, Result, functions};
use common::{one_hot, random};
use ndarray::{Array, Array1, Array2, ArrayD, ArrayRef, ArrayViewD, Axis, Dimension, IxDyn, Slice};

const SHAPES: [&[usize]; 8] = [&[], &[0], &[1], &[17], &[3, 0, 2], &[5, 7, 3], &[33, 31], &[3, 50_001]];

#[track_caller]
fn assert_same_bits<A: Float, D: Dimension>(found: &ArrayRef<A, D>, expected: &ArrayRef<A, D>, what: &str) {
    assert_eq!(found.shape(), expected.shape(), "{what}");
    let differ = |(found, expected): (&A, &A)| found.as_f64().to_bits() != expected.as_f64().to_bits();
    let place = found.iter().zip(expected).position(differ);
    assert_eq!(place, None, "{what}: {found}, expected {expected}");
}

/// Draws from N(0, 1), and zeros of both signs.
fn draws<A: Float>(shape: &[usize], seed: u64) -> ArrayD<A> {
    let length: usize = shape.iter().product();
    let elements = random::<A>(1, length, seed).into_iter().enumerate();
    let elements = elements.map(|(place, x)| match place % 13 {
        5 => A::zero(),
        9 => -A::zero(),
        _ => x,
    });
    ArrayD::from_shape_vec(IxDyn(shape), elements.collect()).expect("as many as the shape has")
}

/// Calls `check` with the array row-major, column-major, and backwards with gaps; a large one only with the last.
fn in_each_layout<A: Float>(
    x: &ArrayD<A>,
    mut check: impl FnMut(&ArrayViewD<A>) -> Result<()>,
) -> Result<()> {
    if x.len() > 10_000 {
        return in_reverse(x, check);
    }
    check(&x.view())?;
    let mut columns = ArrayD::zeros(x.t().raw_dim()).reversed_axes();
    columns.assign(x);
    check(&columns.view())?;
    if x.ndim() > 0 { in_reverse(x, check) } else { Ok(()) }
}

/// Calls `check` with the array as every other element of a larger one's rows, backwards.
fn in_reverse<A: Float>(x: &ArrayD<A>, mut check: impl FnMut(&ArrayViewD<A>) -> Result<()>) -> Result<()> {
    let (mut shape, last) = (x.raw_dim(), Axis(x.ndim() - 1));
    shape[last.index()] *= 2;
    let (mut spread, every_other) = (ArrayD::from_elem(shape, A::nan()), Slice::new(0, None, -2));
    spread.slice_axis_mut(last, every_other).assign(x);
    check(&spread.slice_axis(last, every_other))
}

/// An array of NaN in column-major order, to be overwritten.
fn to_overwrite<A: Float, D: Dimension>(shape: D) -> Array<A, D> {
    let mut reversed = shape.clone();
    reversed.slice_mut().reverse();
    Array::from_elem(reversed, A::nan()).reversed_axes()
}

/// The value of a node in a graph, and its derivatives by all inputs.
fn in_a_graph<A: Float>(
    node: impl Node<A> + 'static,
    inputs: &[ArrayViewD<A>],
    dz: &ArrayViewD<A>,
) -> Result<(ArrayD<A>, Vec<ArrayD<A>>)> {
    let names: Vec<_> = (0..inputs.len()).map(|input| input.to_string()).collect();
    let mut builder = Graph::builder().node("z", node, &names);
    for (name, input) in names.iter().zip(inputs) {
        builder = builder.input_with_gradient(name, input.shape());
    }
    let mut graph = builder.build()?;
    for (name, input) in names.iter().zip(inputs) {
        graph.set(name, input)?;
    }
    graph.forward()?;
    graph.backprop_from("z", dz)?;
    let gradients: Result<_> = names.iter().map(|name| Ok(graph.gradient(name)?.to_owned())).collect();
    Ok((graph.value("z")?.to_owned(), gradients?))
}

/// A node of one input, by itself and in a graph, against its function.
macro_rules! check_node {
    ($node:expr, $z:expr, $x:expr, $dz:expr, $what:expr) => {{
        let (x, dz, what) = ($x, $dz, &*$what);
        let (z, dx) = in_a_graph($node, &[x.view()], dz)?;
        assert_same_bits(&z, $z, what);

        let mut node = $node;
        assert_same_bits(&node.forward(x), &z, what);
        assert_same_bits(&node.backprop(dz)?, &dx[0], what);

        let mut node = $node;
        let mut into = to_overwrite(z.raw_dim());
        node.forward_into(x, &mut into);
        assert_same_bits(&into, &z, what);
        let mut into = to_overwrite(z.raw_dim());
        node.backprop_into(dz, &mut into)?;
        assert_same_bits(&into, &dx[0], what);
    }};
}

/// A function fresh, into an array and in place.
macro_rules! check_function {
    ($fresh:ident, $into:ident, $inplace:ident, $x:expr $(, $slope:expr)?) => {{
        let x = $x;
        let z = functions::$fresh(x $(, $slope)?);
        let mut into = to_overwrite(z.raw_dim());
        functions::$into(x $(, $slope)?, &mut into);
        assert_same_bits(&into, &z, stringify!($into));
        into.assign(x);
        functions::$inplace(&mut into $(, $slope)?);
        assert_same_bits(&into, &z, stringify!($inplace));
        z
    }};
}

fn activations<A: Float>() -> Result<()> {
    for shape in SHAPES {
        let (x, dz) = (draws::<A>(shape, 1), draws::<A>(shape, 2));
        in_each_layout(&x, |x| {
            let slope = A::of(0.2);
            let relu = check_function!(relu, relu_into, relu_inplace, x);
            let sigmoid = check_function!(sigmoid, sigmoid_into, sigmoid_inplace, x);
            let functions = [
                ("relu", relu.clone()),
                (
                    "leaky-relu:0.2",
                    check_function!(leaky_relu, leaky_relu_into, leaky_relu_inplace, x, slope),
                ),
                ("sigmoid", sigmoid.clone()),
                ("tanh", check_function!(tanh, tanh_into, tanh_inplace, x)),
                ("gelu", check_function!(gelu, gelu_into, gelu_inplace, x)),
                ("identity", x.to_owned()),
            ];
            check_function!(softmax, softmax_into, softmax_inplace, x);
            in_each_layout(&dz, |dz| {
                check_node!(Relu::new(), &relu, x, dz, format!("Relu {shape:?}"));
                check_node!(Sigmoid::new(), &sigmoid, x, dz, format!("Sigmoid {shape:?}"));
                for (name, z) in &functions {
                    let activation: Activation = name.parse()?;
                    check_node!(Activate::new(activation)?, z, x, dz, format!("{name} {shape:?}"));
                }
                Ok(())
            })
        })?;
    }
    Ok(())
}

#[test]
fn activations_are_the_same_everywhere() -> Result<()> {
    activations::<f32>()?;
    activations::<f64>()
}

fn sums_and_products<A: Float>() -> Result<()> {
    for shape in SHAPES {
        let [x, y, dz] = [1, 2, 3].map(|seed| draws::<A>(shape, seed));
        let (sum, product) = (&x + &y, &x * &y);
        in_each_layout(&x, |x| {
            in_each_layout(&dz, |dz| {
                macro_rules! check {
                    ($node:expr, $z:expr) => {{
                        let (z, gradients) = in_a_graph($node, &[x.view(), y.view()], dz)?;
                        let what = format!("{} {shape:?}", stringify!($node));
                        assert_same_bits(&z, $z, &what);
                        let mut node = $node;
                        assert_same_bits(&node.forward(x, &y)?, &z, &what);
                        let (dx, dy) = node.backprop(dz)?;
                        assert_same_bits(&dx, &gradients[0], &what);
                        assert_same_bits(&dy, &gradients[1], &what);
                        let [mut z_into, mut dx, mut dy] = [(); 3].map(|()| to_overwrite(z.raw_dim()));
                        node.forward_into(x, &y, &mut z_into);
                        assert_same_bits(&z_into, &z, &what);
                        node.backprop_into(dz, &mut dx, &mut dy)?;
                        assert_same_bits(&dx, &gradients[0], &what);
                        assert_same_bits(&dy, &gradients[1], &what);
                    }};
                }
                check!(Add::new(), &sum);
                check!(Multiply::new(), &product);
                Ok(())
            })
        })?;
    }
    Ok(())
}

#[test]
fn sums_and_products_are_the_same_everywhere() -> Result<()> {
    sums_and_products::<f32>()?;
    sums_and_products::<f64>()
}

/// Numbers take another way in than arrays.
fn numbers<A: Float + Operand<Elem = A, Owned = A>>() -> Result<()> {
    let [x, y, dz] = [0.3, -1.7, 2.9].map(A::of);
    let mut multiply = Multiply::new();
    let in_a_graph =
        in_a_graph(Multiply::new(), &[x, y].map(arr).each_ref().map(|x| x.view()), &arr(dz).view())?;
    assert_eq!(arr(multiply.forward(x, y)?), in_a_graph.0);
    let (dx, dy) = multiply.backprop(dz)?;
    assert_eq!([arr(dx), arr(dy)][..], in_a_graph.1);
    Ok(())
}

fn arr<A: Float>(x: A) -> ArrayD<A> {
    ArrayD::from_elem(IxDyn(&[]), x)
}

#[test]
fn numbers_are_arrays_without_axes() -> Result<()> {
    numbers::<f32>()?;
    numbers::<f64>()
}

fn affine<A: Float>() -> Result<()> {
    let shapes =
        [(1, 1, 1), (7, 3, 2), (100, 5, 1), (113, 17, 129), (300, 784, 101), (0, 5, 3), (4, 0, 3), (4, 3, 0)];
    for (rows, inputs, outputs) in shapes {
        let (x, dz) = (draws::<A>(&[rows, inputs], 1), draws::<A>(&[rows, outputs], 4));
        let (w, b) = (random::<A>(inputs, outputs, 2), random::<A>(1, outputs, 3).row(0).to_owned());
        let what = &*format!("{:?}", (rows, inputs, outputs));
        let (w_dyn, b_dyn) = (w.view().into_dyn(), b.view().into_dyn());
        let inputs_of_node = [x.view(), w_dyn.view(), b_dyn];
        let (z, gradients) = in_a_graph(Linear, &inputs_of_node, &dz.view())?;
        let (_, of_product) = in_a_graph(MatMul, &inputs_of_node[..2], &dz.view())?;
        assert_same_bits(&of_product[0], &gradients[0], what);
        assert_same_bits(&of_product[1], &gradients[1], what);

        in_each_layout(&x, |x| {
            in_each_layout(&dz, |dz| {
                // BLAS may add up in another order where an operand is column-major.
                let same = |found: ArrayD<A>, expected: &ArrayD<A>, operand: &ArrayViewD<A>| {
                    if operand.t().is_standard_layout() && !operand.is_standard_layout() {
                        let tolerance = if size_of::<A>() == 4 { 1e-4 } else { 1e-11 };
                        common::assert_near(&found, &expected.mapv(A::as_f64), tolerance);
                    } else {
                        assert_same_bits(&found, expected, what);
                    }
                };
                let x_matrix = x.view().into_dimensionality().expect("two axes");
                let dz_matrix = dz.view().into_dimensionality().expect("two axes");
                let mut node = Affine::new(w.clone(), b.clone())?;
                same(node.forward(&x_matrix)?.into_dyn(), &z, x);
                let mut z_into = Array2::from_elem((rows, outputs), A::nan());
                node.forward_into(&x_matrix, &mut z_into);
                same(z_into.into_dyn(), &z, x);

                let mut into = AffineGradients {
                    dx: Array2::from_elem((rows, inputs), A::nan()),
                    dw: Array2::from_elem((inputs, outputs), A::nan()),
                    db: Array1::from_elem(outputs, A::nan()),
                };
                node.backprop_into(&dz_matrix, &mut into)?;
                for AffineGradients { dx, dw, db } in [node.backprop(&dz_matrix)?, into] {
                    same(dx.into_dyn(), &gradients[0], dz);
                    same(dw.into_dyn(), &gradients[1], dz);
                    assert_same_bits(&db.into_dyn(), &gradients[2], what);
                }
                Ok(())
            })
        })?;
    }
    Ok(())
}

#[test]
fn the_affine_node_is_the_graph_s() -> Result<()> {
    affine::<f32>()?;
    affine::<f64>()
}

fn cross_entropy<A: Float>() -> Result<()> {
    for (rows, outputs) in [(1, 1), (3, 2), (17, 10), (33, 33), (5, 1000), (14_000, 10)] {
        let (z, t) = (draws::<A>(&[rows, outputs], 1), one_hot::<A>(rows, outputs, 2));
        let one = arr(A::one());
        let of = |node: SumLoss<A>| in_a_graph_of_loss(node, &z.view(), &t, &one);
        let (sum, of_sum) = of(SumLoss::new(Loss::SoftmaxCrossEntropy))?;
        let mean = MeanLoss::new(Loss::SoftmaxCrossEntropy);
        let (mean, of_mean) = in_a_graph_of_loss(mean, &z.view(), &t, &one)?;
        in_each_layout(&z, |z| {
            let z = z.view().into_dimensionality().expect("two axes");
            let mut node = SoftmaxCrossEntropy::new();
            let loss = node.forward(&z, &t)?;
            assert_eq!(loss.as_f64().to_bits(), mean.as_f64().to_bits());
            let by_sum = (sum.as_f64() / rows as f64 - loss.as_f64()).abs();
            assert!(by_sum <= 1e-6 * loss.as_f64(), "{by_sum}");
            let what = &*format!("{:?}", (rows, outputs));
            assert_same_bits(&node.backprop(A::one())?.into_dyn(), &of_sum, what);
            assert_same_bits(&node.backprop(A::of(1.0 / rows as f64))?.into_dyn(), &of_mean, what);
            Ok(())
        })?;
    }
    Ok(())
}

/// A loss and its derivative by the outputs.
fn in_a_graph_of_loss<A: Float>(
    node: impl Node<A> + 'static,
    z: &ArrayViewD<A>,
    t: &Array2<A>,
    seed: &ArrayD<A>,
) -> Result<(A, ArrayD<A>)> {
    let builder = Graph::builder().input_with_gradient("z", z.shape()).constant("t", t);
    let mut graph = builder.node("loss", node, ["z", "t"]).build()?;
    graph.set("z", z)?;
    graph.forward()?;
    graph.backprop_from("loss", seed)?;
    Ok((graph.value("loss")?[[]], graph.gradient("z")?.to_owned()))
}

#[test]
fn the_cross_entropy_node_is_the_graph_s() -> Result<()> {
    cross_entropy::<f32>()?;
    cross_entropy::<f64>()
}

/// The message that `work` panics with.
fn panic_of(work: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(work)).expect_err("it should panic");
    *payload.downcast::<String>().expect("a message with shapes in it")
}

#[test]
fn arrays_that_do_not_fit_panic_with_both_shapes() -> Result<()> {
    let (x, mut other) = (Array2::<f64>::zeros((2, 3)), Array2::zeros((3, 2)));
    let dz = Array2::zeros((2, 3));
    macro_rules! check {
        ($node:ident, $operands:tt, $derivatives:tt) => {{
            let found = panic_of(|| check!(@forward $node $operands));
            assert!(found.ends_with("::forward_into: `z` has shape [3, 2], expected [2, 3]"), "{found}");
            let found = panic_of(|| drop(check!(@backprop $node $derivatives)));
            assert!(found.ends_with("::backprop_into: `dx` has shape [3, 2], expected [2, 3]"), "{found}");
        }};
        (@forward $node:ident ($($x:expr),*)) => { $node.forward_into($($x,)* &mut other) };
        (@backprop $node:ident ($($dx:expr),*)) => { $node.backprop_into(&dz, $($dx),*) };
    }
    let (mut relu, mut sigmoid, mut tanh) = (Relu::new(), Sigmoid::new(), Activate::new(Activation::Tanh)?);
    relu.forward(&x);
    sigmoid.forward(&x);
    tanh.forward(&x);
    check!(relu, (&x), (&mut other));
    check!(sigmoid, (&x), (&mut other));
    check!(tanh, (&x), (&mut other));
    let (mut add, mut multiply) = (Add::new(), Multiply::new());
    add.forward(&x, &x)?;
    multiply.forward(&x, &x)?;
    check!(add, (&x, &x), (&mut other, &mut Array2::zeros((2, 3))));
    check!(multiply, (&x, &x), (&mut other, &mut Array2::zeros((2, 3))));

    let mut affine = Affine::new(Array2::<f64>::zeros((3, 5)), Array1::zeros(5))?;
    affine.forward(&x)?;
    let found = panic_of(|| affine.forward_into(&x, &mut Array2::zeros((2, 4))));
    assert_eq!(found, "Affine::forward_into: `z` has shape [2, 4], expected [2, 5]");
    let found = panic_of(|| affine.apply_into(&Array2::zeros((2, 4)), &mut Array2::zeros((2, 5))));
    assert_eq!(found, "Affine::forward_into: `x` has shape [2, 4], expected [2, 3]");
    let shapes = [("dz", [2, 5]), ("dx", [2, 3]), ("dw", [3, 5]), ("db", [5, 1])];
    for (wrong, (name, shape)) in shapes.into_iter().enumerate() {
        let zeros = |place: usize| Array2::zeros(if place == wrong { [7, 7] } else { shapes[place].1 });
        let mut gradients = AffineGradients { dx: zeros(1), dw: zeros(2), db: zeros(3).column(0).to_owned() };
        let found = panic_of(|| drop(affine.backprop_into(&zeros(0), &mut gradients)));
        let (found_shape, expected) = if name == "db" {
            ("[7]".into(), "[5]".into())
        } else {
            ("[7, 7]".to_owned(), format!("{shape:?}"))
        };
        let expected =
            format!("Affine::backprop_into: `{name}` has shape {found_shape}, expected {expected}");
        assert_eq!(found, expected);
    }
    Ok(())
}
