//! What the crate above relies on.

use blasnet::gradcheck::{numerical_gradient, relative_error};
use blasnet::graph::{self, Graph};
use blasnet::{Activation, Adam, Dataset, Error, Loss, Mlp, NeuralNetwork, Optimizer, Sgd, Trainer, evaluate};
use downstream::{Failure, Lion, Softplus, learn, moons};
use ndarray::{Array1, Array2};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

fn rng(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

#[test]
fn own_data_and_an_own_optimiser_in_f64() -> Result<(), Failure> {
    let (x, moon) = moons(200, &mut rng(1));
    let (_, with_adam) = learn(&x, &moon, &mut Adam::new(0.01), &mut rng(2))?;
    let (network, with_lion) = learn(&x, &moon, &mut Lion::new(0.003), &mut rng(2))?;
    assert!(with_adam > 0.97 && with_lion > 0.97, "{with_adam}, {with_lion}");
    let probabilities = network.predict(&x)?;
    assert!(probabilities.rows().into_iter().all(|row| (row.sum() - 1.0).abs() < 1e-12));
    Ok(())
}

#[test]
fn own_bytes_as_a_data_set() -> Result<(), Failure> {
    // Each of three classes lights its own third of twelve "pixels".
    let pixels = Array2::from_shape_fn((60, 12), |(row, pixel)| if pixel / 4 == row % 3 { 200 } else { 10 });
    let data = Dataset::new(pixels, (0..60).map(|row| (row % 3) as u8).collect(), 3)?;
    let mut network = NeuralNetwork::<f64>::new([12, 8, 3], &mut rng(1))?;
    Trainer::new(&mut network, &mut Sgd::new(0.02), &data).epochs(60).batch(10).run(&mut rng(2))?;
    assert_eq!(evaluate(&network, &data)?.accuracy, 1.0);
    Ok(())
}

#[test]
fn an_own_node_in_a_graph() -> Result<(), Failure> {
    let (x, moon) = moons(30, &mut rng(3));
    let t = Array2::from_shape_fn((30, 2), |(row, class)| if moon[row] == class { 1.0 } else { 0.0 });
    let w1 = Array2::from_shape_fn((2, 6), |(i, j)| ((i * 6 + j) as f64).sin());
    let w2 = Array2::from_shape_fn((6, 2), |(i, j)| ((i * 2 + j) as f64).cos());
    let mut graph = Graph::builder()
        .input("x", &[30, 2])
        .input("t", &[30, 2])
        .parameter("w1", &w1)
        .parameter("b1", &Array1::zeros(6))
        .parameter("w2", &w2)
        .parameter("b2", &Array1::zeros(2))
        .node("z1", graph::Linear, ["x", "w1", "b1"])
        .node("h", Softplus, ["z1"])
        .node("z2", graph::Linear, ["h", "w2", "b2"])
        .node("loss", graph::MeanLoss::new(Loss::SoftmaxCrossEntropy), ["z2", "t"])
        .build()?;
    graph.set("x", &x)?;
    graph.set("t", &t)?;
    graph.forward()?;
    graph.backprop("loss")?;
    let gradient = graph.gradient("w1")?.to_owned().into_dimensionality().expect("two dimensions");

    let mut w1 = w1;
    let numerical = numerical_gradient(&mut w1, 1e-5, |w1| {
        graph.set("w1", &w1.view()).expect("its own shape");
        graph.forward().expect("all inputs are set");
        graph.value("loss").expect("a node").sum()
    });
    assert!(relative_error(&gradient, &numerical) < 1e-8);

    let mut adam = Adam::new(0.05);
    let first = graph.value("loss")?.sum();
    for _ in 0..100 {
        graph.forward()?;
        graph.backprop("loss")?;
        graph.update(&mut adam)?;
    }
    assert!(graph.value("loss")?.sum() < 0.6 * first);
    Ok(())
}

#[test]
fn errors_are_told_apart_and_say_what_to_do() {
    let (x, moon) = moons(10, &mut rng(1));
    let error = learn(&x, &[], &mut Sgd::new(0.1), &mut rng(1)).unwrap_err();
    assert!(matches!(error, Failure::NoPoints));

    let wide = Array2::zeros((10, 3));
    let Failure::Network(error) = learn(&wide, &moon, &mut Sgd::new(0.1), &mut rng(1)).unwrap_err() else {
        panic!("the network's error expected");
    };
    let Error::Shape { op, what, found, .. } = &error else { panic!("{error}") };
    assert_eq!((*op, *what, &found[..]), ("Mlp::train", "x", &[10, 3][..]));

    let mut spoilt = x.clone();
    spoilt[[4, 1]] = f64::NAN;
    let error = learn(&spoilt, &moon, &mut Sgd::new(0.1), &mut rng(1)).unwrap_err();
    assert!(error.to_string().contains("`x`[4, 1] is NaN"), "{error}");

    let error = learn(&x, &moon, &mut Sgd::new(-0.1), &mut rng(1)).unwrap_err();
    assert!(error.to_string().contains("learning rate is -0.1"), "{error}");

    // Errors travel: between threads, and as anybody's error.
    fn travels<E: std::error::Error + Send + Sync + 'static>() {}
    travels::<Error>();
}

#[test]
fn an_optimisers_state_belongs_to_its_network() -> Result<(), Failure> {
    let (x, moon) = moons(10, &mut rng(1));
    let build = |units| {
        Mlp::<f64>::builder(2)
            .hidden(units, Activation::Relu)
            .output(2, Loss::SoftmaxCrossEntropy)
            .build(&mut rng(1))
    };
    let (mut first, mut second) = (build(5)?, build(6)?);
    let mut adam = Adam::new(0.01);
    first.train(&x, &moon, &mut adam)?;
    let before = second.values().to_vec();
    let error = second.train(&x, &moon, &mut adam).unwrap_err().to_string();
    for part in ["w1", "[2, 5]", "[2, 6]"] {
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(second.values(), before);
    Ok(())
}

/// Two networks at once from two threads give what each gives by itself.
#[test]
fn two_networks_are_trained_at_once() -> Result<(), Failure> {
    let (x, moon) = moons(400, &mut rng(1));
    let train = |seed| learn(&x, &moon, &mut Adam::new(0.01), &mut rng(seed)).map(|(network, _)| network);
    let alone = [train(1)?, train(2)?];
    let (first, second) = std::thread::scope(|scope| {
        let [first, second] = [1, 2].map(|seed| scope.spawn(move || train(seed)));
        (first.join().expect("no panic"), second.join().expect("no panic"))
    });
    for (alone, together) in alone.iter().zip([first?, second?]) {
        let worst = alone.values().iter().zip(together.values()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-6, "{worst}");
    }
    Ok(())
}

/// In a pool of somebody else's, on its threads and as one of many tasks.
#[test]
fn training_runs_inside_another_pool() -> Result<(), Failure> {
    use rayon::prelude::*;

    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("threads");
    let accuracies: Result<Vec<f64>, Failure> = pool.install(|| {
        let learn = |seed| {
            let (x, moon) = moons(120, &mut rng(seed));
            let (_, accuracy) = learn(&x, &moon, &mut Adam::new(0.01), &mut rng(seed))?;
            // And a step that is large enough to be shared out, from inside of a task.
            let mut large = NeuralNetwork::<f32>::new([300, 400, 10], &mut rng(seed))?;
            let x = Array2::from_elem((200, 300), 0.5);
            let t = Array2::from_shape_fn((200, 10), |(row, class)| if row % 10 == class { 1.0 } else { 0.0 });
            for _ in 0..3 {
                large.sgd(&x, &t, 1e-4)?;
            }
            Ok(accuracy)
        };
        (0..6).into_par_iter().map(learn).collect()
    });
    assert!(accuracies?.iter().all(|&accuracy| accuracy > 0.95));
    Ok(())
}

/// Boxed, borrowed, behind `dyn`: optimisers and networks go where other values go.
#[test]
fn values_are_ordinary_values() -> Result<(), Failure> {
    fn ordinary<T: Send + Sync + Clone + std::fmt::Debug>(_: &T) {}
    let network = Mlp::<f32>::builder(2).hidden(3, Activation::Relu).output(1, Loss::MeanSquaredError).build(&mut rng(1))?;
    ordinary(&network);
    let mut optimizers: Vec<Box<dyn Optimizer<f32>>> = vec![Box::new(Sgd::new(0.1)), Box::new(Adam::new(0.1))];
    let mut copy = network.clone();
    for optimizer in &mut optimizers {
        copy.train(&ndarray::array![[1.0, 2.0]], &ndarray::array![[3.0]], optimizer)?;
    }
    assert_ne!(copy.values(), network.values());
    Ok(())
}
