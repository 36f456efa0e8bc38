//! Networks as graphs: every node's gradients against numerical ones, and the whole against [`NeuralNetwork`].

mod common;

use blasnet::graph::{Dropout, GraphBuilder, Linear, MatMul, MeanLoss, SumLoss};
use blasnet::nodes::{Activate, Add, Multiply, Relu, Sigmoid};
use blasnet::{Activation, Adam, Float, Graph, Loss, Mlp, NeuralNetwork, Result, Sgd, gradcheck};
use common::{assert_near, one_hot, pool, random, rng};
use ndarray::{Array1, Array2, ArrayD, arr0};

/// The weighted sum of what `graph` computes as z, and its derivatives by all parameters, numerically.
fn check_parameters(graph: &mut Graph<f64>, weights: &ArrayD<f64>) -> Result<()> {
    graph.forward()?;
    graph.backprop_from("z", weights)?;
    let parameters: Vec<_> =
        graph.parameters().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    for (name, value) in parameters {
        let analytical = graph.gradient(&name)?.to_owned();
        let numerical = gradcheck::numerical_gradient(&mut value.clone(), 1e-5, |value| {
            graph.set(&name, &value.view()).expect("of the same shape");
            graph.forward().expect("all is set");
            (&graph.value("z").expect("just computed") * weights).sum()
        });
        graph.set(&name, &value)?;
        graph.forward()?;
        graph.backprop_from("z", weights)?;
        let error = gradcheck::relative_error(&analytical, &numerical);
        assert!(error < 1e-8, "{name}: {error:e}");
    }
    Ok(())
}

#[test]
fn every_node_against_numerical_gradients() -> Result<()> {
    let bias: Array1<f64> = random(1, 5, 1).row(0).to_owned();
    let mut graph = Graph::builder()
        .parameter("x", &random(4, 3, 2))
        .parameter("w", &random(3, 5, 3))
        .parameter("b", &bias)
        .parameter("v", &random(5, 2, 4))
        .parameter("u", &random(4, 2, 5))
        .node("affine", Linear, ["x", "w", "b"])
        .node("relu", Relu::new(), ["affine"])
        .node("sigmoid", Sigmoid::new(), ["affine"])
        .node("gated", Multiply::new(), ["relu", "sigmoid"])
        .node("product", MatMul, ["gated", "v"])
        .node("z", Add::new(), ["product", "u"])
        .build()?;
    check_parameters(&mut graph, &random(4, 2, 6).into_dyn())
}

#[test]
fn every_activation_against_numerical_gradients() -> Result<()> {
    for name in ["relu", "leaky-relu:0.2", "sigmoid", "tanh", "gelu", "identity"] {
        let activation: Activation = name.parse()?;
        let mut graph = Graph::builder()
            .parameter("x", &random(5, 7, 1))
            .node("z", Activate::new(activation)?, ["x"])
            .build()?;
        assert!(graph.to_dot().contains(&format!("Activate {name}")));
        check_parameters(&mut graph, &random(5, 7, 2).into_dyn())?;
    }
    Ok(())
}

/// Two layers of random parameters without their loss: x `[rows, 6]` to z `[rows, 3]`.
fn two_layers(x: &Array2<f64>) -> GraphBuilder<f64> {
    let vector = |length, seed| -> Array1<f64> { random(1, length, seed).row(0).to_owned() };
    Graph::builder()
        .constant("x", x)
        .parameter("w1", &random(6, 8, 11))
        .parameter("b1", &vector(8, 12))
        .parameter("w2", &random(8, 3, 13))
        .parameter("b2", &vector(3, 14))
        .node("sums", Linear, ["x", "w1", "b1"])
        .node("h", Relu::new(), ["sums"])
        .node("outputs", Linear, ["h", "w2", "b2"])
}

const LOSSES: [Loss; 3] = [Loss::SoftmaxCrossEntropy, Loss::MeanSquaredError, Loss::BinaryCrossEntropy];

#[test]
fn a_whole_network_against_numerical_gradients() -> Result<()> {
    let (x, t, seed) = (random(5, 6, 1), one_hot::<f64>(5, 3, 2), arr0(0.7).into_dyn());
    for loss in LOSSES {
        let network = || two_layers(&x).constant("t", &t);
        check_parameters(&mut network().node("z", SumLoss::new(loss), ["outputs", "t"]).build()?, &seed)?;
        check_parameters(&mut network().node("z", MeanLoss::new(loss), ["outputs", "t"]).build()?, &seed)?;
    }
    Ok(())
}

#[test]
fn mean_and_sum_are_told_apart() -> Result<()> {
    let (x, t) = (random(5, 6, 1), one_hot::<f64>(5, 3, 2));
    for loss in LOSSES {
        let mut graph = two_layers(&x)
            .constant("t", &t)
            .node("sum", SumLoss::new(loss), ["outputs", "t"])
            .node("mean", MeanLoss::new(loss), ["outputs", "t"])
            .build()?;
        graph.forward()?;
        assert_near(&graph.value("mean")?, &(&graph.value("sum")? / 5.0), 1e-15);
        graph.backprop("sum")?;
        let of_sum = graph.gradient("w1")?.to_owned();
        graph.backprop("mean")?;
        assert_near(&graph.gradient("w1")?, &(of_sum / 5.0), 1e-13);
    }
    Ok(())
}

