//! Every kind of network with every way to train it: sparse input gives what dense input gives, and dense input
//! gives what the formulas give.

mod common;

#[path = "combinations/exact.rs"]
mod exact;
#[path = "combinations/kinds.rs"]
mod kinds;
#[path = "combinations/mixed.rs"]
mod mixed;

use blasnet::{Activation, Float, Input, Loss, Mlp, Reduction, Result, Scores, Sgd, SparseMatrix, Targets};
use common::{one_hot, random_bytes};
use kinds::{ACTIVATIONS, Batch, FORMS, Kind, LOSSES, Rule, apart, by_formula, labels};
use ndarray::{Array2, ShapeBuilder, s};

/// Odd widths, of which no two make the same blocks in the kernels.
const SIZES: [usize; 5] = [37, 65, 16, 21, 7];

/// The second batch is longer than one tile of rows, and makes the network's buffers grow.
const ROWS: [usize; 5] = [9, 115, 1, 64, 20];

/// Networks with 0, 1 and 3 hidden layers, every activation and loss, with dropout and without.
fn all_kinds(reduction: Reduction) -> Vec<Kind> {
    let [inputs, first, .., outputs] = SIZES;
    let mut kinds = Vec::new();
    for loss in LOSSES {
        kinds.push(Kind::new(&[inputs, outputs], Activation::Identity, loss, reduction));
        for activation in ACTIVATIONS {
            for sizes in [&[inputs, first, outputs][..], &SIZES] {
                let kind = Kind::new(sizes, activation, loss, reduction);
                kinds.extend([kind.clone(), Kind { dropout: 0.3, ..kind }]);
            }
        }
    }
    kinds
}

/// Trains one network on dense input and one on sparse input. Their scores in each step and their parameters at the end
/// are within `tolerance`, relative to the larger of 1 and their size. Gives the largest distance of a parameter.
fn train_both<A: Float>(kind: &Kind, rule: Rule, batches: &[Batch<A>], tolerance: f64) -> f64 {
    let (mut dense, mut sparse) = (kind.build::<A>(1), kind.build::<A>(1));
    let start = dense.values().to_vec();
    let [mut of_dense, mut of_sparse] = [(); 2].map(|()| rule.make::<A>(kind.reduction));
    for batch in batches {
        let expected = dense.train(&batch.x, &batch.t, &mut *of_dense).expect("the shapes fit");
        let found = sparse.train(&batch.sparse, &batch.t, &mut *of_sparse).expect("the shapes fit");
        let error = (found.loss - expected.loss).abs() / expected.loss.abs().max(1.0);
        assert!(error <= tolerance, "{kind:?}, {rule:?}: {found:?}, expected {expected:?}");
        // Both are NaN for numbers.
        let accuracies = [found, expected].map(|scores| scores.accuracy.to_bits());
        assert_eq!(accuracies[0], accuracies[1], "{kind:?}, {rule:?}: {found:?}, expected {expected:?}");
    }
    let worst = apart(sparse.values(), dense.values());
    assert!(worst <= tolerance, "{kind:?}, {rule:?}: a parameter is {worst:e} off");
    assert!(apart(dense.values(), &start) > 1e-5, "{kind:?}, {rule:?}: nothing was learnt");
    assert_eq!(sparse.dropout_masks(), dense.dropout_masks());
    worst
}

/// `MEASURED=1 cargo test --test combinations -- --nocapture` shows what is measured.
fn show(what: &str, worst: f64) {
    if std::env::var_os("MEASURED").is_some() {
        println!("{what}: {worst:e}");
    }
}

fn every_combination(reduction: Reduction) {
    let mut worst = 0.0_f64;
    for kind in all_kinds(reduction) {
        let batches = kind.batches::<f64>(&ROWS, 1);
        for rule in Rule::ALL {
            worst = worst.max(train_both(&kind, rule, &batches, 1e-12));
        }
    }
    show(&format!("every combination, {reduction:?}"), worst);
}

