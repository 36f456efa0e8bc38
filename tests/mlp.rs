//! Networks of any depth: what they compute, and what they refuse.

mod common;

use blasnet::gradcheck::{numerical_gradient, relative_error};
use blasnet::{
    Activation, AdaGrad, Adam, AdamW, Clipped, Float, Loss, Mlp, MlpBuilder, NeuralNetwork, Optimizer,
    Reduction, Result, RmsProp, Schedule, Scheduled, Sgd, Targets,
};
use common::{one_hot, random, rng};
use ndarray::{Array1, Array2, ArrayView1, Axis, s};
use rayon::ThreadPoolBuilder;

const ACTIVATIONS: [Activation; 7] = [
    Activation::Relu,
    Activation::LeakyRelu { slope: 0.1 },
    Activation::LeakyRelu { slope: -0.5 },
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Gelu,
    Activation::Identity,
];

const LOSSES: [Loss; 3] = [Loss::SoftmaxCrossEntropy, Loss::MeanSquaredError, Loss::BinaryCrossEntropy];

/// A network with these hidden layers.
fn network<A: Float>(sizes: &[usize], activation: Activation, loss: Loss) -> MlpBuilder<A> {
    let [inputs, hidden @ .., outputs] = sizes else { panic!("two sizes at least") };
    let builder =
        hidden.iter().fold(Mlp::<A>::builder(*inputs), |builder, &units| builder.hidden(units, activation));
    builder.output(*outputs, loss)
}

/// Labels that fit the loss.
fn labels<A: Float>(loss: Loss, rows: usize, outputs: usize) -> Array2<A> {
    match loss {
        Loss::SoftmaxCrossEntropy => one_hot(rows, outputs, 3),
        Loss::BinaryCrossEntropy => {
            random::<A>(rows, outputs, 4).mapv(|t| if t > A::zero() { A::one() } else { A::zero() })
        }
        _ => random(rows, outputs, 5),
    }
}

/// Every activation with every loss, at three depths, both conventions: the gradient is the slope of the loss.
#[test]
fn gradients_are_the_slopes_of_the_loss() -> Result<()> {
    for sizes in [&[3, 2][..], &[3, 5, 2], &[3, 5, 4, 6, 2]] {
        for (activation, loss) in ACTIVATIONS.iter().flat_map(|&f| LOSSES.map(|loss| (f, loss))) {
            for reduction in [Reduction::Mean, Reduction::Sum] {
                let rows = 7;
                let (x, t) = (random::<f64>(rows, sizes[0], 1), labels::<f64>(loss, rows, 2));
                let mut network =
                    network::<f64>(sizes, activation, loss).reduction(reduction).build(&mut rng(2))?;
                // Biases of 0 would leave a ReLU behind dead units at its kink.
                let values = random::<f64>(1, network.values().len(), 3);
                network.set_values(values.as_slice().expect("one row"))?;
                let (scores, gradient) = network.gradient(&x, &t)?;
                let gradient = Array1::from(gradient.to_vec());
                assert!((scores.loss - network.scores(&x, &t)?.loss).abs() < 1e-12);

                let scale = if reduction == Reduction::Sum { rows as f64 } else { 1.0 };
                let mut values = Array1::from(network.values().to_vec());
                let numerical = numerical_gradient(&mut values, 1e-5, |values| {
                    network.set_values(values.as_slice().unwrap()).unwrap();
                    scale * network.scores(&x, &t).unwrap().loss
                });
                let error = relative_error(&gradient, &numerical);
                assert!(error < 1e-7, "{sizes:?}, {activation:?}, {loss}, {reduction:?}: {error}");
            }
        }
    }
    Ok(())
}

/// The course's network is one of these.
#[test]
fn the_courses_network_takes_the_same_steps() -> Result<()> {
    let sizes = [20, 33, 5];
    let mut course = NeuralNetwork::<f64>::new(sizes, &mut rng(1))?;
    let mut converted = Mlp::from(course.clone());
    let mut built = network::<f64>(&sizes, Activation::Relu, Loss::SoftmaxCrossEntropy)
        .reduction(Reduction::Sum)
        .build_with(converted.values())?;
    let mut sgd = Sgd::new(0.01);
    for step in 0..20 {
        let (x, t) = (random::<f64>(16, 20, step), one_hot::<f64>(16, 5, step));
        let expected = course.sgd(&x, &t, 0.01)?;
        assert_eq!(converted.train(&x, &t, &mut sgd)?, expected);
        assert_eq!(built.train(&x, &t, &mut sgd)?, expected);
    }
    for ((name, found), (expected_name, expected)) in converted.parameters().zip(course.parameters()) {
        assert_eq!((name, found), (expected_name, expected));
    }
    assert_eq!(built.values(), converted.values());
    Ok(())
}

