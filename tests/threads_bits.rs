//! Steps and answers have the same bits on any number of threads, while OpenBLAS runs one.
//!
//! What is computed here is large enough to be shared out: see `SHARE_PRODUCT` and `SHARE` in src/compute/parallel.rs.
//! Steps are cut into five pieces at least where five threads or more take part, as far as a layer has strips.

mod common;

use blasnet::parallel::SingleThreadedBlas;
use blasnet::{
    Activation, AdamW, Clipped, Dataset, Float, Input, InputForm, Loss, Mlp, Optimizer, Scores, Sgd,
    SparseMatrix, evaluate,
};
use common::{pool, random_data, rng};
use ndarray::{Array2, Axis};

const POOLS: [usize; 4] = [2, 3, 5, 8];

/// A layer's units, what comes after them, and how many drop out.
type Hidden = (usize, Activation, f64);

const INPUTS: usize = 200;

/// Networks for dense input, whose layers are cut into strips of about 256 units, and the rows of their batches.
const DENSE: [(&[Hidden], usize, Loss, usize); 4] = [
    (&[], 250, Loss::SoftmaxCrossEntropy, 110),
    (&[(1300, Activation::Relu, 0.0)], 10, Loss::SoftmaxCrossEntropy, 25),
    (&[(1300, Activation::Tanh, 0.3)], 40, Loss::MeanSquaredError, 25),
    (
        &[(1300, Activation::Relu, 0.3), (70, Activation::Gelu, 0.0), (600, Activation::Sigmoid, 0.2)],
        10,
        Loss::BinaryCrossEntropy,
        25,
    ),
];

/// The same for sparse input, for which a first layer is cut into the kernels' blocks. Batches are longer than a tile of
/// rows.
const SPARSE: [(&[Hidden], usize, Loss, usize); 4] = [
    (&[], 250, Loss::BinaryCrossEntropy, 250),
    (&[(700, Activation::Relu, 0.0)], 10, Loss::SoftmaxCrossEntropy, 115),
    (&[(700, Activation::Identity, 0.3)], 40, Loss::SoftmaxCrossEntropy, 115),
    (
        &[
            (700, Activation::Gelu, 0.0),
            (300, Activation::Relu, 0.2),
            (70, Activation::LeakyRelu { slope: 0.1 }, 0.3),
        ],
        10,
        Loss::MeanSquaredError,
        115,
    ),
];

/// What is computed, and its bits.
type Bits = Vec<(&'static str, Vec<u64>)>;

fn bits<'a, A: Float>(numbers: impl IntoIterator<Item = &'a A>) -> Vec<u64> {
    numbers.into_iter().map(|number| number.as_f64().to_bits()).collect()
}

fn of_scores(scores: Scores) -> Vec<u64> {
    bits(&[scores.loss, scores.accuracy])
}

fn build<A: Float>((hidden, outputs, loss, _): (&[Hidden], usize, Loss, usize)) -> Mlp<A> {
    let builder = hidden.iter().fold(Mlp::<A>::builder(INPUTS), |builder, &(units, activation, dropout)| {
        builder.hidden(units, activation).dropout(dropout)
    });
    builder.output(outputs, loss).build(&mut rng(1)).expect("a network can be so")
}

/// 1,300 rows, of which a fifth of the pixels is not 0.
fn data(classes: usize, form: InputForm) -> Dataset {
    random_data(1300, INPUTS, u8::try_from(classes).expect("few classes"), 0.2, 1).read_as(form)
}

/// The rows of a data set as arrays and sparse floats.
struct Rows<A> {
    x: Array2<A>,
    sparse: SparseMatrix<A>,
    t: Array2<A>,
}

impl<A: Float> Rows<A> {
    fn of(data: &Dataset, rows: &[usize]) -> Self {
        let x = data.to_floats::<A>().select(Axis(0), rows);
        Self { sparse: SparseMatrix::from_dense(&x), x, t: data.one_hot::<A>().select(Axis(0), rows) }
    }

    fn input(&self, form: InputForm) -> Input<'_, A> {
        if form == InputForm::Sparse { (&self.sparse).into() } else { (&self.x).into() }
    }
}

