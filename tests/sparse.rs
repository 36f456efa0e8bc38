//! Sparse input where a network reads dense: what it does with it, and what it says if it does not fit.

mod common;

use blasnet::{
    Dataset, Error, Float, Input, InputForm, NeuralNetwork, Result, Scores, SparseMatrix, evaluate,
};
use common::reference::{Distance, bits, in_f64};
use common::{one_hot, random, random_bytes, random_data, rng};
use ndarray::{Array2, Axis, array, s};

fn network<A: Float>(sizes: [usize; 3]) -> NeuralNetwork<A> {
    NeuralNetwork::new(sizes, &mut rng(1)).expect("no size is 0")
}

fn of_both_forms(data: &Dataset) -> [Dataset; 2] {
    [InputForm::Sparse, InputForm::Dense].map(|form| data.clone().read_as(form))
}

/// Bytes, the floats that they stand for, and rows of a data set make one and the same step: bit by bit.
fn the_same_rows_make_the_same_step<A: Float>() -> Result<()> {
    let data = random_data(60, 101, 7, 0.3, 1).read_as(InputForm::Sparse);
    let (pixels, labels) = (data.sparse().expect("read so"), data.one_hot::<A>());
    let mut on_rows = network::<A>([101, 140, 7]);
    let (mut on_bytes, mut on_floats) = (on_rows.clone(), on_rows.clone());
    // Larger, then smaller, more than there are, and one row all the time.
    let all_alike = vec![13; 20];
    let batches = [60, 113, 1, 250, 33].map(|batch| (0..batch).map(|k| (k * k + 3 * k) % 60).collect());
    for rows in batches.iter().chain([&all_alike]) {
        let (bytes, t) = (pixels.select(rows)?, labels.select(Axis(0), rows));
        let scores = on_rows.sgd_on(&data, rows, A::of(0.01))?;
        assert_eq!(scores, on_bytes.sgd(&bytes, &t, A::of(0.01))?);
        assert_eq!(scores, on_floats.sgd(&bytes.to_floats::<A>(), &t, A::of(0.01))?);
    }
    let expected = bits(&on_rows.into_parameters());
    assert_eq!(bits(&on_bytes.into_parameters()), expected);
    assert_eq!(bits(&on_floats.into_parameters()), expected);
    Ok(())
}

#[test]
fn sgd_on_rows_is_sgd_on_the_selected_matrix() -> Result<()> {
    the_same_rows_make_the_same_step::<f32>()?;
    the_same_rows_make_the_same_step::<f64>()
}

/// Buffers that a batch has left behind fit the next one, whose rows are longer or more.
#[test]
fn batches_of_any_kind_may_follow_each_other() -> Result<()> {
    let mut after_others = network::<f64>([40, 20, 3]);
    let shapes =
        [(112, 0.0), (2, 1.0), (100, 0.02), (4, 1.0), (300, 0.3), (1, 0.0), (113, 0.1), (40, 1.0), (2, 0.5)];
    for (number, (rows, density)) in shapes.into_iter().enumerate() {
        let x = SparseMatrix::from_dense(&random_bytes(rows, 40, density, number as u64));
        let t = one_hot(rows, 3, 7);
        // A copy has no buffers yet.
        let mut fresh = after_others.clone();
        assert_eq!(after_others.sgd(&x, &t, 0.01)?, fresh.sgd(&x, &t, 0.01)?);
        let [found, expected] = [&after_others, &fresh].map(|network| network.clone().into_parameters());
        assert_eq!(bits(&found), bits(&expected), "{rows} rows after others");
    }
    Ok(())
}

fn dense_steps_between_sparse_ones<A: Float>(most: f64) -> Result<()> {
    let mut dense = network::<A>([50, 70, 4]);
    let (mut alternating, before) = (dense.clone(), in_f64(&dense.clone().into_parameters()));
    for number in 0..8 {
        let bytes = SparseMatrix::from_dense(&random_bytes(30, 50, 0.4, number));
        let (x, t) = (bytes.to_dense::<A>(), one_hot::<A>(30, 4, number));
        let scores = dense.sgd(&x, &t, A::of(0.02))?;
        let found = match number % 4 {
            0 | 3 => alternating.sgd(&bytes, &t, A::of(0.02))?,
            _ => alternating.sgd(&x, &t, A::of(0.02))?,
        };
        assert!((found.loss - scores.loss).abs() <= most, "{found:?}, {scores:?}");
    }
    let after = in_f64(&dense.into_parameters());
    let distance = Distance::of(&alternating.into_parameters(), &before, &after, 0);
    assert!(distance.of_change <= most, "{distance:?}");
    Ok(())
}

