//! Chapter 3 for whole computations: (a + b) × c as a graph, then a network as one, trained by an optimiser.

use blasnet::graph::{Graph, Linear, SumLoss};
use blasnet::nodes::{Add, Multiply, Relu};
use blasnet::{Loss, NeuralNetwork, Result, Sgd};
use ndarray::Array2;
use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

fn main() -> Result<()> {
    course()?;
    network()
}

fn course() -> Result<()> {
    let mut graph = Graph::<f64>::builder()
        .node("product", Multiply::new(), ["sum", "c"])
        .node("sum", Add::new(), ["a", "b"])
        .input_with_gradient("a", &[])
        .input_with_gradient("b", &[])
        .input_with_gradient("c", &[])
        .build()?;
    for (name, value) in [("a", 2.0), ("b", 3.0), ("c", 4.0)] {
        graph.set(name, value)?;
    }
    graph.forward()?;
    graph.backprop("product")?;
    println!("(a + b) × c = {}", graph.value("product")?);
    for (name, expected) in [("a", 4.0), ("b", 4.0), ("c", 5.0)] {
        let derivative = graph.gradient(name)?[[]];
        println!("d{name} = {derivative}");
        assert_eq!(derivative, expected);
    }
    Ok(())
}

/// [784, 100, 10] as a graph, step for step beside [`NeuralNetwork`].
fn network() -> Result<()> {
    const ROWS: usize = 50;
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut network = NeuralNetwork::<f64>::new([784, 100, 10], &mut rng)?;
    let begin = network.clone().into_parameters();
    let mut graph = Graph::<f64>::builder()
        .input("x", &[ROWS, 784])
        .input("t", &[ROWS, 10])
        .parameter("w1", &begin.w1)
        .parameter("b1", &begin.b1)
        .parameter("w2", &begin.w2)
        .parameter("b2", &begin.b2)
        .node("sums", Linear, ["x", "w1", "b1"])
        .node("h", Relu::new(), ["sums"])
        .node("z", Linear, ["h", "w2", "b2"])
        .node("loss", SumLoss::new(Loss::SoftmaxCrossEntropy), ["z", "t"])
        .build()?;
    print!("{}", graph.to_dot());

    // Each class has pixels of its own that are bright.
    let labels: Vec<usize> = (0..ROWS).map(|row| row % 10).collect();
    let t = Array2::from_shape_fn((ROWS, 10), |(row, class)| f64::from(u8::from(labels[row] == class)));
    let x = Array2::from_shape_fn((ROWS, 784), |(row, pixel)| {
        let brightness = if pixel % 10 == labels[row] { 0.6 } else { 0.3 };
        brightness * rng.random::<f64>()
    });
    graph.set("x", &x)?;
    graph.set("t", &t)?;

    let mut sgd = Sgd::new(1e-3);
    for step in 0..100 {
        graph.forward()?;
        graph.backprop("loss")?;
        graph.update(&mut sgd)?;
        let loss = graph.value("loss")?[[]] / ROWS as f64;
        let scores = network.sgd(&x, &t, 1e-3)?;
        assert!((loss - scores.loss).abs() < 1e-12, "step {step}: {loss}, the network's {}", scores.loss);
        if step % 20 == 0 {
            println!("step {step:2}: loss {loss:.4}, accuracy {:.0} %", scores.accuracy * 100.0);
        }
    }
    for ((name, of_graph), (_, of_network)) in graph.parameters().zip(network.parameters()) {
        assert!(of_graph.abs_diff_eq(&of_network, 1e-12), "{name} differs");
    }
    assert_eq!(network.accuracy(&x, &t)?, 1.0);
    Ok(())
}
