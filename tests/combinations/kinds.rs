//! What a network can be, what it is trained on, and how far results are apart.

use blasnet::nodes::Activate;
use blasnet::{Activation, AdamW, Float, Input, Loss, Mlp, Optimizer, Reduction, Sgd, SparseMatrix};
use ndarray::{Array2, ArrayView1, ArrayView2, Axis, Ix1, Ix2};
use rand::RngExt;

use crate::common::{of, one_hot, random, rng};

pub const ACTIVATIONS: [Activation; 6] = [
    Activation::Relu,
    Activation::LeakyRelu { slope: 0.1 },
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Gelu,
    Activation::Identity,
];

pub const LOSSES: [Loss; 3] = [Loss::SoftmaxCrossEntropy, Loss::MeanSquaredError, Loss::BinaryCrossEntropy];

/// All of a network but its parameters.
#[derive(Debug, Clone)]
pub struct Kind {
    /// `[in, hidden…, out]`.
    pub sizes: Vec<usize>,
    pub activation: Activation,
    pub loss: Loss,
    pub reduction: Reduction,
    pub dropout: f64,
}

impl Kind {
    /// Without dropout.
    pub fn new(sizes: &[usize], activation: Activation, loss: Loss, reduction: Reduction) -> Self {
        Self { sizes: sizes.to_vec(), activation, loss, reduction, dropout: 0.0 }
    }

    pub fn outputs(&self) -> usize {
        self.sizes[self.sizes.len() - 1]
    }

    /// A network with random parameters, biases included. The seed decides on its dropout masks, too.
    pub fn build<A: Float>(&self, seed: u64) -> Mlp<A> {
        let [inputs, hidden @ .., outputs] = &*self.sizes else { panic!("two sizes at least") };
        let builder = hidden.iter().fold(Mlp::<A>::builder(*inputs), |builder, &units| {
            builder.hidden(units, self.activation).dropout(self.dropout)
        });
        let builder = builder.output(*outputs, self.loss).reduction(self.reduction);
        let mut network = builder.build(&mut rng(seed)).expect("a network can be so");
        let noise = random::<A>(1, network.values().len(), seed + 1);
        let values = network.values().iter().zip(noise).map(|(&w, noise)| w + A::of(0.05) * noise);
        let values: Vec<A> = values.collect();
        network.set_values(&values).expect("as many, and finite");
        network
    }

    /// A batch with each of these numbers of rows.
    pub fn batches<A: Float>(&self, rows: &[usize], seed: u64) -> Vec<Batch<A>> {
        let batch = |(number, &rows): (usize, &usize)| {
            let seed = 100 * seed + 10 * number as u64;
            let x = of::<A, _>(&input(rows, self.sizes[0], seed));
            let sparse = SparseMatrix::from_dense(&x);
            Batch { x, sparse, t: labels(self.loss, rows, self.outputs(), seed + 5) }
        };
        rows.iter().enumerate().map(batch).collect()
    }
}

/// Rows, the same rows as a sparse matrix, and their labels.
pub struct Batch<A> {
    pub x: Array2<A>,
    pub sparse: SparseMatrix<A>,
    pub t: Array2<A>,
}

/// How a network is given a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Dense,
    Sparse,
}

pub const FORMS: [Form; 2] = [Form::Dense, Form::Sparse];

impl<A: Float> Batch<A> {
    pub fn input(&self, form: Form) -> Input<'_, A> {
        match form {
            Form::Dense => (&self.x).into(),
            Form::Sparse => (&self.sparse).into(),
        }
    }
}

/// Numbers of both signs among zeros: a third of the elements, none in every fifth row and none in the middle column,
/// but one at least in all.
pub fn input(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut rng = rng(seed);
    let mut x = random::<f64>(rows, columns, seed + 1);
    x.mapv_inplace(|x| if rng.random_bool(0.35) { x } else { 0.0 });
    x[[0, 0]] = 1.0;
    if columns > 2 {
        x.column_mut(empty_column(columns)).fill(0.0);
    }
    x.rows_mut().into_iter().skip(4).step_by(5).for_each(|mut row| row.fill(0.0));
    x
}

/// The column in which [`input`] has no entry, if there are more than two.
pub fn empty_column(columns: usize) -> usize {
    columns / 2
}

/// Labels that fit the loss. Those of the cross-entropies are not all 0 or 1.
pub fn labels<A: Float>(loss: Loss, rows: usize, outputs: usize, seed: u64) -> Array2<A> {
    let mut t = match loss {
        Loss::SoftmaxCrossEntropy => one_hot::<f64>(rows, outputs, seed),
        Loss::BinaryCrossEntropy => random::<f64>(rows, outputs, seed).mapv(|t| t.clamp(0.0, 1.0)),
        _ => random(rows, outputs, seed),
    };
    if loss == Loss::SoftmaxCrossEntropy {
        // Shares that add up to 1.
        for mut row in t.rows_mut().into_iter().skip(2).step_by(3) {
            row.mapv_inplace(|t| 0.5 * t + 0.5 / outputs as f64);
        }
    }
    of(&t)
}

