//! [`Dense`]: a training step on dense input, its products by BLAS, for a chain of any number of layers.

use std::sync::{PoisonError, RwLock};

use ndarray::{Array1, Array2, ArrayRef2, ArrayViewMut1, s};

use super::batch::{Batch, Own, input};
use super::units::{Common, Gate, Gemm, Hidden, Sides, Units, change_biases, change_weights};
use super::{PerPiece, add_up, row_sum};
use crate::Float;
use crate::compute::kernels;
use crate::compute::linalg::{gemm, gemm_on_this_thread};
use crate::compute::parallel::{self, in_step, in_two_phases};
use crate::nn::weights::{LayerMut, Shape};
use crate::ops::Scores;
use crate::ops::loss::Loss;

/// Every buffer that a step needs, allocated by the first step and when a batch is larger than any
/// before.
#[derive(Debug)]
pub(crate) struct Dense<A> {
    /// Rows that there is room for.
    rows: usize,
    /// What each hidden layer makes of a batch.
    layers: Vec<Layer<A>>,
    /// What each piece of the last hidden layer contributes to the logits: `[batch, out]`. Each piece writes its
    /// own, and reads all when the others have written theirs, so that nobody waits at these locks.
    shares: Vec<RwLock<Array2<A>>>,
    own: Vec<Own<A>>,
}

/// What a hidden layer makes of a batch: `[batch, units]` each.
#[derive(Debug)]
struct Layer<A> {
    /// Its output.
    h: Array2<A>,
    /// The derivative by the output, then by what went into the activation.
    dh: Array2<A>,
    /// The activation's own derivative, if it is not told by the output.
    slope: Option<Array2<A>>,
    /// The sum of the rows of dh: `[units]`.
    db: Array1<A>,
}

/// A chain of affine layers with what lies between and behind them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chain<'a> {
    pub(crate) shape: &'a Shape,
    /// The layers but the last.
    pub(crate) hidden: &'a [Hidden],
    pub(crate) loss: Loss,
    /// Decides which units drop out in this step; none do without.
    pub(crate) key: Option<u32>,
}

/// Where a step's gradient goes to.
#[derive(Debug)]
pub(crate) enum Gradient<'a, A> {
    /// To the parameters, times −rate, as soon as it is made.
    Descend { rate: A },
    /// To an array like the parameters'.
    Keep { gradient: &'a mut [A] },
}

impl<A> Default for Dense<A> {
    fn default() -> Self {
        Self { rows: 0, layers: Vec::new(), shares: Vec::new(), own: Vec::new() }
    }
}

/// A copy of a network allocates its own buffers when it is trained.
impl<A> Clone for Dense<A> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Units of a hidden layer in a piece are a multiple of this, a cache line of f32.
const COLUMNS: usize = 16;

/// What all parts of a step are told.
#[derive(Clone, Copy)]
struct Pass<'a, A> {
    chain: Chain<'a>,
    batch: Batch<'a, A>,
    rows: usize,
    pieces: usize,
    /// What a gradient is multiplied by.
    factor: A,
    gemm: Gemm<A>,
}

impl<A: Float> Dense<A> {
    /// Gives the scores from before the step; shapes fit and the batch is not empty.
    ///
    /// Where the loss is no finite number nothing is changed. `scale` is what the gradient of the sum over the
    /// batch is multiplied by.
    ///
    /// Forward by the units of one hidden layer after the other, each thread having some of them with the
    /// weights before them; at the last it turns, and goes back with the weights behind them.
    pub(crate) fn step(
        &mut self,
        chain: Chain<'_>,
        parameters: &mut [A],
        batch: Batch<'_, A>,
        scale: A,
        gradient: Gradient<'_, A>,
    ) -> Scores {
        let (factor, mut gradient) = match gradient {
            Gradient::Descend { rate } => (-rate * scale, None),
            Gradient::Keep { gradient } => (scale, Some(gradient)),
        };
        let rows = batch.rows();
        let pieces = pieces(rows, chain.shape.sizes());
        // In one piece a product may still be shared out, by rayon or by OpenBLAS.
        let gemm: Gemm<A> = if pieces == 1 { gemm } else { gemm_on_this_thread };
        let pass = Pass { chain, batch, rows, pieces, factor, gemm };
        self.reserve(pass);

        let Some(last) = chain.hidden.len().checked_sub(1) else {
            return self.without_hidden_layer(pass, parameters, gradient);
        };
        for layer in 0..last {
            self.forward(pass, layer, parameters);
        }
        let scores = self.turn(pass, last, parameters, gradient.as_deref_mut());
        if scores.loss.is_finite() {
            for layer in (0..last).rev() {
                self.back(pass, layer, parameters, gradient.as_deref_mut());
            }
        }
        scores
    }