#[test]
fn every_combination_is_the_dense_one_by_the_mean() {
    every_combination(Reduction::Mean);
}

#[test]
fn every_combination_is_the_dense_one_by_the_sum() {
    every_combination(Reduction::Sum);
}

/// Every fifth of the combinations.
#[test]
fn combinations_in_f32_are_the_dense_ones() {
    let mut worst = 0.0_f64;
    for (number, kind) in all_kinds(Reduction::Mean).into_iter().chain(all_kinds(Reduction::Sum)).enumerate()
    {
        if number % 5 == 0 {
            let rule = Rule::ALL[number / 5 % 3];
            worst = worst.max(train_both::<f32>(&kind, rule, &kind.batches(&ROWS, 1), 2e-5));
        }
    }
    show("combinations in f32", worst);
}

/// Networks in which each of these widths is once that of the input, of a first layer that is narrow, wide, alone, or
/// followed by another, and of a second layer. More than 32 outputs take another path than fewer.
fn of_all_widths() -> impl Iterator<Item = Kind> {
    const WIDTHS: [usize; 10] = [1, 7, 8, 9, 63, 64, 65, 128, 129, 500];
    let sizes = WIDTHS.into_iter().flat_map(|width| {
        [
            vec![width, 12, 5],
            vec![33, width],
            vec![33, width, 5],
            vec![33, width, 32],
            vec![33, width, 33],
            vec![33, 17, width, 40],
            vec![33, width, 10, 3],
        ]
    });
    sizes.enumerate().map(|(number, sizes)| {
        let reduction = [Reduction::Mean, Reduction::Sum][number % 2];
        // Of a single output softmax makes 1, whatever it is.
        let losses = if sizes.ends_with(&[1]) { &LOSSES[1..] } else { &LOSSES };
        let (activation, loss) = (ACTIVATIONS[number % 6], losses[number / 2 % losses.len()]);
        Kind::new(&sizes, activation, loss, reduction)
    })
}

#[test]
fn networks_of_any_width_are_the_dense_ones() {
    let (mut of_f64, mut of_f32) = (0.0_f64, 0.0_f64);
    for (number, kind) in of_all_widths().enumerate() {
        let kind = if number % 4 == 3 { Kind { dropout: 0.3, ..kind } } else { kind };
        let rows = [5, if number % 5 == 0 { 113 } else { 6 }];
        for rule in [Rule::Sgd, Rule::ALL[1 + number % 2]] {
            of_f64 = of_f64.max(train_both::<f64>(&kind, rule, &kind.batches(&rows, 2), 1e-12));
        }
        of_f32 = of_f32.max(train_both::<f32>(&kind, Rule::ALL[number % 3], &kind.batches(&rows, 2), 2e-5));
    }
    show("all widths in f64", of_f64);
    show("all widths in f32", of_f32);
}

#[test]
fn five_hundred_sigmoids_are_the_dense_ones() {
    for (loss, rule) in LOSSES.into_iter().zip(Rule::ALL) {
        let kind = Kind::new(&[61, 500, 10], Activation::Sigmoid, loss, Reduction::Mean);
        train_both::<f64>(&kind, rule, &kind.batches(&[20, 113], 4), 1e-12);
        train_both::<f32>(&kind, rule, &kind.batches(&[20, 113], 4), 2e-5);
    }
}

/// Then there is nothing to multiply, and biases learn alone.
#[test]
fn batches_without_entries_are_the_dense_ones() {
    for sizes in [&[37, 7][..], &[37, 65, 7], &SIZES, &[1, 65, 40]] {
        for rule in Rule::ALL {
            let kind = Kind::new(sizes, Activation::Tanh, Loss::SoftmaxCrossEntropy, Reduction::Mean);
            let mut batches = kind.batches::<f64>(&[9, 115, 9], 5);
            for batch in &mut batches[..2] {
                batch.x.fill(0.0);
                batch.sparse = SparseMatrix::from_dense(&batch.x);
            }
            train_both(&kind, rule, &batches, 1e-12);
        }
    }
}