#[test]
fn sparse_and_dense_steps_may_alternate() -> Result<()> {
    dense_steps_between_sparse_ones::<f32>(2e-5)?;
    dense_steps_between_sparse_ones::<f64>(1e-13)
}

/// All that can be asked of a network without training it, on both forms of its input.
fn answers_are_the_dense_ones<A: Float>(tolerance: f64) -> Result<()> {
    for (sizes, rows, density) in
        [([1, 1, 1], 1, 1.0), ([31, 129, 5], 250, 0.3), ([784, 40, 10], 40, 0.9), ([8, 300, 2], 7, 0.0)]
    {
        let network = network::<A>(sizes);
        let bytes = SparseMatrix::from_dense(&random_bytes(rows, sizes[0], density, 2));
        let (x, t) = (bytes.to_dense::<A>(), one_hot::<A>(rows, sizes[2], 3));
        let (floats, expected) = (SparseMatrix::from_dense(&x), network.forward(&x)?);
        for found in [network.forward(&bytes)?, network.forward(&floats)?] {
            assert_eq!(found.dim(), (rows, sizes[2]));
            let error = (&found - &expected).iter().fold(0.0, |worst: f64, e| worst.max(e.as_f64().abs()));
            assert!(error <= tolerance, "{sizes:?}: {error:e}");
        }
        let scores = network.scores(&x, &t)?;
        let found = network.scores(&bytes, &t)?;
        assert!((found.loss - scores.loss).abs() <= tolerance, "{found:?}, {scores:?}");
        assert_eq!(found.accuracy, scores.accuracy);
        assert_eq!(network.accuracy(&bytes, &t)?, scores.accuracy);
        assert!((network.loss(&floats, &t)?.as_f64() - scores.loss).abs() <= tolerance);

        // A step gives the scores from before it.
        let before = network.clone().sgd(&bytes, &t, A::of(0.1))?;
        assert!((before.loss - found.loss).abs() <= tolerance, "{before:?}, {found:?}");
        assert_eq!(before.accuracy, found.accuracy);
    }
    let network = network::<A>([90, 33, 6]);
    // More than are read at a time.
    let [sparse, dense] =
        of_both_forms(&random_data(2_100, 90, 6, 0.2, 4)).map(|data| evaluate(&network, &data));
    let (sparse, dense) = (sparse?, dense?);
    assert!((sparse.loss - dense.loss).abs() <= tolerance, "{sparse:?}, {dense:?}");
    assert_eq!(sparse.accuracy, dense.accuracy);
    Ok(())
}

#[test]
fn forward_loss_accuracy_and_evaluate_are_the_dense_ones() -> Result<()> {
    answers_are_the_dense_ones::<f32>(1e-5)?;
    answers_are_the_dense_ones::<f64>(1e-13)
}

/// After sparse steps the parameters are arrays as ever, and whoever copies or takes them gets all of them.
#[test]
fn parameters_after_a_sparse_step_are_ordinary_arrays() -> Result<()> {
    for sizes @ [inputs, hidden, outputs] in [[5, 3, 2], [6, 130, 4], [1, 128, 1]] {
        let x = SparseMatrix::from_dense(&random_bytes(9, inputs, 0.5, 1));
        let t = one_hot(9, outputs, 2);
        let mut network = network::<f32>(sizes);
        network.sgd(&x, &t, 0.1)?;
        network.sgd(&x, &t, 0.1)?;
        assert_eq!(network.sizes(), sizes);
        let of_copy = network.clone().into_parameters();
        let shapes = [vec![inputs, hidden], vec![hidden], vec![hidden, outputs], vec![outputs]];
        for _ in 0..2 {
            let read = network.parameters().zip(["w1", "b1", "w2", "b2"]).zip(shapes.clone());
            for (((name, read), expected), shape) in read {
                assert_eq!(name, expected);
                assert_eq!(read.shape(), shape);
                assert!(read.is_standard_layout());
            }
            let read: Vec<_> = network.parameters().map(|(_, read)| read.to_owned()).collect();
            assert_eq!(read[..2], [of_copy.w1.clone().into_dyn(), of_copy.b1.clone().into_dyn()]);
            assert_eq!(read[2..], [of_copy.w2.clone().into_dyn(), of_copy.b2.clone().into_dyn()]);
        }
        // A copy, a network of its arrays, and the network itself, whose parameters were read, go on alike.
        let mut copy = network.clone();
        let mut of_arrays = NeuralNetwork::from_parameters(of_copy)?;
        let scores = network.sgd(&x, &t, 0.1)?;
        assert_eq!(copy.sgd(&x, &t, 0.1)?, scores);
        assert_eq!(of_arrays.sgd(&x, &t, 0.1)?, scores);
        let expected = bits(&network.into_parameters());
        assert_eq!(bits(&copy.into_parameters()), expected);
        assert_eq!(bits(&of_arrays.into_parameters()), expected);
    }
    Ok(())
}

