//! Chapter 4: the network, and how the course's run looks at its beginning.

mod common;

use blasnet::{Dataset, Float, NeuralNetwork, Parameters, Result};
use common::{assert_near, one_hot, random, rng};
use ndarray::{Array1, Array2, array, s};

#[test]
fn exercise_4_1_sizes_names_and_initial_values() -> Result<()> {
    let network = NeuralNetwork::<f64>::new(NeuralNetwork::<f64>::COURSE, &mut rng(0))?;
    let (names, parameters): (Vec<_>, Vec<_>) = network.parameters().unzip();
    assert_eq!(names, ["w1", "b1", "w2", "b2"]);
    let [w1, b1, w2, b2] = &parameters[..] else { unreachable!("four names") };
    assert_eq!(w1.shape(), [784, 500]);
    assert_eq!(w2.shape(), [500, 10]);
    assert_eq!((b1.shape(), b2.shape()), (&[500][..], &[10][..]));
    assert!(b1.iter().chain(b2).all(|&b| b == 0.0));
    // N(0, 0.1²): five standard errors of 392,000 draws
    let (mean, deviation) = (w1.mean().expect("not empty"), w1.std(0.0));
    assert!(mean.abs() < 5.0 * 0.1 / 626.0, "mean {mean}");
    assert!((deviation - 0.1).abs() < 5.0 * 0.1 / 885.0, "standard deviation {deviation}");
    Ok(())
}

/// Explicit gradients and the step that never makes them must change the parameters alike.
fn sgd_is_backprop_then_update<A: Float>(tolerance: f64) -> Result<()> {
    for [batch, inputs, hidden, outputs] in
        [[1, 3, 2, 2], [7, 13, 5, 3], [100, 784, 500, 10], [33, 20, 101, 17]]
    {
        let (x, t) = (random::<A>(batch, inputs, 1), one_hot::<A>(batch, outputs, 2));
        let mut network = NeuralNetwork::<A>::new([inputs, hidden, outputs], &mut rng(3))?;
        let rate = A::of(0.003);
        for _ in 0..3 {
            let gradients = network.backprop(&x, &t)?;
            let before = network.clone().into_parameters();
            let scores = network.scores(&x, &t)?;
            let step = network.sgd(&x, &t, rate)?;
            assert!((scores.loss - step.loss).abs() <= tolerance * scores.loss.max(1.0));
            assert_eq!(scores.accuracy, step.accuracy);

            let after = network.clone().into_parameters();
            let f64_of = |w: &Array2<A>| w.mapv(Float::as_f64);
            let expected = |w: &Array2<A>, dw: &Array2<A>| f64_of(w) - 0.003 * f64_of(dw);
            assert_near(&after.w1, &expected(&before.w1, &gradients.w1), tolerance);
            assert_near(&after.w2, &expected(&before.w2, &gradients.w2), tolerance);
            let column = |b: &Array1<A>| b.clone().insert_axis(ndarray::Axis(1));
            assert_near(
                &column(&after.b1),
                &expected(&column(&before.b1), &column(&gradients.b1)),
                tolerance,
            );
            assert_near(
                &column(&after.b2),
                &expected(&column(&before.b2), &column(&gradients.b2)),
                tolerance,
            );
        }
    }
    Ok(())
}

#[test]
fn sgd_is_backprop_then_update_at_any_number_of_threads() -> Result<()> {
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| {
            sgd_is_backprop_then_update::<f32>(2e-5)?;
            sgd_is_backprop_then_update::<f64>(1e-13)?;
            let _rayon_has_the_threads = blasnet::parallel::SingleThreadedBlas::new();
            sgd_is_backprop_then_update::<f32>(2e-5)?;
            sgd_is_backprop_then_update::<f64>(1e-13)
        })?;
    }
    Ok(())
}

/// Rows of a data set, gathered by each thread for itself, are those rows gathered beforehand: bit by bit.
#[test]
fn sgd_on_rows_is_gather_then_sgd() -> Result<()> {
    let pixels = Array2::from_shape_fn((50, 784), |(i, j)| ((i * 31 + j * 7) % 256) as u8);
    let data = Dataset::new(pixels, (0..50).map(|label| label % 10).collect(), 10)?;
    for threads in [1, 2, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| -> Result<()> {
            let _rayon_has_the_threads = blasnet::parallel::SingleThreadedBlas::new();
            let mut gathered = NeuralNetwork::<f32>::new([784, 500, 10], &mut rng(3))?;
            let mut on_rows = gathered.clone();
            // Larger, then smaller: buffers grow and are used in part.
            for batch in [60, 100, 33] {
                let rows: Vec<usize> = (0..batch).map(|k| k * k % 50).collect();
                let (mut x, mut t) = (Array2::zeros((batch, 784)), Array2::zeros((batch, 10)));
                data.gather(&rows, &mut x, &mut t);
                assert_eq!(gathered.sgd(&x, &t, 1e-3)?, on_rows.sgd_on(&data, &rows, 1e-3)?);
            }
            assert_eq!(gathered.into_parameters(), on_rows.into_parameters());
            Ok(())
        })?;
    }
    Ok(())
}

#[test]
fn rows_that_do_not_fit_are_named() -> Result<()> {
    let data = Dataset::new(Array2::zeros((5, 4)), vec![0, 1, 0, 1, 0], 2)?;
    let mut network = NeuralNetwork::<f32>::new([4, 3, 2], &mut rng(0))?;
    let before = network.clone().into_parameters();
    let says =
        |result: Result<blasnet::Scores>, text: &str| assert_eq!(result.unwrap_err().to_string(), text);
    says(
        network.sgd_on(&data, &[0, 5], 0.1),
        "a row of the batch is 5, expected a number below 5, the rows of the data",
    );
    says(network.sgd_on(&data, &[], 0.1), "the batch is empty, expected at least one row");
    says(
        NeuralNetwork::<f32>::new([4, 3, 3], &mut rng(0))?.sgd_on(&data, &[0], 0.1),
        "the network's [inputs, outputs] is [4, 3], expected [4, 2], the data's [pixels, classes]",
    );
    assert_eq!(network.into_parameters(), before);
    Ok(())
}