/// Gradient and loss, and a step at a plain rate, on dense and on sparse input, against the chain rule written out.
fn is_as_the_formulas_say(kind: &Kind, rows: usize) -> f64 {
    const RATE: f64 = 0.01;
    let mut worst = 0.0_f64;
    let batch = kind.batches::<f64>(&[rows], 3).remove(0);
    let network = kind.build::<f64>(2);
    let (loss, gradient) = by_formula(&network, kind.reduction, &batch.x, &batch.t);
    let after: Vec<f64> = network.values().iter().zip(&gradient).map(|(w, dw)| w - RATE * dw).collect();
    for form in FORMS {
        let mut network = network.clone();
        let (scores, found) = network.gradient(batch.input(form), &batch.t).expect("the shapes fit");
        let errors = [(scores.loss - loss).abs() / loss.abs().max(1.0), apart(found, &gradient)];
        let stepped = network.train(batch.input(form), &batch.t, &mut Sgd::new(RATE));
        assert_eq!(stepped.expect("the shapes fit").loss, scores.loss, "{kind:?}, {form:?}");
        let error = errors[0].max(errors[1]).max(apart(network.values(), &after));
        assert!(error <= 1e-12, "{kind:?}, {form:?}: {error:e} off");
        worst = worst.max(error);
    }
    worst
}

#[test]
fn gradients_and_plain_steps_are_as_the_formulas_say() {
    let mut worst = 0.0_f64;
    for reduction in [Reduction::Mean, Reduction::Sum] {
        for kind in all_kinds(reduction).into_iter().filter(|kind| kind.dropout == 0.0) {
            worst = worst.max(is_as_the_formulas_say(&kind, 115));
        }
    }
    for kind in of_all_widths() {
        worst = worst.max(is_as_the_formulas_say(&kind, 6));
    }
    show("formulas", worst);
}

/// All that a network gives for a batch, in lists of numbers.
fn answers<'a, A: Float + 'a>(
    network: &mut Mlp<A>,
    x: impl Fn() -> Input<'a, A>,
    t: &Array2<A>,
) -> Vec<Vec<A>> {
    // There is no accuracy of numbers, but NaN.
    let numbers = |scores: Scores| vec![A::of(scores.loss), A::of(scores.accuracy.max(-1.0))];
    let (scores, gradient) = network.gradient(x(), t).expect("the shapes fit");
    let mut all = vec![numbers(scores), gradient.to_vec()];
    all.push(numbers(network.scores(x(), t).expect("the shapes fit")));
    let outputs =
        [network.forward(x()), network.predict(x())].map(|outputs| outputs.expect("the shapes fit"));
    let layers = network.activations(x()).expect("the shapes fit");
    assert_eq!(layers.len(), network.sizes().len() - 1);
    all.extend(outputs.into_iter().chain(layers).map(|numbers| numbers.into_iter().collect()));
    all
}

fn same_bits<A: Float>(found: &[Vec<A>], expected: &[Vec<A>]) -> bool {
    let bits = |numbers: &[Vec<A>]| -> Vec<u64> {
        numbers.iter().flatten().map(|number| number.as_f64().to_bits()).collect()
    };
    bits(found) == bits(expected)
}