/// A rate that is applied at once, and a gradient that is kept for the optimiser: the same but for rounding.
#[test]
fn a_kept_gradient_makes_the_same_steps() -> Result<()> {
    for sizes in [&[9, 4][..], &[9, 17, 4], &[9, 40, 33, 20, 4]] {
        let like = network::<f64>(sizes, Activation::Tanh, Loss::SoftmaxCrossEntropy);
        let mut at_once = like.build(&mut rng(1))?;
        let mut kept = at_once.clone();
        // A decay of 0 is a decay: not the plain rule.
        let (mut plain, mut decaying) = (Sgd::new(0.5), Sgd::new(0.5).momentum(1e-300));
        for step in 0..10 {
            let (x, t) = (random::<f64>(8, 9, step), one_hot::<f64>(8, 4, step));
            at_once.train(&x, &t, &mut plain)?;
            kept.train(&x, &t, &mut decaying)?;
        }
        let difference = &ArrayView1::from(at_once.values()) - &ArrayView1::from(kept.values());
        assert!(difference.iter().all(|d| d.abs() < 1e-13), "{sizes:?}");
    }
    Ok(())
}

/// Every activation with every loss and optimiser: a step is what the optimiser makes of the checked gradient.
#[test]
fn optimisers_are_given_the_gradient() -> Result<()> {
    type Make = fn() -> Box<dyn Optimizer<f64>>;
    let optimizers: [Make; 10] = [
        || Box::new(Sgd::new(0.1)),
        || Box::new(Sgd::new(0.1).momentum(0.9)),
        || Box::new(Sgd::new(0.1).momentum(0.9).nesterov().weight_decay(0.01)),
        || Box::new(AdaGrad::new(0.1)),
        || Box::new(RmsProp::new(0.01)),
        || Box::new(Adam::new(0.01)),
        || Box::new(AdamW::new(0.01)),
        || Box::new(Clipped::by_norm(Sgd::new(0.1), 0.01)),
        || Box::new(Clipped::by_value(Adam::new(0.1), 0.01)),
        || Box::new(Scheduled::new(Sgd::new(0.1), Schedule::Step { every: 1, factor: 0.5 })),
    ];
    let sizes = [3, 6, 5, 2];
    for (activation, loss) in ACTIVATIONS.iter().flat_map(|&f| LOSSES.map(|loss| (f, loss))) {
        for (number, make) in optimizers.iter().enumerate() {
            let mut network = network::<f64>(&sizes, activation, loss).build(&mut rng(2))?;
            let mut expected = network.values().to_vec();
            let (mut ours, mut by_hand) = (make(), make());
            for step in 0..3 {
                let (x, t) = (random::<f64>(7, 3, step), labels::<f64>(loss, 7, 2));
                let mut copy = network.clone();
                let layout = copy.layout().clone();
                let mut gradient = copy.gradient(&x, &t)?.1.to_vec();
                by_hand.step(&mut expected, &mut gradient, &layout)?;
                network.train(&x, &t, &mut *ours)?;
                let pairs = network.values().iter().zip(&expected);
                let worst = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                assert!(worst < 1e-13, "{activation:?}, {loss}, optimiser {number}, step {step}: {worst}");
            }
        }
    }
    Ok(())
}

#[test]
fn class_numbers_are_one_hot_rows() -> Result<()> {
    let (x, classes) = (random::<f32>(6, 4, 1), [2, 0, 1, 2, 2, 0]);
    let mut t = Array2::zeros((6, 3));
    for (mut t, class) in t.rows_mut().into_iter().zip(classes) {
        t[class] = 1.0;
    }
    let mut by_rows =
        network::<f32>(&[4, 7, 5, 3], Activation::Gelu, Loss::SoftmaxCrossEntropy).build(&mut rng(1))?;
    let mut by_numbers = by_rows.clone();
    assert_eq!(by_rows.scores(&x, &t)?, by_numbers.scores(&x, &classes)?);
    for _ in 0..3 {
        assert_eq!(
            by_rows.train(&x, &t, &mut Sgd::new(0.1))?,
            by_numbers.train(&x, &classes, &mut Sgd::new(0.1))?
        );
    }
    assert_eq!(by_rows.values(), by_numbers.values());
    Ok(())
}

