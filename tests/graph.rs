//! Computation graphs: values and gradients of small ones, by hand and by numerical gradients.

mod common;

use blasnet::graph::{Derivatives, Linear, MatMul, Node, Values};
use blasnet::nodes::{Add, Multiply, Operand, Relu, Sigmoid};
use blasnet::{Float, Graph, Layout, Optimizer, Result};
use common::{assert_near, of, pool, random};
use ndarray::{Array1, Array2, ArrayD, ArrayRefD, Zip, arr0, array};

/// (a + b) × c, declared from its end.
fn course<A: Float + Operand<Elem = A>>() -> Graph<A> {
    Graph::builder()
        .node("product", Multiply::new(), ["sum", "c"])
        .node("sum", Add::new(), ["a", "b"])
        .input_with_gradient("c", &[])
        .input_with_gradient("b", &[])
        .input_with_gradient("a", &[])
        .build()
        .expect("all is declared")
}

fn number<A: Float>(graph: &Graph<A>, name: &str) -> f64 {
    graph.value(name).expect("it has a value")[[]].as_f64()
}

fn derivative<A: Float>(graph: &Graph<A>, name: &str) -> f64 {
    graph.gradient(name).expect("it has a gradient")[[]].as_f64()
}

fn exercise_3_1<A: Float + Operand<Elem = A>>() -> Result<()> {
    let mut graph = course::<A>();
    for (name, value) in [("a", 2.0), ("b", 3.0), ("c", 4.0)] {
        graph.set(name, A::of(value))?;
    }
    graph.forward()?;
    assert_eq!(["sum", "product"].map(|name| number(&graph, name)), [5.0, 20.0]);
    graph.backprop("product")?;
    let derivatives = ["a", "b", "c", "sum", "product"].map(|name| derivative(&graph, name));
    assert_eq!(derivatives, [4.0, 4.0, 5.0, 4.0, 1.0]);

    // Again, with another value and from elsewhere: c is not on the way.
    graph.set("a", A::of(-7.0))?;
    graph.forward()?;
    assert_eq!(number(&graph, "product"), -16.0);
    graph.backprop_from("sum", A::of(0.5))?;
    assert_eq!(
        ["a", "b", "c", "sum", "product"].map(|name| derivative(&graph, name)),
        [0.5, 0.5, 0.0, 0.5, 0.0]
    );
    Ok(())
}

#[test]
fn the_course_s_example() -> Result<()> {
    exercise_3_1::<f32>()?;
    exercise_3_1::<f64>()
}

#[test]
fn a_source_s_own_derivative_is_the_seed() -> Result<()> {
    let mut graph = course::<f64>();
    ["a", "b", "c"].iter().try_for_each(|name| graph.set(name, 1.0))?;
    graph.forward()?;
    graph.backprop_from("a", 3.0)?;
    assert_eq!(["a", "b", "sum", "product"].map(|name| derivative(&graph, name)), [3.0, 0.0, 0.0, 0.0]);
    Ok(())
}

#[test]
fn a_value_that_one_node_takes_twice() -> Result<()> {
    let (x, twice) = (array![[3.0, -1.0, 0.5]], array![[7.0, 1.0, 2.0]]);
    let mut graph = Graph::<f64>::builder()
        .input_with_gradient("x", &[1, 3])
        .node("x²", Multiply::new(), ["x", "x"])
        .node("x⁴", Multiply::new(), ["x²", "x²"])
        .node("2x", Add::new(), ["x", "x"])
        .build()?;
    graph.set("x", &x)?;
    graph.forward()?;
    assert_eq!(graph.value("x⁴")?, x.mapv(|x| x * x * x * x).into_dyn());
    graph.backprop_from("x⁴", &twice)?;
    assert_eq!(graph.gradient("x")?, (&twice * &x.mapv(|x| 4.0 * x * x * x)).into_dyn());
    graph.backprop_from("2x", &twice)?;
    assert_eq!(graph.gradient("x")?, (2.0 * &twice).into_dyn());
    Ok(())
}

#[test]
fn a_diamond_adds_up() -> Result<()> {
    // x·y + (x + y), and x once more on a way of its own
    let mut graph = Graph::<f64>::builder()
        .parameter("x", 3.0)
        .input_with_gradient("y", &[])
        .node("xy", Multiply::new(), ["x", "y"])
        .node("x+y", Add::new(), ["x", "y"])
        .node("both", Add::new(), ["xy", "x+y"])
        .node("z", Multiply::new(), ["both", "x"])
        .build()?;
    graph.set("y", 5.0)?;
    graph.forward()?;
    assert_eq!(number(&graph, "z"), 69.0);
    graph.backprop("z")?;
    // z = x²y + x² + xy
    assert_eq!([derivative(&graph, "x"), derivative(&graph, "y")], [2.0 * 15.0 + 6.0 + 5.0, 9.0 + 3.0]);
    Ok(())
}

