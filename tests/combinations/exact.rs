//! Optimisers that go by the sign of the gradient, on numbers that no sum rounds: bit for bit the same on sparse and on
//! dense input.

use blasnet::{Activation, Averaged, Float, Layout, Loss, Mlp, Optimizer, Reduction, Result, SparseMatrix};
use rand::RngExt;

use crate::common::{random, rng};
use crate::kinds::{Batch, FORMS, Form, Kind, empty_column, input};

/// Lion (Chen et al., *Symbolic discovery of optimization algorithms*, 2023), with factors that are powers of 2.
///
/// A step has the same size for each parameter, so that a gradient of 0 instead of one that is almost 0 shows.
struct Lion<A> {
    momentum: Vec<A>,
    sign: fn(A) -> A,
}

const RATE: f64 = 1.0 / 16.0;

impl<A: Float> Lion<A> {
    fn new(sign: fn(A) -> A) -> Self {
        Self { momentum: Vec::new(), sign }
    }
}

impl<A: Float> Optimizer<A> for Lion<A> {
    fn step(&mut self, parameters: &mut [A], gradient: &mut [A], _: &Layout) -> Result<()> {
        self.momentum.resize(parameters.len(), A::zero());
        for ((w, &mut dw), momentum) in parameters.iter_mut().zip(gradient).zip(&mut self.momentum) {
            *w -= A::of(RATE) * (self.sign)(A::of(0.5) * *momentum + A::of(0.5) * dw);
            *momentum = A::of(0.75) * *momentum + A::of(0.25) * dw;
        }
        Ok(())
    }

    fn learning_rate(&self) -> f64 {
        RATE
    }

    fn set_learning_rate(&mut self, _: f64) {}
}

/// Lion's sign, of which that of 0 is 0.
fn sign<A: Float>(x: A) -> A {
    if x == A::zero() { x } else { x.signum() }
}

/// The sign bit, of which even +0 and −0 have another one.
fn sign_bit<A: Float>(x: A) -> A {
    x.signum()
}

/// Batches of −1, 0 and 1 for numbers that end after a few binary places. Their lengths are powers of 2, and one is
/// longer than a tile.
fn batches<A: Float>(kind: &Kind, rows: &[usize]) -> Vec<Batch<A>> {
    let batch = |(number, &rows): (u64, &usize)| {
        let x =
            input(rows, kind.sizes[0], 10 * number).mapv(|x| A::of(if x == 0.0 { 0.0 } else { x.signum() }));
        let t = random::<f64>(rows, kind.outputs(), 10 * number + 3).mapv(|t| A::of(t.round()));
        Batch { sparse: SparseMatrix::from_dense(&x), x, t }
    };
    (1..).zip(rows).map(batch).collect()
}

/// Parameters that are eighths.
fn network<A: Float>(kind: &Kind, seed: u64) -> Mlp<A> {
    let mut network = kind.build::<A>(1);
    let mut rng = rng(seed);
    let values: Vec<A> =
        network.values().iter().map(|_| A::of(f64::from(rng.random_range(-4..=4)) / 8.0)).collect();
    network.set_values(&values).expect("as many, and finite");
    network
}

fn bits<A: Float>(numbers: &[A]) -> Vec<u64> {
    numbers.iter().map(|number| number.as_f64().to_bits()).collect()
}

/// Activations that do not round such numbers, at depths at which products of them are exact.
fn kinds<A: Float>() -> Vec<Kind> {
    let leaky = Activation::LeakyRelu { slope: 0.5 };
    let mut kinds = vec![(&[37, 8][..], Activation::Identity), (&[37, 65, 8], Activation::Relu)];
    if size_of::<A>() == 8 {
        kinds.extend([
            (&[37, 65, 8][..], leaky),
            (&[37, 21, 9, 4], Activation::Relu),
            (&[37, 65, 9, 64], leaky),
        ]);
    }
    let reductions = [Reduction::Mean, Reduction::Sum].into_iter().cycle();
    let kind =
        |((sizes, activation), reduction)| Kind::new(sizes, activation, Loss::MeanSquaredError, reduction);
    kinds.into_iter().zip(reductions).map(kind).collect()
}

fn signs_decide_alike<A: Float>(rows: &[usize]) -> Result<()> {
    for kind in kinds::<A>() {
        for sign in [sign::<A>, sign_bit::<A>] {
            let start = network::<A>(&kind, 2);
            let mut trained = FORMS.map(|form| (form, start.clone(), Averaged::new(Lion::new(sign), 1.0)));
            for batch in batches(&kind, rows) {
                let mut gradients = Vec::new();
                for (form, network, optimizer) in &mut trained {
                    gradients.push(bits(network.gradient(batch.input(*form), &batch.t)?.1));
                    network.train(batch.input(*form), &batch.t, optimizer)?;
                }
                // That of a zero, too.
                assert!(gradients[0] == gradients[1], "{kind:?}: a gradient is not the dense one");
            }
            let [(_, dense, of_dense), (_, sparse, of_sparse)] = &trained;
            assert_ne!(dense.values(), start.values());
            assert_eq!(bits(sparse.values()), bits(dense.values()), "{kind:?}");
            assert_eq!(bits::<A>(of_sparse.average()?), bits::<A>(of_dense.average()?), "{kind:?}");
        }
    }
    Ok(())
}

#[test]
fn optimisers_by_sign_make_the_same_steps_in_f64() -> Result<()> {
    signs_decide_alike::<f64>(&[8, 128, 1])
}

#[test]
fn optimisers_by_sign_make_the_same_steps_in_f32() -> Result<()> {
    signs_decide_alike::<f32>(&[8, 4, 1])
}

/// Where a column never has an entry, its weights have no gradient, not even one of rounding.
#[test]
fn weights_of_an_empty_column_stay_where_they_are() -> Result<()> {
    let kind = Kind::new(&[37, 65, 16, 7], Activation::Gelu, Loss::SoftmaxCrossEntropy, Reduction::Mean);
    let mut network = kind.build::<f32>(1);
    let column = empty_column(37) * 65..(empty_column(37) + 1) * 65;
    let before = network.values()[column.clone()].to_vec();
    let mut lion = Lion::new(sign::<f32>);
    for batch in kind.batches::<f32>(&[9, 115, 1], 1) {
        network.train(batch.input(Form::Sparse), &batch.t, &mut lion)?;
    }
    assert_eq!(network.values()[column], before);
    assert_ne!(network.values()[..65], before);
    Ok(())
}