/// What is chosen by size has no place here: 5 % is sparse, and 95 % is not.
#[test]
fn auto_reads_sparsely_where_little_is_there() -> Result<()> {
    let network = network::<f64>([40, 9, 3]);
    for (density, sparse) in [(0.0, true), (0.05, true), (0.2, true), (0.95, false), (1.0, false)] {
        let x = random_bytes(30, 40, density, 1).mapv(|x| f64::from(x) / 100.0);
        let auto = Input::auto(&x);
        assert_eq!((auto.is_sparse(), auto.dim()), (sparse, (30, 40)), "density {density}");
        assert!(network.forward(auto)?.abs_diff_eq(&network.forward(&x)?, 1e-13));
        let columns = x.slice(s![..;-2, ..]).to_owned().reversed_axes();
        assert!(
            network.forward(Input::auto(&columns.t()))?.abs_diff_eq(&network.forward(&columns.t())?, 1e-13)
        );
    }
    let matrix = SparseMatrix::from_dense(&random::<f64>(2, 40, 1));
    assert!(Input::from(&matrix).is_sparse(), "who makes a matrix has chosen");
    assert!(!Input::from(&Array2::<f64>::zeros((2, 40))).is_sparse());
    assert_eq!(Input::<f64>::from(&SparseMatrix::from_dense(&array![[1_u8, 0]])).dim(), (1, 2));
    for empty in [(0, 0), (0, 40), (5, 0)] {
        assert_eq!(Input::auto(&Array2::<f64>::zeros(empty)).dim(), empty);
    }
    assert_eq!(network.forward(Input::auto(&Array2::zeros((0, 40))))?.dim(), (0, 3));
    Ok(())
}

#[test]
fn a_data_set_is_read_sparsely_where_little_is_there() {
    for (density, sparse) in [(0.0, true), (0.2, true), (0.95, false)] {
        let data = random_data(30, 41, 2, density, 1);
        assert_eq!(data.sparse().is_some(), sparse, "density {density}");
        let [of_sparse, of_dense] = of_both_forms(&data);
        assert!(*of_sparse.sparse().expect("asked for") == SparseMatrix::from_dense(&data.images()));
        assert!(of_dense.sparse().is_none());
        assert_eq!(data.clone().sparse().is_some(), sparse, "a copy is read alike");
    }
}

#[track_caller]
fn names_x<T: std::fmt::Debug>(result: Result<T>) -> (Vec<usize>, String) {
    match result.expect_err("x does not fit") {
        Error::Shape { what: "x", found, expected, .. } => (found, expected),
        other => panic!("{other}"),
    }
}