#[test]
fn a_chain_as_long_as_you_like() -> Result<()> {
    let mut builder = Graph::<f64>::builder().parameter("0", 1.5).constant("one", 1.0);
    for k in 1..=3000 {
        builder = builder.node(k.to_string(), Add::new(), [&*(k - 1).to_string(), "one"]);
    }
    let mut graph = builder.build()?;
    graph.forward()?;
    graph.backprop("3000")?;
    assert_eq!((number(&graph, "3000"), derivative(&graph, "0")), (3001.5, 1.0));
    Ok(())
}

/// x·W, with what a gradient goes to: all, the left or the right.
fn product(gradients: [bool; 2]) -> Graph<f64> {
    let mut builder = Graph::builder().node("z", MatMul, ["x", "y"]);
    for (name, shape, has_gradient) in [("x", [3, 4], gradients[0]), ("y", [4, 2], gradients[1])] {
        builder = if has_gradient {
            builder.input_with_gradient(name, &shape)
        } else {
            builder.input(name, &shape)
        };
    }
    builder.build().expect("the shapes fit")
}

#[test]
fn matrices_and_where_gradients_are_not_wanted() -> Result<()> {
    let (x, y, dz) = (random::<f64>(3, 4, 1), random::<f64>(4, 2, 2), random::<f64>(3, 2, 3));
    for gradients in [[true, true], [true, false], [false, true]] {
        let mut graph = product(gradients);
        graph.set("x", &x)?;
        graph.set("y", &y)?;
        graph.forward()?;
        assert_near(&graph.value("z")?, &x.dot(&y).into_dyn(), 1e-14);
        graph.backprop_from("z", &dz)?;
        for (name, has_gradient, expected) in
            [("x", gradients[0], dz.dot(&y.t())), ("y", gradients[1], x.t().dot(&dz))]
        {
            match graph.gradient(name) {
                Ok(found) if has_gradient => assert_near(&found, &expected.into_dyn(), 1e-14),
                found => assert!(found.is_err() && !has_gradient, "{name}"),
            }
        }
    }
    Ok(())
}

#[test]
fn one_sided_sums_and_products() -> Result<()> {
    let mut graph = Graph::<f64>::builder()
        .constant("c", &array![2.0, 3.0])
        .input_with_gradient("x", &[2])
        .node("c·x", Multiply::new(), ["c", "x"])
        .node("x·c", Multiply::new(), ["x", "c"])
        .node("c+x", Add::new(), ["c", "x"])
        .node("x+c", Add::new(), ["x", "c"])
        .node("c·c", Multiply::new(), ["c", "c"])
        .build()?;
    graph.set("x", &array![5.0, 7.0])?;
    graph.forward()?;
    assert_eq!(graph.value("c·c")?, array![4.0, 9.0].into_dyn());
    for (name, value, gradient) in [
        ("c·x", array![10.0, 21.0], array![20.0, 300.0]),
        ("x·c", array![10.0, 21.0], array![20.0, 300.0]),
        ("c+x", array![7.0, 10.0], array![10.0, 100.0]),
        ("x+c", array![7.0, 10.0], array![10.0, 100.0]),
    ] {
        assert_eq!(graph.value(name)?, value.into_dyn());
        graph.backprop_from(name, &array![10.0, 100.0])?;
        assert_eq!(graph.gradient("x")?, gradient.into_dyn(), "{name}");
    }
    Ok(())
}

/// z = xᵏ for k inputs that are powers of it: any number of inputs, gradients one by one.
#[derive(Debug)]
struct Product;

impl<A: Float> Node<A> for Product {
    fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        match inputs {
            [first, rest @ ..] if rest.iter().all(|shape| shape == first) => Ok(first.to_vec()),
            _ => Err("one or more of one shape".into()),
        }
    }

    fn forward(&mut self, inputs: Values<'_, A>, z: &mut ArrayRefD<A>) {
        z.fill(A::one());
        (0..inputs.len()).for_each(|input| *z *= &*inputs.get(input));
    }

    fn backprop(
        &mut self,
        inputs: Values<'_, A>,
        _: &ArrayRefD<A>,
        dz: &ArrayRefD<A>,
        derivatives: &mut Derivatives<'_, A>,
    ) {
        for input in 0..derivatives.len() {
            let Some(mut dx) = derivatives.get_mut(input) else { continue };
            dx.assign(&dz.view());
            (0..inputs.len()).filter(|&other| other != input).for_each(|other| dx *= &inputs.get(other));
        }
    }
}

/// z = x² of a matrix and whether the second input is above it, by which there is no derivative.
#[derive(Debug)]
struct SquareBelow;