/// The same numbers as bytes, as sparse floats, as arrays of any strides, and as `Input::auto` reads them.
fn any_form_of_input<A: Float>(kind: &Kind, density: f64, tolerance: f64) {
    let (rows, inputs) = (23, kind.sizes[0]);
    let bytes = SparseMatrix::from_dense(&random_bytes(rows, inputs, density, 7));
    let (floats, x) = (bytes.to_floats::<A>(), bytes.to_dense::<A>());
    let t = labels::<A>(kind.loss, rows, kind.outputs(), 8);
    let mut column_major = Array2::zeros(x.raw_dim().f());
    column_major.assign(&x);
    let mut wider = Array2::from_elem((2 * rows, inputs + 3), A::nan());
    wider.slice_mut(s![..;2, 1..=inputs]).assign(&x);

    let mut network = kind.build::<A>(3);
    let dense = answers(&mut network, || (&x).into(), &t);
    let of_bytes = answers(&mut network, || (&bytes).into(), &t);
    let of_floats = answers(&mut network, || (&floats).into(), &t);
    assert!(same_bits(&of_bytes, &of_floats), "{kind:?}: bytes and the floats that they stand for");
    let near = |name: &str, found: &[Vec<A>]| {
        for (found, expected) in found.iter().zip(&dense) {
            let error = apart(found, expected);
            assert!(error <= tolerance, "{kind:?}, {name}: {error:e} off");
        }
    };
    near("sparse", &of_floats);

    let is_sparse = Input::auto(&x).is_sparse();
    assert_eq!(is_sparse, density < 0.5);
    let auto = answers(&mut network, || Input::auto(&x), &t);
    assert!(same_bits(&auto, &dense) || is_sparse && same_bits(&auto, &of_floats), "{kind:?}: auto");
    for (name, x) in
        [("column-major", column_major.view()), ("every other row", wider.slice(s![..;2, 1..=inputs]))]
    {
        near(name, &answers(&mut network, || (&x).into(), &t));
        let sparse = SparseMatrix::from_dense(&x);
        let found = answers(&mut network, || (&sparse).into(), &t);
        assert!(same_bits(&found, &of_floats), "{kind:?}, {name}");
    }
}

#[test]
fn any_form_of_input_gives_the_same_answers() {
    let kinds = [
        (&[37, 11][..], Activation::Identity, Loss::SoftmaxCrossEntropy),
        (&[37, 65, 7], Activation::Relu, Loss::SoftmaxCrossEntropy),
        // Fewer than 32 units, for which `Input::auto` wants fewer entries.
        (&[41, 9, 40], Activation::Gelu, Loss::BinaryCrossEntropy),
        (&[37, 129, 16, 21, 7], Activation::Tanh, Loss::MeanSquaredError),
    ];
    for (sizes, activation, loss) in kinds {
        let kind = Kind::new(sizes, activation, loss, Reduction::Mean);
        for density in [0.15, 0.45, 0.9] {
            any_form_of_input::<f64>(&kind, density, 1e-12);
            any_form_of_input::<f32>(&kind, density, 2e-5);
        }
    }
}

/// Labels as class numbers, as rows, and as a part of a larger array.
#[test]
fn any_form_of_labels_makes_the_same_steps() -> Result<()> {
    let kind = Kind::new(&SIZES, Activation::Relu, Loss::SoftmaxCrossEntropy, Reduction::Mean);
    let batch = kind.batches::<f64>(&[115], 1).remove(0);
    let t = one_hot::<f64>(115, 7, 2);
    let class = |t: ndarray::ArrayView1<'_, f64>| t.iter().position(|&t| t == 1.0).expect("one of them is 1");
    let classes: Vec<usize> = t.rows().into_iter().map(class).collect();
    let mut wider = Array2::from_elem((115, 10), f64::NAN);
    wider.slice_mut(s![.., 2..9]).assign(&t);
    let part = wider.slice(s![.., 2..9]);
    for form in FORMS {
        let after = |t: Targets<'_, f64>| -> Result<_> {
            let mut network = kind.build::<f64>(1);
            let scores = network.train(batch.input(form), t, &mut Sgd::new(0.1))?;
            Ok((scores, network.values().to_vec()))
        };
        let expected = after((&t).into())?;
        assert_eq!(after((&classes).into())?, expected, "{form:?}");
        assert_eq!(after((&part).into())?, expected, "{form:?}");
    }
    Ok(())
}