#[test]
fn input_that_does_not_fit_is_named_as_dense_input_is() -> Result<()> {
    let mut network = network::<f32>([4, 3, 2]);
    let before = network.clone().into_parameters();
    let (dense, t) = (random::<f32>(5, 3, 1), one_hot::<f32>(5, 2, 2));
    let (bytes, floats) =
        (SparseMatrix::from_dense(&Array2::from_elem((5, 3), 1_u8)), SparseMatrix::from_dense(&dense));
    let expected = (vec![5, 3], "[batch, 4]".to_owned());
    assert_eq!(names_x(network.forward(&dense)), expected);
    assert_eq!(names_x(network.forward(&bytes)), expected);
    assert_eq!(names_x(network.forward(&floats)), expected);
    assert_eq!(names_x(network.loss(&bytes, &t)), expected);
    assert_eq!(names_x(network.scores(&floats, &t)), expected);
    assert_eq!(names_x(network.accuracy(&bytes, &t)), expected);
    assert_eq!(names_x(network.backprop(&floats, &t)), expected);
    assert_eq!(names_x(network.sgd(&dense, &t, 0.1)), expected);
    assert_eq!(names_x(network.sgd(&bytes, &t, 0.1)), expected);
    assert_eq!(names_x(network.sgd(&floats, &t, 0.1)), expected);

    let says =
        |result: Result<Scores>, text: &str| assert_eq!(result.expect_err("it is wrong").to_string(), text);
    let x = SparseMatrix::from_dense(&random_bytes(5, 4, 0.5, 3));
    says(
        network.sgd(&x, &one_hot(5, 3, 2), 0.1),
        "NeuralNetwork::sgd: `t` has shape [5, 3], expected [5, 2], as the network's output",
    );
    says(
        network.sgd(&x, &one_hot(4, 2, 2), 0.1),
        "NeuralNetwork::sgd: `t` has shape [4, 2], expected [5, 2], as the network's output",
    );
    says(
        network.sgd(&x, &t, f32::NAN),
        "the learning rate is NaN, expected a finite f32 that is not negative",
    );
    assert!(matches!(network.scores(&x, &one_hot(5, 3, 2)), Err(Error::Shape { .. })));
    let (nothing, no_labels) = (x.select(&[])?, Array2::zeros((0, 2)));
    says(network.sgd(&nothing, &no_labels, 0.1), "the batch is empty, expected at least one row");
    says(network.scores(&nothing, &no_labels), "the batch is empty, expected at least one row");
    assert_eq!(network.forward(&nothing)?.dim(), (0, 2));

    let data = random_data(5, 4, 2, 0.2, 1).read_as(InputForm::Sparse);
    says(
        network.sgd_on(&data, &[0, 5], 0.1),
        "a row of the batch is 5, expected a number below 5, the rows of the data",
    );
    says(network.sgd_on(&data, &[], 0.1), "the batch is empty, expected at least one row");
    let wide = random_data(5, 6, 2, 0.2, 1).read_as(InputForm::Sparse);
    says(
        network.sgd_on(&wide, &[0], 0.1),
        "the network's [inputs, outputs] is [4, 2], expected [6, 2], the data's [pixels, classes]",
    );
    assert_eq!(network.into_parameters(), before, "nothing is changed by what is refused");
    Ok(())
}

/// Neither ReLU nor a gate hides what is no number: the loss shows it, and a step refuses it and changes nothing.
#[test]
fn nan_shows_in_the_loss_and_is_refused() -> Result<()> {
    let (x, t) = (array![[0.0, 2.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0]], one_hot::<f64>(2, 3, 1));
    let healthy = network::<f64>([4, 20, 3]);
    let shows = |network: &NeuralNetwork<f64>, x: &SparseMatrix<f64>, what: &str| -> Result<()> {
        assert!(!network.loss(x, &t)?.is_finite(), "{what}");
        let mut refusing = network.clone();
        for x in [Input::from(x), Input::from(&x.to_dense())] {
            let refused = refusing.sgd(x, &t, 0.1).expect_err(what);
            assert!(
                matches!(refused, Error::NotFinite { op: "NeuralNetwork::sgd", .. }),
                "{what}: {refused}"
            );
        }
        assert_eq!(refusing.values(), network.values(), "{what}");
        Ok(())
    };
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut x = x.clone();
        x[[0, 3]] = bad;
        shows(&healthy, &SparseMatrix::from_dense(&x), "in the input")?;
    }
    let x = SparseMatrix::from_dense(&x);
    assert!(healthy.loss(&x, &t)?.is_finite());
    // Weights have to be finite at first; a rate that is too high makes them so that they are not.
    let mut parameters = healthy.clone().into_parameters();
    parameters.w1[[3, 7]] = f64::NAN;
    let refused = NeuralNetwork::from_parameters(parameters).unwrap_err().to_string();
    assert!(refused.contains("`w1`[3, 7] is NaN"), "{refused}");
    let mut spoilt = healthy.clone();
    spoilt.sgd(&x, &t, 1e300)?;
    shows(&spoilt, &x, "in the weights")?;
    Ok(())
}