impl<A: Float> Node<A> for SquareBelow {
    fn name(&self) -> String {
        "x² below".into()
    }

    fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        match inputs {
            [x, limit] if x.len() == 2 && x == limit => Ok(x.to_vec()),
            _ => Err("two matrices of one shape".into()),
        }
    }

    fn has_derivative_by(&self, input: usize) -> bool {
        input == 0
    }

    fn forward(&mut self, inputs: Values<'_, A>, z: &mut ArrayRefD<A>) {
        let [x, limit] = inputs.all();
        let below = |x, limit| if x < limit { A::one() } else { A::zero() };
        Zip::from(z).and(&x).and(&limit).for_each(|z, &x, &limit| *z = below(x, limit) * x * x);
    }

    fn backprop(
        &mut self,
        inputs: Values<'_, A>,
        z: &ArrayRefD<A>,
        dz: &ArrayRefD<A>,
        derivatives: &mut Derivatives<'_, A>,
    ) {
        let [Some(mut dx), None] = derivatives.all_mut() else {
            panic!("one has a derivative, one has none")
        };
        Zip::from(&mut dx).and(z).and(dz).and(&inputs.get(0)).for_each(|dx, &z, &dz, &x| {
            *dx = if z > A::zero() { dz * A::of(2.0) * x } else { A::zero() };
        });
    }
}

fn own_nodes<A: Float>() -> Result<()> {
    let (x, limit) = (array![[3.0, -1.0], [0.5, 2.0]], array![[4.0, 0.0], [0.0, 2.0]]);
    let mut graph = Graph::<A>::builder()
        .parameter("x", &of::<A, _>(&x))
        .parameter("limit", &of::<A, _>(&limit))
        .node("z", SquareBelow, ["x", "limit"])
        .node("zxz", Product, ["z", "x", "z"])
        .build()?;
    graph.forward()?;
    assert_near(&graph.value("zxz")?, &array![[243.0, -1.0], [0.0, 0.0]].into_dyn(), 0.0);
    graph.backprop_from("zxz", &Array2::from_elem((2, 2), A::one()))?;
    // x⁵ where it is below the limit
    assert_near(&graph.gradient("x")?, &array![[405.0, 5.0], [0.0, 0.0]].into_dyn(), 0.0);
    assert_near(&graph.gradient("limit")?, &Array2::zeros((2, 2)).into_dyn(), 0.0);
    Ok(())
}

#[test]
fn nodes_of_your_own() -> Result<()> {
    own_nodes::<f32>()?;
    own_nodes::<f64>()
}

/// A step of all parameters' gradient itself.
struct Subtract;

impl<A: Float> Optimizer<A> for Subtract {
    fn step(&mut self, parameters: &mut [A], gradient: &mut [A], layout: &Layout) -> Result<()> {
        assert_eq!((parameters.len(), gradient.len()), (layout.len(), layout.len()));
        parameters.iter_mut().zip(gradient).for_each(|(w, dw)| *w -= *dw);
        Ok(())
    }

    fn learning_rate(&self) -> f64 {
        1.0
    }

    fn set_learning_rate(&mut self, _: f64) {}
}

#[test]
fn an_optimiser_sees_parameters_as_they_were_declared() -> Result<()> {
    let mut graph = Graph::<f64>::builder()
        .node("z", Multiply::new(), ["second", "x"])
        .node("y", Add::new(), ["z", "first"])
        .parameter("first", &array![1.0, 2.0, 3.0])
        .input("x", &[3])
        .parameter("second", &array![4.0, 5.0, 6.0])
        .build()?;
    let names: Vec<_> =
        graph.layout().arrays().map(|(name, shape, _)| (name.to_owned(), shape.to_vec())).collect();
    assert_eq!(names, [("first".to_owned(), vec![3]), ("second".to_owned(), vec![3])]);
    graph.set("x", &array![1.0, 10.0, 100.0])?;
    graph.forward()?;
    graph.backprop_from("y", &array![1.0, 1.0, 0.5])?;
    graph.update(&mut Subtract)?;
    let after: Vec<_> =
        graph.parameters().map(|(_, value)| value.iter().copied().collect::<Vec<_>>()).collect();
    assert_eq!(after, [[0.0, 1.0, 2.5], [3.0, -5.0, -44.0]]);
    // Still of the parameters from before.
    assert_eq!(graph.value("y")?, array![5.0, 52.0, 603.0].into_dyn());
    Ok(())
}