/// Two layers as a graph, with the parameters of `network`.
fn like<A: Float>(network: &NeuralNetwork<A>, rows: usize) -> GraphBuilder<A> {
    let [inputs, _, outputs] = network.sizes();
    let start = Graph::builder().input("x", &[rows, inputs]).input("t", &[rows, outputs]);
    network
        .parameters()
        .fold(start, |builder, (name, value)| builder.parameter(name, &value))
        .node("sums", Linear, ["x", "w1", "b1"])
        .node("h", Relu::new(), ["sums"])
        .node("z", Linear, ["h", "w2", "b2"])
}

fn equals_the_network<A: Float>(tolerance: f64) -> Result<()> {
    let (x, t) = (random::<A>(9, 30, 1), one_hot::<A>(9, 4, 2));
    let mut network = NeuralNetwork::<A>::new([30, 20, 4], &mut rng(3))?;
    let loss = SumLoss::new(Loss::SoftmaxCrossEntropy);
    let mut graph = like(&network, 9).node("loss", loss, ["z", "t"]).build()?;
    graph.set("x", &x)?;
    graph.set("t", &t)?;
    let mut sgd = Sgd::new(0.01);
    for _ in 0..20 {
        graph.forward()?;
        graph.backprop("loss")?;
        let mean = graph.value("loss")?[[]].as_f64() / 9.0;
        assert!((mean - network.loss(&x, &t)?.as_f64()).abs() < tolerance);
        let gradients = network.backprop(&x, &t)?;
        for (name, expected) in [
            ("w1", gradients.w1.into_dyn()),
            ("b1", gradients.b1.into_dyn()),
            ("w2", gradients.w2.into_dyn()),
            ("b2", gradients.b2.into_dyn()),
        ] {
            assert_near(&graph.gradient(name)?, &expected.mapv(A::as_f64), tolerance);
        }
        graph.update(&mut sgd)?;
        network.sgd(&x, &t, A::of(0.01))?;
    }
    Ok(())
}

#[test]
fn a_graph_is_the_course_s_network() -> Result<()> {
    equals_the_network::<f32>(1e-4)?;
    equals_the_network::<f64>(1e-12)
}

#[test]
fn a_graph_is_a_deep_network_step_for_step() -> Result<()> {
    let mut deep = Mlp::<f64>::builder(12)
        .hidden(9, Activation::Tanh)
        .hidden(7, Activation::Gelu)
        .output(3, Loss::BinaryCrossEntropy)
        .build(&mut rng(1))?;
    let start = Graph::builder().input("x", &[20, 12]).input("t", &[20, 3]);
    let mut graph = deep
        .parameters()
        .fold(start, |builder, (name, value)| builder.parameter(name, &value))
        .node("z1", Linear, ["x", "w1", "b1"])
        .node("h1", Activate::new(Activation::Tanh)?, ["z1"])
        .node("z2", Linear, ["h1", "w2", "b2"])
        .node("h2", Activate::new(Activation::Gelu)?, ["z2"])
        .node("z3", Linear, ["h2", "w3", "b3"])
        .node("loss", MeanLoss::new(Loss::BinaryCrossEntropy), ["z3", "t"])
        .build()?;
    let (x, t) = (random(20, 12, 2), one_hot::<f64>(20, 3, 3));
    graph.set("x", &x)?;
    graph.set("t", &t)?;
    let mut adams = [(); 2].map(|()| Adam::new(0.01));
    for _ in 0..30 {
        graph.forward()?;
        graph.backprop("loss")?;
        graph.update(&mut adams[0])?;
        let scores = deep.train(&x, &t, &mut adams[1])?;
        assert!((graph.value("loss")?[[]] - scores.loss).abs() < 1e-12);
    }
    for ((name, of_graph), (same, of_deep)) in graph.parameters().zip(deep.parameters()) {
        assert_eq!(name, same);
        assert_near(&of_graph, &of_deep, 1e-11);
    }
    Ok(())
}

#[test]
fn threads_share_out_a_network() -> Result<()> {
    let (x, t) = (random::<f64>(300, 784, 1), one_hot::<f64>(300, 10, 2));
    let network = NeuralNetwork::<f64>::new([784, 100, 10], &mut rng(3))?;
    let on = |threads: usize| {
        pool(threads).install(|| {
            let loss = MeanLoss::new(Loss::SoftmaxCrossEntropy);
            let mut graph = like(&network, 300).node("loss", loss, ["z", "t"]).build()?;
            graph.set("x", &x)?;
            graph.set("t", &t)?;
            graph.forward()?;
            graph.backprop("loss")?;
            Ok::<ArrayD<f64>, blasnet::Error>(graph.gradient("w1")?.to_owned())
        })
    };
    assert_near(&on(4)?, &on(1)?, 1e-13);
    Ok(())
}