    fn forward(&mut self, pass: Pass<'_, A>, layer: usize, parameters: &mut [A]) {
        let (before, layers) = self.layers.split_at_mut(layer);
        let (units, _) = pass.units(layer, parameters, None, &mut layers[0]);
        let work = (units, PerPiece(&mut self.own[..pass.pieces]));
        in_step(work, COLUMNS, pass.pieces, |(mut units, mut own)| {
            pass.forward(layer, &mut units, before.last(), own.get());
        });
    }

    /// Forward through the last hidden layer, to the loss, and back to the same layer.
    fn turn(
        &mut self,
        pass: Pass<'_, A>,
        layer: usize,
        parameters: &mut [A],
        gradient: Option<&mut [A]>,
    ) -> Scores {
        let (before, layers) = self.layers.split_at_mut(layer);
        let (units, mut output) = pass.units(layer, parameters, gradient, &mut layers[0]);
        let shares = &self.shares[..pass.pieces];
        let rows = s![..pass.rows, ..];

        let forward = |(units, own): &mut (Units<'_, A>, PerPiece<'_, Own<A>>)| {
            let own = own.get();
            let mut share = shares[own.piece].write().unwrap_or_else(PoisonError::into_inner);
            pass.forward(layer, units, before.last(), own);
            units.contribute(pass.common(layer), &mut share.slice_mut(rows));
        };
        let back = |(mut units, mut own): (Units<'_, A>, PerPiece<'_, Own<A>>)| {
            let own = own.get();
            add_up(shares, &output.b, &mut own.z.slice_mut(rows));
            let scores = own.loss(pass.chain.loss, pass.batch);
            if scores.loss.is_finite() {
                let x = (layer == 0).then(|| input(pass.batch, &own.x));
                units.back(pass.common(layer), &own.dz.slice(rows), x);
            }
            scores
        };
        let work = (units, PerPiece(&mut self.own[..pass.pieces]));
        let scores = in_two_phases(work, COLUMNS, pass.pieces, forward, back);
        if scores.loss.is_finite() {
            output.change_biases(pass.factor, &self.own[0].dz.slice(rows));
        }
        scores
    }

    fn back(&mut self, pass: Pass<'_, A>, layer: usize, parameters: &mut [A], gradient: Option<&mut [A]>) {
        let [this, next] = &mut self.layers[layer..layer + 2] else { unreachable!("this is not the last") };
        let (units, _) = pass.units(layer, parameters, gradient, this);
        let work = (units, PerPiece(&mut self.own[..pass.pieces]));
        let dz = next.dh.slice(s![..pass.rows, ..]);
        in_step(work, COLUMNS, pass.pieces, |(mut units, mut own)| {
            let x = (layer == 0).then(|| input(pass.batch, &own.get().x));
            units.back(pass.common(layer), &dz, x);
        });
    }

    /// The whole step of a single layer.
    fn without_hidden_layer(
        &mut self,
        pass: Pass<'_, A>,
        parameters: &mut [A],
        gradient: Option<&mut [A]>,
    ) -> Scores {
        let own = &mut self.own[0];
        let rows = s![..pass.rows, ..];
        let (LayerMut { mut w, b }, _) = pass.chain.shape.layer_and_next(parameters, 0);
        let mut gradient = gradient.map(|gradient| pass.chain.shape.layer_and_next(gradient, 0).0);
        own.take_in(pass.batch);
        let mut z = own.z.slice_mut(rows);
        z.assign(&b);
        (pass.gemm)(A::one(), &input(pass.batch, &own.x), &w, A::one(), &mut z);
        let scores = own.loss(pass.chain.loss, pass.batch);
        if scores.loss.is_finite() {
            let dz = own.dz.slice(rows);
            let target = gradient.as_mut().map(|gradient| &mut gradient.w);
            change_weights(pass.gemm, pass.factor, &input(pass.batch, &own.x), &dz, &mut w, target);
            Output { b, gradient: gradient.map(|gradient| gradient.b) }.change_biases(pass.factor, &dz);
        }
        scores
    }