/// On any number of threads the same up to rounding, with dropout: the masks do not depend on them.
#[test]
fn threads_share_a_step() -> Result<()> {
    // One layer is too narrow for all threads to have some of it.
    let sizes = [60, 200, 300, 9, 170, 10];
    let train = |threads: usize, dropout: f64| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| -> Result<Vec<f64>> {
            let _one = blasnet::parallel::SingleThreadedBlas::new();
            let builder = sizes[1..5].iter().fold(Mlp::<f64>::builder(sizes[0]), |builder, &units| {
                builder.hidden(units, Activation::Relu).dropout(dropout)
            });
            let mut network = builder.output(sizes[5], Loss::SoftmaxCrossEntropy).build(&mut rng(1))?;
            for step in 0..4 {
                let (x, t) = (random::<f64>(150, sizes[0], step), one_hot::<f64>(150, sizes[5], step));
                network.train(&x, &t, &mut Sgd::new(0.1))?;
            }
            Ok(network.values().to_vec())
        })
    };
    for dropout in [0.0, 0.4] {
        let one = train(1, dropout)?;
        for threads in [2, 3, 5] {
            let several = train(threads, dropout)?;
            let worst = one.iter().zip(&several).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(worst < 1e-12, "{threads} threads, dropout {dropout}: {worst}");
        }
    }
    Ok(())
}

/// With dropout the gradient that a step takes is the slope of the loss that it reports.
#[test]
fn dropout_has_its_own_gradient() -> Result<()> {
    for activation in ACTIVATIONS {
        let mut network = Mlp::<f64>::builder(3)
            .hidden(8, activation)
            .dropout(0.3)
            .hidden(6, activation)
            .dropout(0.6)
            .output(2, Loss::SoftmaxCrossEntropy)
            .build(&mut rng(4))?;
        let values = random::<f64>(1, network.values().len(), 3);
        network.set_values(values.as_slice().expect("one row"))?;
        let (x, t) = (random::<f64>(5, 3, 1), one_hot::<f64>(5, 2, 2));
        // Each copy drops the same units: it is the same step.
        let loss = |values: &[f64]| -> Result<f64> {
            let mut copy = network.clone();
            copy.set_values(values)?;
            Ok(copy.train(&x, &t, &mut Sgd::new(0.0))?.loss)
        };
        let mut values = Array1::from(network.values().to_vec());
        let numerical =
            numerical_gradient(&mut values, 1e-5, |values| loss(values.as_slice().unwrap()).unwrap());
        assert_ne!(
            loss(network.values())?,
            network.scores(&x, &t)?.loss,
            "{activation:?}: nothing dropped out"
        );
        network.train(&x, &t, &mut Sgd::new(1.0))?;
        let gradient = &values - &ArrayView1::from(network.values());
        let error = relative_error(&gradient, &numerical);
        assert!(error < 1e-8, "{activation:?}: {error}");
    }
    Ok(())
}

/// Inverted: what dropout leaves is as large on average as without it.
#[test]
fn dropout_is_for_training_alone_and_keeps_the_mean() -> Result<()> {
    let build = |dropout| {
        Mlp::<f64>::builder(4)
            .hidden(64, Activation::Sigmoid)
            .dropout(dropout)
            .output(1, Loss::MeanSquaredError)
            .build(&mut rng(1))
    };
    let (mut with, without) = (build(0.5)?, build(0.0)?);
    let x = random::<f64>(3, 4, 2);
    assert_eq!(with.forward(&x)?, without.forward(&x)?);

    // At rate 0 nothing but the mask changes; the gradient by b2 is 2 (z − t), of which the mean is told.
    let t = without.forward(&x)?;
    let steps = 4000;
    let mut losses = Vec::new();
    for _ in 0..steps {
        losses.push(with.train(&x, &t, &mut Sgd::new(0.0))?.loss);
    }
    let different = losses.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(different > steps * 9 / 10, "masks repeat");
    // E (z − t)² = Σ w² h² p/(1 − p) for each row.
    let (mut expected, parameters) =
        (0.0, with.parameters().map(|(_, values)| values.to_owned()).collect::<Vec<_>>());
    let w1 = parameters[0].view().into_shape_with_order((4, 64)).unwrap();
    let w2 = parameters[2].view().into_shape_with_order(64).unwrap();
    let h = x.dot(&w1).mapv(|z| 1.0 / (1.0 + (-z).exp()));
    for h in h.axis_iter(Axis(0)) {
        expected += h.iter().zip(&w2).map(|(h, w)| (h * w).powi(2)).sum::<f64>() / 3.0;
    }
    let mean = losses.iter().sum::<f64>() / steps as f64;
    assert!((mean / expected - 1.0).abs() < 0.05, "{mean}, expected {expected}");
    Ok(())
}