#[test]
fn views_of_any_layout_train_alike() -> Result<()> {
    let (x, t) = (random::<f64>(20, 12, 1), one_hot::<f64>(20, 4, 2));
    let network = NeuralNetwork::new([12, 9, 4], &mut rng(3))?;
    let mut plain = network.clone();
    plain.sgd(&x, &t, 0.01)?;
    let (x_columns, t_columns) =
        (x.t().as_standard_layout().into_owned(), t.t().as_standard_layout().into_owned());
    let mut from_columns = network.clone();
    from_columns.sgd(&x_columns.t(), &t_columns.t(), 0.01)?;
    let mut reversed = network.clone();
    reversed.sgd(&x.slice(s![..;-1, ..]), &t.slice(s![..;-1, ..]), 0.01)?;
    for other in [from_columns, reversed] {
        for ((name, a), (_, b)) in plain.parameters().zip(other.parameters()) {
            assert!(a.abs_diff_eq(&b, 1e-14), "{name}");
        }
    }
    Ok(())
}

#[test]
fn a_network_of_given_arrays_is_that_network() -> Result<()> {
    let parameters = Parameters {
        w1: array![[1.0, -1.0]],
        b1: array![0.0, 0.0],
        w2: array![[2.0, 0.0], [0.0, 3.0]],
        b2: array![0.5, -0.5],
    };
    let network = NeuralNetwork::from_parameters(parameters.clone())?;
    assert_eq!(network.sizes(), [1, 2, 2]);
    assert_eq!(network.forward(&array![[4.0], [-4.0]])?, array![[8.5, -0.5], [0.5, 11.5]]);
    assert_eq!(network.into_parameters(), parameters);

    // weights in column-major order give the same network
    let turned =
        Parameters { w2: parameters.w2.t().as_standard_layout().into_owned().reversed_axes(), ..parameters };
    let network = NeuralNetwork::from_parameters(turned)?;
    assert_eq!(network.forward(&array![[4.0]])?, array![[8.5, -0.5]]);
    Ok(())
}

#[test]
fn bad_input_is_named_and_changes_nothing() -> Result<()> {
    let mut network = NeuralNetwork::<f32>::new([4, 3, 2], &mut rng(0))?;
    let before = network.clone().into_parameters();
    let (x, t) = (random::<f32>(5, 4, 1), one_hot::<f32>(5, 2, 2));
    let nothing = Array2::zeros((0, 4));
    let says =
        |result: Result<blasnet::Scores>, text: &str| assert_eq!(result.unwrap_err().to_string(), text);

    says(network.sgd(&t, &t, 0.1), "NeuralNetwork::sgd: `x` has shape [5, 2], expected [batch, 4]");
    says(
        network.sgd(&x, &x, 0.1),
        "NeuralNetwork::sgd: `t` has shape [5, 4], expected [5, 2], as the network's output",
    );
    says(network.sgd(&nothing, &Array2::zeros((0, 2)), 0.1), "the batch is empty, expected at least one row");
    for (rate, shown) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (-0.5, "-0.5")] {
        let expected = format!("the learning rate is {shown}, expected a finite f32 that is not negative");
        says(network.sgd(&x, &t, rate), &expected);
    }
    assert!(network.backprop(&t, &t).is_err());
    assert!(network.loss(&x, &x).is_err());
    assert!(network.accuracy(&nothing, &Array2::zeros((0, 2))).is_err());
    assert_eq!(network.into_parameters(), before);

    let error = NeuralNetwork::<f32>::new([4, 0, 2], &mut rng(0)).unwrap_err().to_string();
    assert_eq!(error, "the network's size is [4, 0, 2], expected at least one unit in each layer");
    let error =
        NeuralNetwork::from_parameters(Parameters { w2: Array2::zeros((7, 2)), ..before }).unwrap_err();
    assert!(error.to_string().contains("`w2` has shape [7, 2], expected [3, out]"), "{error}");
    Ok(())
}

/// "Loss 0 is about 3.3 ± 0.4, loss 100 about 1.0, loss 200 about 0.65": a run that does not look so
/// has a wrong gradient scale.
#[cfg(feature = "mnist-embedded")]
#[test]
fn exercise_4_2_begins_as_in_the_course() -> Result<()> {
    use std::ops::ControlFlow;

    let mnist = blasnet::Mnist::embedded()?;
    let mut rng = rng(0);
    let mut network = NeuralNetwork::<f32>::new(NeuralNetwork::<f32>::COURSE, &mut rng)?;
    let mut losses = Vec::new();
    let outcome = blasnet::Trainer::new(&mut network, &mut blasnet::Sgd::new(0.0001), &mnist.train)
        .on_step(|step| {
            losses.push(step.scores.loss);
            if losses.len() == 250 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .run(&mut rng)?;
    assert_eq!(outcome.position.steps(), 250);
    let around = |step: usize| losses[step - 10..step + 10].iter().sum::<f64>() / 20.0;
    assert!((losses[0] - 3.3).abs() < 0.6, "loss 0 is {}", losses[0]);
    assert!((around(100) - 1.0).abs() < 0.2, "loss 100 is about {}", around(100));
    assert!((around(200) - 0.68).abs() < 0.12, "loss 200 is about {}", around(200));
    assert!(blasnet::evaluate(&network, &mnist.test)?.accuracy > 0.75);
    Ok(())
}