/// Steps by three optimisers, one after the other, and a gradient. A norm of so many numbers is added up in pieces.
fn steps<A: Float>(
    network: &mut Mlp<A>,
    data: &Dataset,
    form: InputForm,
    batch: &Rows<A>,
    rows: &[usize],
) -> Bits {
    let mut all = Bits::new();
    let optimizers: [(&str, Box<dyn Optimizer<A>>); 3] = [
        ("plain", Box::new(Sgd::new(0.1))),
        ("momentum", Box::new(Sgd::new(0.1).momentum(0.9))),
        ("clipped AdamW", Box::new(Clipped::by_norm(AdamW::new(0.01), 1e-3))),
    ];
    for (name, mut optimizer) in optimizers {
        let scores = network.train(batch.input(form), &batch.t, &mut *optimizer).expect("the shapes fit");
        all.push((name, of_scores(scores)));
        let scores = network.train_on(data, rows, &mut *optimizer).expect("the data fits");
        all.push((name, of_scores(scores)));
        all.push((name, bits(network.values())));
    }
    let (scores, gradient) = network.gradient(batch.input(form), &batch.t).expect("the shapes fit");
    all.push(("gradient", of_scores(scores)));
    all.push(("gradient", bits(gradient)));
    all
}

/// How well a network does on 1,300 rows.
fn scores<A: Float>(network: &Mlp<A>, data: &Dataset, form: InputForm, all_rows: &Rows<A>) -> Bits {
    let scores = network.scores(all_rows.input(form), &all_rows.t).expect("the shapes fit");
    let evaluated = evaluate(network, data).expect("the data fits");
    vec![("scores", of_scores(scores)), ("evaluate", of_scores(evaluated))]
}

#[track_caller]
fn assert_same(what: &str, compute: impl Fn() -> Bits + Sync) {
    let expected = pool(1).install(&compute);
    for threads in POOLS {
        for ((name, found), (_, expected)) in pool(threads).install(&compute).iter().zip(&expected) {
            let differ = found.iter().zip(expected).filter(|(found, expected)| found != expected).count();
            assert!(found.len() == expected.len() && differ == 0, "{what}, {threads} threads: {name}");
        }
    }
}

fn any_number_of_threads<A: Float>(form: InputForm) {
    let _rayon_has_the_threads = SingleThreadedBlas::new();
    for kind in if form == InputForm::Sparse { SPARSE } else { DENSE } {
        let data = data(kind.1, form);
        let rows: Vec<usize> = (0..kind.3).map(|k| (k * k + 31) % 1300).collect();
        let (batch, all_rows) =
            (Rows::<A>::of(&data, &rows), Rows::of(&data, &(0..1300).collect::<Vec<_>>()));
        let start = build::<A>(kind);
        let what = format!("{kind:?}, {form:?}");
        assert_same(&what, || steps(&mut start.clone(), &data, form, &batch, &rows));
        let forward = || bits(&start.forward(all_rows.input(form)).expect("the shapes fit"));
        assert_same(&what, || vec![("forward", forward())]);
        // The losses of more than 2¹⁷ outputs are added up in pieces.
        if 1300 * kind.1 < 1 << 17 {
            assert_same(&what, || scores(&start, &data, form, &all_rows));
        }
    }
}

#[test]
fn dense_input_in_f32() {
    any_number_of_threads::<f32>(InputForm::Dense);
}

#[test]
fn dense_input_in_f64() {
    any_number_of_threads::<f64>(InputForm::Dense);
}

#[test]
fn sparse_input_in_f32() {
    any_number_of_threads::<f32>(InputForm::Sparse);
}

#[test]
fn sparse_input_in_f64() {
    any_number_of_threads::<f64>(InputForm::Sparse);
}

fn scores_of_many_outputs<A: Float>() {
    let _rayon_has_the_threads = SingleThreadedBlas::new();
    let data = data(250, InputForm::Dense);
    let (network, all_rows) = (build::<A>(DENSE[0]), Rows::of(&data, &(0..1300).collect::<Vec<_>>()));
    assert_same("250 outputs", || scores(&network, &data, InputForm::Dense, &all_rows));
}

#[test]
fn scores_of_many_outputs_have_the_same_bits() {
    scores_of_many_outputs::<f32>();
    scores_of_many_outputs::<f64>();
}