#[test]
fn predictions_are_what_the_loss_takes_them_for() -> Result<()> {
    let x = random::<f64>(4, 3, 1);
    let of = |loss| -> Result<[Array2<f64>; 2]> {
        let network = network::<f64>(&[3, 6, 5], Activation::Tanh, loss).build(&mut rng(2))?;
        Ok([network.forward(&x)?, network.predict(&x)?])
    };
    let [z, y] = of(Loss::SoftmaxCrossEntropy)?;
    assert!(y.abs_diff_eq(&blasnet::softmax(&z), 1e-15));
    let [z, y] = of(Loss::BinaryCrossEntropy)?;
    assert!(y.abs_diff_eq(&blasnet::sigmoid(&z), 1e-15));
    let [z, y] = of(Loss::MeanSquaredError)?;
    assert_eq!(z, y);
    Ok(())
}

#[test]
fn losses_are_what_their_formulas_say() -> Result<()> {
    // Odd sizes, more than one logarithm's worth, and logits of any size.
    for (rows, outputs, large) in [(1, 1, 1.0), (3, 7, 30.0), (129, 17, 5.0), (2, 3, 800.0)] {
        let identity = Array2::<f64>::eye(outputs);
        let values: Vec<f64> = identity.iter().copied().chain(vec![0.0; outputs]).collect();
        let z = random::<f64>(rows, outputs, 6) * large;
        let mean_of = |f: &dyn Fn(f64, f64) -> f64, t: &Array2<f64>| {
            z.iter().zip(t).map(|(&z, &t)| f(z, t)).sum::<f64>() / z.len() as f64
        };
        let bce = |z: f64, t: f64| z.max(0.0) - z * t + (-z.abs()).exp().ln_1p();
        let square = |z: f64, t: f64| (z - t).powi(2);
        for (loss, f) in
            [(Loss::BinaryCrossEntropy, &bce as &dyn Fn(f64, f64) -> f64), (Loss::MeanSquaredError, &square)]
        {
            let t = labels::<f64>(loss, rows, outputs);
            let network = Mlp::<f64>::builder(outputs).output(outputs, loss).build_with(&values)?;
            let (found, expected) = (network.scores(&z, &t)?.loss, mean_of(f, &t));
            assert!(
                (found - expected).abs() <= 1e-13 * (1.0 + expected),
                "{loss}: {found}, expected {expected}"
            );
            let single = Mlp::<f32>::builder(outputs)
                .output(outputs, loss)
                .build_with(&values.iter().map(|&v| v as f32).collect::<Vec<_>>())?;
            let found = single.scores(&z.mapv(|z| z as f32), &t.mapv(|t| t as f32))?.loss;
            assert!(
                (found - expected).abs() <= 1e-6 * (1.0 + expected),
                "{loss}, f32: {found}, expected {expected}"
            );
        }
    }
    Ok(())
}

#[test]
fn accuracy_counts_what_can_be_right() -> Result<()> {
    let values = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
    let x = ndarray::array![[1.0, -1.0], [-3.0, -2.0]];
    let t = ndarray::array![[1.0, 0.0], [1.0, 0.0]];
    let of = |loss| -> Result<f64> {
        Ok(Mlp::<f64>::builder(2).output(2, loss).build_with(&values)?.scores(&x, &t)?.accuracy)
    };
    assert_eq!(of(Loss::SoftmaxCrossEntropy)?, 0.5);
    assert_eq!(of(Loss::BinaryCrossEntropy)?, 0.75);
    assert!(of(Loss::MeanSquaredError)?.is_nan());
    Ok(())
}

#[test]
fn strided_views_are_read_as_they_are() -> Result<()> {
    let (wide, t) = (random::<f64>(6, 20, 1), one_hot::<f64>(12, 3, 2));
    let (x, t) = (wide.slice(s![.., ..;2]), t.slice(s![..;2, ..]));
    let mut strided =
        network::<f64>(&[10, 8, 3], Activation::Sigmoid, Loss::SoftmaxCrossEntropy).build(&mut rng(3))?;
    let mut owned = strided.clone();
    let found = strided.train(&x, &t, &mut Sgd::new(0.3))?;
    assert_eq!(found, owned.train(&x.to_owned(), &t.to_owned(), &mut Sgd::new(0.3))?);
    assert_eq!(strided.values(), owned.values());
    Ok(())
}