/// How a network is trained.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// W ← W − rate · ∇W, for which no gradient is kept.
    Sgd,
    Momentum,
    AdamW,
}

impl Rule {
    pub const ALL: [Self; 3] = [Self::Sgd, Self::Momentum, Self::AdamW];

    /// With a rate that suits a gradient of this kind.
    pub fn make<A: Float>(self, reduction: Reduction) -> Box<dyn Optimizer<A>> {
        let rate = if reduction == Reduction::Sum { 0.004 } else { 0.1 };
        match self {
            Self::Sgd => Box::new(Sgd::new(rate)),
            Self::Momentum => Box::new(Sgd::new(rate).momentum(0.9)),
            // A larger ε than usual: the difference of two gradients that are 0 but for rounding counts 1/ε times.
            Self::AdamW => Box::new(AdamW::new(0.01).epsilon(1e-3)),
        }
    }
}

/// The largest difference, relative to the larger of 1 and the expected size; NaN if there is one in either.
#[track_caller]
pub fn apart<A: Float>(found: &[A], expected: &[A]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let errors = found.iter().zip(expected).map(|(found, expected)| {
        let (found, expected) = (found.as_f64(), expected.as_f64());
        (found - expected).abs() / expected.abs().max(1.0)
    });
    errors.fold(0.0, |worst, error| if error <= worst { worst } else { error })
}

/// The loss, and its gradient by the chain rule written out, of a network that drops nothing out.
pub fn by_formula(
    network: &Mlp<f64>,
    reduction: Reduction,
    x: &Array2<f64>,
    t: &Array2<f64>,
) -> (f64, Vec<f64>) {
    let arrays: Vec<_> = network.parameters().map(|(_, array)| array).collect();
    let layer = |both: &[ndarray::ArrayViewD<'_, f64>]| {
        let w = both[0].to_owned().into_dimensionality::<Ix2>().expect("weights are a matrix");
        (w, both[1].to_owned().into_dimensionality::<Ix1>().expect("biases are a vector"))
    };
    let layers: Vec<_> = arrays.chunks(2).map(layer).collect();
    let activate = |(activation, _)| Activate::new(activation).expect("its slope is finite");
    let mut nodes: Vec<Activate<f64>> = network.hidden().map(activate).collect();

    let affine = |x: &Array2<f64>, w: ArrayView2<'_, f64>, b: ArrayView1<'_, f64>| x.dot(&w) + b;
    let mut inputs = vec![x.clone()];
    for (node, (w, b)) in nodes.iter_mut().zip(&layers) {
        let z = affine(&inputs[inputs.len() - 1], w.view(), b.view());
        inputs.push(node.forward(&z));
    }
    let (w, b) = &layers[layers.len() - 1];
    let z = affine(&inputs[inputs.len() - 1], w.view(), b.view());
    let (sum, mut dz) = loss_by_formula(network.loss_function(), &z, t);
    if reduction == Reduction::Mean {
        dz /= x.nrows() as f64;
    }

    let mut gradient = Vec::new();
    for (number, (w, _)) in layers.iter().enumerate().rev() {
        let (dw, db) = (inputs[number].t().dot(&dz), dz.sum_axis(Axis(0)));
        gradient.splice(0..0, dw.iter().chain(&db).copied());
        if number > 0 {
            dz = nodes[number - 1].backprop(&dz.dot(&w.t())).expect("it went forward");
        }
    }
    (sum / x.nrows() as f64, gradient)
}

/// The sum of the rows' losses, and its derivative by z.
fn loss_by_formula(loss: Loss, z: &Array2<f64>, t: &Array2<f64>) -> (f64, Array2<f64>) {
    let outputs = z.ncols() as f64;
    match loss {
        Loss::SoftmaxCrossEntropy => {
            let mut log_y = z.clone();
            for mut row in log_y.rows_mut() {
                let max = row.fold(f64::NEG_INFINITY, |max, &z| max.max(z));
                let log_sum = row.fold(0.0, |sum, &z| sum + (z - max).exp()).ln();
                row -= max + log_sum;
            }
            (-(&log_y * t).sum(), log_y.exp() - t)
        }
        Loss::MeanSquaredError => {
            let error = z - t;
            ((&error * &error).sum() / outputs, error * (2.0 / outputs))
        }
        _ => {
            let y = z.mapv(|z| 1.0 / (1.0 + (-z).exp()));
            let of_yes = (t * &y.mapv(f64::ln)).sum();
            let of_no = ((1.0 - t) * y.mapv(|y| (1.0 - y).ln())).sum();
            (-(of_yes + of_no) / outputs, (y - t) / outputs)
        }
    }
}
