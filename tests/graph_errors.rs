//! What graphs say of bad declarations and bad use.

use blasnet::graph::{GraphBuilder, Linear, MatMul};
use blasnet::nodes::{Add, Multiply, Relu};
use blasnet::{Graph, Layout, Optimizer, Result, Sgd};
use ndarray::{Array2, array};

fn declared() -> GraphBuilder<f64> {
    Graph::builder()
}

#[track_caller]
fn refused(builder: GraphBuilder<f64>, expected: &str) {
    let error = builder.build().expect_err("it cannot be built");
    assert_eq!(error.to_string(), format!("graph: {expected}"));
}

#[track_caller]
fn fails<T>(result: Result<T>, expected: &str) {
    let Err(error) = result else { panic!("no error, expected: {expected}") };
    assert_eq!(error.to_string(), format!("graph: {expected}"));
}

#[test]
fn a_name_is_declared_once() {
    let twice = declared().input("x", &[]).node("z", Relu::new(), ["x"]).node("x", Relu::new(), ["z"]);
    refused(twice, "`x` is declared twice");
}

#[test]
fn names_that_nodes_take_exist() {
    let builder = declared().input("x", &[]).node("z", Add::new(), ["x", "y"]);
    refused(builder, "`z` takes `y`, which is not declared");
}

#[test]
fn values_do_not_go_round() {
    let itself = declared().node("a", Relu::new(), ["a"]);
    refused(itself, "`a` depends on itself: a → a");
    let two = declared().node("a", Relu::new(), ["b"]).node("b", Relu::new(), ["a"]);
    refused(two, "`a` depends on itself: a → b → a");
    let three = declared()
        .input("x", &[])
        .node("after", Relu::new(), ["c"])
        .node("a", Add::new(), ["x", "c"])
        .node("c", Relu::new(), ["b"])
        .node("b", Add::new(), ["a", "x"]);
    refused(three, "`a` depends on itself: a → b → c → a");
}

#[test]
fn nothing_is_declared_in_vain() {
    let used = || declared().input("x", &[]).node("z", Relu::new(), ["x"]);
    refused(used().input("y", &[]), "`y` is used by no node");
    refused(used().input_with_gradient("y", &[]), "`y` is used by no node");
    refused(used().parameter("w", 1.0), "`w` is used by no node");
    refused(used().constant("c", 1.0), "`c` is used by no node");
}

#[test]
fn nodes_say_what_they_take() {
    let of = |node: fn(GraphBuilder<f64>) -> GraphBuilder<f64>| {
        node(declared().input("x", &[2, 3]).input("y", &[3, 2]).node("both", MatMul, ["x", "y"]))
    };
    refused(
        of(|builder| builder.node("z", Add::new(), ["x", "y"])),
        "`z` (Add) takes `x` [2, 3], `y` [3, 2], expected two of one shape",
    );
    refused(
        of(|builder| builder.node("z", Multiply::new(), ["x"])),
        "`z` (Multiply) takes `x` [2, 3], expected two of one shape",
    );
    refused(
        of(|builder| builder.node("z", Relu::new(), ["x", "x"])),
        "`z` (Relu) takes `x` [2, 3], `x` [2, 3], expected one",
    );
    refused(of(|builder| builder.node("z", Relu::new(), [""; 0])), "`z` (Relu) takes nothing, expected one");
    refused(
        of(|builder| builder.node("z", MatMul, ["x", "x"])),
        "`z` (MatMul) takes `x` [2, 3], `x` [2, 3], expected [m, k], [k, n]",
    );
    refused(
        of(|builder| builder.constant("b", &array![1.0, 2.0, 3.0]).node("z", Linear, ["x", "y", "b"])),
        "`z` (Linear) takes `x` [2, 3], `y` [3, 2], `b` [3], expected [n, in], [in, out], [out]",
    );
}

#[test]
fn shapes_that_memory_cannot_hold() {
    let of = |shape: &[usize]| declared().input("x", shape).node("z", Relu::new(), ["x"]);
    let half = 1 << (usize::BITS / 2);
    refused(
        of(&[half, half]),
        &format!("`x` has shape [{half}, {half}]: the graph has more elements than memory has places"),
    );
    // One by one there is room, but not for all of them.
    let third = isize::MAX as usize / 8 / 2 + 1;
    refused(
        of(&[third]),
        &format!("`z` has shape [{third}]: the graph has more elements than memory has places"),
    );
    // An array without elements whose other axes ndarray cannot count.
    refused(
        of(&[0, half, half]),
        &format!("`x` has shape [0, {half}, {half}]: the graph has more elements than memory has places"),
    );
}

/// z = (x + w)·c
fn small() -> Graph<f64> {
    declared()
        .input("x", &[2])
        .parameter("w", &array![1.0, 2.0])
        .constant("c", &array![3.0, 4.0])
        .node("sum", Add::new(), ["x", "w"])
        .node("z", Multiply::new(), ["sum", "c"])
        .node("only x", Relu::new(), ["x"])
        .build()
        .expect("all is declared")
}

#[test]
fn names_that_there_are_not() {
    let mut graph = small();
    fails(graph.set("y", 1.0), "`y` is not declared");
    fails(graph.value("y"), "`y` is not declared");
    fails(graph.gradient("y"), "`y` is not declared");
    fails(graph.backprop("y"), "`y` is not declared");
    fails(graph.backprop_from("y", 1.0), "`y` is not declared");
}