/// What is refused, each with its own words; nothing is changed.
#[test]
fn bad_input_is_named() -> Result<()> {
    let build = |builder: MlpBuilder<f32>| builder.build(&mut rng(1)).map(|_| ()).unwrap_err().to_string();
    let start = Mlp::<f32>::builder;
    let loss = Loss::SoftmaxCrossEntropy;
    for (builder, words) in [
        (start(3), &["output layer", "missing", "`output(outputs, loss)`"][..]),
        (start(0).output(2, loss), &["width is 0 in the inputs", "expected 1 to"]),
        (
            start(3).hidden(4, Activation::Relu).hidden(0, Activation::Relu).output(2, loss),
            &["0 in hidden layer 2"],
        ),
        (start(3).output(0, loss), &["0 in the output layer"]),
        (start(usize::MAX).output(2, loss), &["18446744073709551615 in the inputs"]),
        (
            start(1 << 30).hidden(1 << 30, Activation::Relu).output(1, loss),
            &["size is [1073741824, ", "parameters"],
        ),
        (start(3).dropout(0.5).output(2, loss), &["dropout is 0.5 before any hidden layer"]),
        (
            start(3).hidden(4, Activation::Relu).dropout(1.0).output(2, loss),
            &["dropout is 1 in hidden layer 1"],
        ),
        (
            start(3).hidden(4, Activation::Relu).dropout(f64::NAN).output(2, loss),
            &["dropout is NaN in hidden layer 1"],
        ),
        (start(3).hidden(4, Activation::LeakyRelu { slope: f64::INFINITY }).output(2, loss), &["inf"]),
    ] {
        let error = build(builder);
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    }

    let mut network = network::<f32>(&[3, 4, 2], Activation::Relu, loss).build(&mut rng(1))?;
    let before = network.values().to_vec();
    let (x, t) = (random::<f32>(5, 3, 1), one_hot::<f32>(5, 2, 2));
    let with = |array: &Array2<f32>, place: [usize; 2], value: f32| {
        let mut array = array.clone();
        array[place] = value;
        array
    };
    let mut sgd = Sgd::new(0.1);
    let mut refuses = |x: &Array2<f32>, t: Targets<'_, f32>, words: &[&str]| {
        let error = network.train(x, t, &mut sgd).unwrap_err().to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{error}, expected {words:?}");
    };
    refuses(&random(5, 4, 1), (&t).into(), &["Mlp::train: `x` has shape [5, 4], expected [batch, 3]"]);
    refuses(&random(0, 3, 1), (&one_hot(0, 2, 1)).into(), &["the batch is empty"]);
    refuses(&x, (&one_hot(4, 2, 1)).into(), &["`t` has shape [4, 2], expected [5, 2]"]);
    refuses(&x, (&[0, 1, 0]).into(), &["`t` has shape [3], expected [5]"]);
    refuses(&x, (&[0, 1, 0, 2, 1]).into(), &["a label is 2 in row 3, expected 0 to 1"]);
    refuses(&with(&x, [3, 1], f32::NAN), (&t).into(), &["`x`[3, 1] is NaN, expected a finite number"]);
    refuses(&with(&x, [4, 2], f32::NEG_INFINITY), (&t).into(), &["`x`[4, 2] is -inf"]);
    refuses(&x, (&with(&t, [2, 0], f32::NAN)).into(), &["`t`[2, 0] is NaN"]);
    assert_eq!(network.values(), before);

    let mut linear = Mlp::<f32>::builder(3).output(2, loss).build_with(&[9.0; 8])?;
    let error = linear.train(&with(&x, [0, 0], 3e38), &t, &mut Sgd::new(0.1)).unwrap_err().to_string();
    assert!(error.contains("the loss") && error.contains("lower the learning rate"), "{error}");
    assert_eq!(linear.values(), [9.0; 8]);

    let error = network.set_values(&before[1..]).unwrap_err().to_string();
    assert!(error.contains("`values` has shape [25], expected [26]"), "{error}");
    let mut spoilt = before.clone();
    spoilt[17] = f32::NAN;
    let error = network.set_values(&spoilt).unwrap_err().to_string();
    assert!(error.contains("`w2`[0, 1] is NaN"), "{error}");
    assert_eq!(network.values(), before);

    let mut parameters = NeuralNetwork::<f32>::new([3, 4, 2], &mut rng(1))?.into_parameters();
    parameters.b1[2] = f32::INFINITY;
    let error = NeuralNetwork::from_parameters(parameters).unwrap_err().to_string();
    assert_eq!(error, "NeuralNetwork::from_parameters: `b1`[2] is inf, expected a finite number");

    let mut regression = Mlp::<f32>::builder(3).output(2, Loss::MeanSquaredError).build(&mut rng(1))?;
    let error = regression.train(&x, &[0, 1, 0, 1, 0], &mut Sgd::new(0.1)).unwrap_err().to_string();
    assert!(error.contains("class numbers") && error.contains("mean-squared-error"), "{error}");
    Ok(())
}