#[test]
fn arrays_of_any_layout_size_and_dimension() -> Result<()> {
    let x = Array1::from_iter((0..24).map(f64::from)).into_shape_with_order([2, 3, 4]).expect("24 elements");
    let turned = x.view().reversed_axes();
    let mut graph = Graph::<f64>::builder()
        .constant("x", &turned)
        .input_with_gradient("y", &[4, 3, 2])
        .node("z", Multiply::new(), ["x", "y"])
        .build()?;
    graph.set("y", &turned)?;
    graph.forward()?;
    assert_eq!(graph.value("z")?, turned.mapv(|x| x * x).into_dyn());
    graph.backprop_from("z", &turned)?;
    assert_eq!(graph.gradient("y")?, turned.mapv(|x| x * x).into_dyn());

    for shape in [&[0][..], &[2, 0, 3], &[1, 1, 2, 1, 2, 3]] {
        let ones = ArrayD::<f64>::ones(shape);
        let mut graph = Graph::builder()
            .input_with_gradient("x", shape)
            .node("z", Add::new(), ["x", "x"])
            .node("relu", Relu::new(), ["z"])
            .node("sigmoid", Sigmoid::new(), ["relu"])
            .build()?;
        graph.set("x", &ones)?;
        graph.forward()?;
        assert_near(&graph.value("sigmoid")?, &ones.mapv(|_| 1.0 / (1.0 + (-2.0_f64).exp())), 1e-15);
        graph.backprop_from("relu", &ones)?;
        assert_eq!(graph.gradient("x")?, 2.0 * ones);
    }
    let mut graph = Graph::<f32>::builder()
        .parameter("x", &Array2::zeros((0, 3)))
        .parameter("w", &Array2::zeros((3, 2)))
        .parameter("b", &array![1.0, 2.0])
        .node("z", Linear, ["x", "w", "b"])
        .build()?;
    graph.forward()?;
    graph.backprop_from("z", &Array2::zeros((0, 2)))?;
    assert_eq!(graph.gradient("b")?, array![0.0, 0.0].into_dyn());
    assert_eq!(graph.gradient("w")?, ArrayD::<f32>::zeros(&[3, 2][..]));
    Ok(())
}

/// What a graph of arrays that are large enough to be shared out comes to.
fn on_threads<A: Float>(threads: usize) -> [ArrayD<A>; 4] {
    let graph = || {
        let mut graph = Graph::<A>::builder()
            .parameter("x", &random(600, 500, 1))
            .parameter("y", &random(600, 500, 2))
            .node("sum", Add::new(), ["x", "y"])
            .node("product", Multiply::new(), ["sum", "x"])
            .node("relu", Relu::new(), ["product"])
            .node("sigmoid", Sigmoid::new(), ["relu"])
            .node("z", Multiply::new(), ["sigmoid", "x"])
            .build()?;
        graph.forward()?;
        graph.backprop_from("z", &random(600, 500, 3))?;
        let of = [graph.value("z")?, graph.gradient("sum")?, graph.gradient("x")?, graph.gradient("y")?];
        Ok(of.map(|array| array.to_owned()))
    };
    pool(threads).install(graph).unwrap_or_else(|error: blasnet::Error| panic!("{error}"))
}

#[test]
fn threads_change_no_bit() {
    assert_eq!(on_threads::<f32>(1), on_threads::<f32>(3));
    assert_eq!(on_threads::<f64>(1), on_threads::<f64>(4));
}

#[test]
fn a_graph_is_a_picture() -> Result<()> {
    let graph = Graph::<f64>::builder()
        .node("z", SquareBelow, ["sum", "c"])
        .node("sum", Add::new(), ["a \"quoted\" \\name\n", "b"])
        .constant("c", &array![[1.0, 2.0]])
        .input("a \"quoted\" \\name\n", &[1, 2])
        .parameter("b", &array![[1.0, 2.0]])
        .node("number", Product, ["n"])
        .input("n", &[])
        .build()?;
    let expected = r#"digraph {
    rankdir=LR
    "c" [shape=plaintext label="c\n[1, 2]"]
    "a \"quoted\" \\name\n" [shape=parallelogram label="a \"quoted\" \\name\n\n[1, 2]"]
    "b" [shape=cylinder label="b\n[1, 2]"]
    "n" [shape=parallelogram label="n\n[]"]
    "sum" [shape=box style=rounded label="sum\nAdd\n[1, 2]"]
    "z" [shape=box style=rounded label="z\nx² below\n[1, 2]"]
    "number" [shape=box style=rounded label="number\nProduct\n[]"]
    "a \"quoted\" \\name\n" -> "sum"
    "b" -> "sum"
    "sum" -> "z"
    "c" -> "z"
    "n" -> "number"
}
"#;
    assert_eq!(graph.to_dot(), expected);
    Ok(())
}

#[test]
fn a_constant_is_a_value_too() -> Result<()> {
    let graph = Graph::<f32>::builder().constant("c", 2.0_f32).node("z", Relu::new(), ["c"]).build()?;
    assert_eq!(graph.value("c")?, arr0(2.0).into_dyn());
    Ok(())
}