#[test]
fn what_is_learnt_goes_to_a_graph_of_another_size() -> Result<()> {
    let network = NeuralNetwork::<f64>::new([6, 5, 4], &mut rng(1))?;
    let trained =
        like(&network, 9).node("loss", MeanLoss::new(Loss::SoftmaxCrossEntropy), ["z", "t"]).build()?;
    let mut other = Graph::builder()
        .input("x", &[2, 6])
        .parameter("w2", &Array2::zeros((5, 4)))
        .parameter("b2", &Array1::zeros(4))
        .parameter("w1", &Array2::zeros((6, 5)))
        .parameter("b1", &Array1::zeros(5))
        .node("sums", Linear, ["x", "w1", "b1"])
        .node("h", Relu::new(), ["sums"])
        .node("z", Linear, ["h", "w2", "b2"])
        .build()?;
    for (name, value) in trained.parameters() {
        other.set(name, &value)?;
    }
    let x = random(2, 6, 2);
    other.set("x", &x)?;
    other.forward()?;
    assert_near(&other.value("z")?, &network.forward(&x)?.into_dyn(), 1e-14);
    Ok(())
}

fn drops_out<A: Float>() -> Result<()> {
    let ones = Array2::<A>::ones((300, 1000));
    let mut graph = Graph::<A>::builder()
        .input_with_gradient("x", &[300, 1000])
        .node("z", Dropout::new(0.25, 7)?, ["x"])
        .build()?;
    graph.set("x", &ones)?;
    let pass = |graph: &mut Graph<A>| -> Result<ArrayD<A>> {
        graph.forward()?;
        graph.backprop_from("z", &ones)?;
        assert_eq!(graph.gradient("x")?, graph.value("z")?);
        Ok(graph.value("z")?.to_owned())
    };
    let first = pass(&mut graph)?;
    // 0 or 1/(1 − p), and the expectation that of x: its standard deviation is 0.001.
    let larger = A::of(1.0 / 0.75);
    assert!(first.iter().all(|&z| z == A::zero() || z == larger));
    let mean = first.iter().map(|z| z.as_f64()).sum::<f64>() / first.len() as f64;
    assert!((mean - 1.0).abs() < 0.005, "{mean}");
    // Another mask each time: both keep an element with a probability of 9/16.
    let second = pass(&mut graph)?;
    let both = first.iter().zip(&second).filter(|&(&a, &b)| a * b > A::zero()).count();
    assert!((both as f64 / first.len() as f64 - 0.5625).abs() < 0.005, "{both}");

    graph.set_training(false);
    assert_eq!(pass(&mut graph)?, ones.clone().into_dyn());
    Ok(())
}

#[test]
fn dropout_keeps_the_expectation() -> Result<()> {
    drops_out::<f32>()?;
    drops_out::<f64>()
}

#[test]
fn dropout_is_decided_by_its_seed_alone() -> Result<()> {
    let on = |threads: usize, seed| {
        pool(threads).install(|| {
            let x = Array2::<f32>::ones((500, 700));
            let mut graph =
                Graph::builder().parameter("x", &x).node("z", Dropout::new(0.5, seed)?, ["x"]).build()?;
            graph.forward()?;
            Ok::<ArrayD<f32>, blasnet::Error>(graph.value("z")?.to_owned())
        })
    };
    assert_eq!(on(1, 3)?, on(3, 3)?);
    assert_ne!(on(1, 3)?, on(1, 4)?);
    Ok(())
}

#[test]
fn a_probability_that_is_none() {
    for probability in [-0.1, 1.0, f64::NAN] {
        let error = Dropout::<f64>::new(probability, 0).expect_err("no probability").to_string();
        assert_eq!(error, format!("the dropout is {probability:?}, expected a number from 0 to below 1"));
    }
}

#[test]
fn a_loss_says_what_it_takes() {
    let of = |rows, loss: Loss| {
        let builder = Graph::<f64>::builder().input("z", &[rows, 3]).input("t", &[rows, 4]);
        builder
            .node("loss", MeanLoss::new(loss), ["z", "t"])
            .build()
            .expect_err("not of one shape")
            .to_string()
    };
    assert_eq!(
        of(2, Loss::MeanSquaredError),
        "graph: `loss` (MeanLoss mean-squared-error) takes `z` [2, 3], `t` [2, 4], expected [n, out], [n, out], \
         neither of them 0"
    );
    let empty = Graph::<f64>::builder().input("z", &[0, 3]).node(
        "loss",
        SumLoss::new(Loss::BinaryCrossEntropy),
        ["z", "z"],
    );
    assert_eq!(
        empty.build().expect_err("no rows").to_string(),
        "graph: `loss` (SumLoss binary-cross-entropy) takes `z` [0, 3], `z` [0, 3], expected [n, out], [n, out], \
         neither of them 0"
    );
}