#[test]
fn what_can_be_set_and_to_what() -> Result<()> {
    let mut graph = small();
    fails(graph.set("c", &array![1.0, 2.0]), "`c` is a constant, which nothing changes");
    fails(graph.set("z", &array![1.0, 2.0]), "`z` is computed by a node and cannot be set");
    fails(graph.set("x", &array![1.0]), "`x` has shape [2], found [1]");
    fails(graph.set("x", 1.0), "`x` has shape [2], found []");
    fails(graph.set("w", &Array2::zeros((1, 2))), "`w` has shape [2], found [1, 2]");
    fails(graph.value("x"), "`x` has never been set");
    graph.set("w", &array![5.0, 6.0])?;
    assert_eq!(graph.value("w")?, array![5.0, 6.0].into_dyn());
    Ok(())
}

#[test]
fn passes_come_in_their_order() -> Result<()> {
    let mut graph = small();
    let ones = array![1.0, 1.0];
    fails(graph.forward(), "`x` has never been set");
    fails(graph.value("z"), "`z` has no value yet; call `forward` first");
    graph.set("x", &array![1.0, 2.0])?;
    fails(graph.backprop_from("z", &ones), "`z` has no value yet; call `forward` first");
    fails(graph.gradient("w"), "`w` has no gradient yet; call `backprop` first");
    fails(graph.update(&mut Sgd::new(0.5)), "`w` has no gradient yet; call `backprop` first");

    graph.forward()?;
    graph.backprop_from("z", &ones)?;
    graph.update(&mut Sgd::new(0.5))?;
    assert_eq!(graph.value("w")?, array![-0.5, 0.0].into_dyn());
    fails(graph.gradient("w"), "`w` has no gradient yet; call `backprop` first");
    fails(graph.update(&mut Sgd::new(0.5)), "`w` has no gradient yet; call `backprop` first");

    let stale = "`z` is not of the present inputs, parameters and mode; call `forward` before going back";
    fails(graph.backprop_from("z", &ones), stale);
    graph.forward()?;
    graph.set("x", &ones)?;
    fails(graph.backprop_from("z", &ones), stale);
    graph.forward()?;
    graph.set_training(false);
    fails(graph.backprop_from("z", &ones), stale);
    Ok(())
}

#[test]
fn where_gradients_begin_and_end() -> Result<()> {
    let mut graph = small();
    graph.set("x", &array![1.0, 2.0])?;
    graph.forward()?;
    fails(
        graph.backprop("z"),
        "`z` has shape [2], not one element; give the derivative by it to `backprop_from`",
    );
    fails(graph.backprop_from("z", 1.0), "`z` has shape [2], found []");
    graph.backprop_from("z", &array![1.0, 1.0])?;
    fails(graph.gradient("x"), "`x` has no gradient; declare it by `input_with_gradient`");
    let alone = "has no gradient, as it depends on no parameter and no input that has one";
    fails(graph.gradient("c"), &format!("`c` {alone}"));
    fails(graph.gradient("only x"), &format!("`only x` {alone}"));
    fails(graph.backprop_from("only x", &array![1.0, 1.0]), &format!("`only x` {alone}"));
    // What was refused has spoilt nothing.
    assert_eq!(graph.gradient("w")?, array![3.0, 4.0].into_dyn());
    Ok(())
}

/// Refuses every step.
struct Refusal;

impl Optimizer<f64> for Refusal {
    fn step(&mut self, _: &mut [f64], gradient: &mut [f64], _: &Layout) -> Result<()> {
        gradient.fill(f64::NAN);
        Err(blasnet::Error::Invalid { what: "the step", found: "refused".into(), expected: "another".into() })
    }

    fn learning_rate(&self) -> f64 {
        0.0
    }

    fn set_learning_rate(&mut self, _: f64) {}
}

#[test]
fn an_optimiser_that_fails_leaves_the_parameters_and_no_gradient() -> Result<()> {
    let mut graph = small();
    graph.set("x", &array![1.0, 2.0])?;
    graph.forward()?;
    graph.backprop_from("z", &array![1.0, 1.0])?;
    let error = graph.update(&mut Refusal).expect_err("it refuses");
    assert_eq!(error.to_string(), "the step is refused, expected another");
    assert_eq!(graph.value("w")?, array![1.0, 2.0].into_dyn());
    fails(graph.gradient("w"), "`w` has no gradient yet; call `backprop` first");
    graph.backprop_from("z", &array![1.0, 1.0])?;
    assert_eq!(graph.gradient("w")?, array![3.0, 4.0].into_dyn());
    Ok(())
}

#[test]
fn numbers_are_finite() -> Result<()> {
    let says = |error: blasnet::Error, expected: &str| assert_eq!(error.to_string(), expected);
    let of =
        |builder: GraphBuilder<f64>| builder.node("z", Relu::new(), ["w"]).build().expect_err("not finite");
    says(
        of(declared().parameter("w", &array![[1.0, 2.0], [f64::NAN, 3.0]])),
        "Graph::build: `w`[1, 0] is NaN, expected a finite number",
    );
    says(
        of(declared().constant("w", f64::NEG_INFINITY)),
        "Graph::build: `w`[] is -inf, expected a finite number",
    );

    let mut graph = small();
    graph.set("x", &array![1.0, 2.0])?;
    says(
        graph.set("x", &array![5.0, f64::INFINITY]).expect_err("not finite"),
        "Graph::set: `x`[1] is inf, expected a finite number",
    );
    assert_eq!(graph.value("x")?, array![1.0, 2.0].into_dyn());
    graph.forward()?;
    says(
        graph.backprop_from("z", &array![f64::NAN, 1.0]).expect_err("not finite"),
        "Graph::backprop_from: `z`[0] is NaN, expected a finite number",
    );
    Ok(())
}