    fn reserve(&mut self, pass: Pass<'_, A>) {
        let Pass { chain, batch, rows, pieces, .. } = pass;
        let [inputs, middle @ .., outputs] = chain.shape.sizes() else { unreachable!("two sizes at least") };
        if self.rows < rows {
            let layer = |(hidden, &width): (&Hidden, &usize)| Layer::zeros(rows, width, *hidden);
            *self = Self {
                rows,
                layers: chain.hidden.iter().zip(middle).map(layer).collect(),
                ..Self::default()
            };
        }
        let zeros = |columns| Array2::zeros((self.rows, columns));
        for piece in self.own.len()..pieces {
            self.shares.push(RwLock::new(zeros(*outputs)));
            self.own.push(Own::new(piece, self.rows, *outputs));
        }
        for own in &mut self.own[..pieces] {
            own.reserve(batch, *inputs);
        }
    }
}

/// How many pieces to make of a step, by its largest layer.
fn pieces(rows: usize, sizes: &[usize]) -> usize {
    let largest = sizes.windows(2).map(|size| size[0].saturating_mul(size[1])).max().unwrap_or(0);
    let widest = sizes[1..sizes.len() - 1].iter().max();
    parallel::pieces_of_product(rows, largest, 1).clamp(1, (widest.unwrap_or(&0) / COLUMNS).max(1))
}

impl<'a, A: Float> Pass<'a, A> {
    fn common(&self, layer: usize) -> Common<A> {
        let key = self.chain.key.map(|key| kernels::hash(key, layer as u32));
        Common { hidden: self.chain.hidden[layer], key, factor: self.factor, gemm: self.gemm }
    }

    /// All units of a layer, and the biases of the next.
    fn units<'b>(
        &self,
        layer: usize,
        parameters: &'b mut [A],
        gradient: Option<&'b mut [A]>,
        made: &'b mut Layer<A>,
    ) -> (Units<'b, A>, Output<'b, A>) {
        let sides = |values| {
            let (LayerMut { w, b }, next) = self.chain.shape.layer_and_next(values, layer);
            let next = next.expect("there is a layer behind a hidden one");
            (Sides { w_in: w, b, w_out: next.w }, next.b)
        };
        let (parameters, b) = sides(parameters);
        let (gradient, gradient_b) = gradient.map(sides).unzip();
        let rows = s![..self.rows, ..];
        let Layer { h, dh, slope, db } = made;
        let units = Units {
            first: 0,
            parameters,
            gradient,
            h: h.slice_mut(rows),
            dh: dh.slice_mut(rows),
            slope: slope.as_mut().map(|slope| slope.slice_mut(rows)),
            db: db.view_mut(),
        };
        (units, Output { b, gradient: gradient_b })
    }

    /// Units' way forward: from the layer before, or from the batch, which a piece takes in for itself.
    fn forward(&self, layer: usize, units: &mut Units<'_, A>, before: Option<&Layer<A>>, own: &mut Own<A>) {
        match before {
            Some(before) => units.forward(self.common(layer), &before.h.slice(s![..self.rows, ..])),
            None => {
                own.take_in(self.batch);
                units.forward(self.common(layer), &input(self.batch, &own.x));
            }
        }
    }
}

/// The biases of the last layer, and their gradient where that is kept.
struct Output<'a, A> {
    b: ArrayViewMut1<'a, A>,
    gradient: Option<ArrayViewMut1<'a, A>>,
}

impl<A: Float> Output<'_, A> {
    fn change_biases(&mut self, factor: A, dz: &ArrayRef2<A>) {
        change_biases(factor, row_sum(dz), &mut self.b, self.gradient.as_mut());
    }
}

impl<A: Float> Layer<A> {
    fn zeros(rows: usize, width: usize, hidden: Hidden) -> Self {
        let zeros = || Array2::zeros((rows, width));
        let slope = (hidden.gate() == Gate::Slope).then(zeros);
        Self { h: zeros(), dh: zeros(), slope, db: Array1::zeros(width) }
    }
}
