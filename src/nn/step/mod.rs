//! The training step: forward, the loss, and back, with the update or the gradient as its result.
//!
//! Threads share each hidden layer out by its units: each thread has some of them to itself, with their weights on both
//! sides, which so stay in its own cache. At the last hidden layer threads wait for each other in the middle, for the
//! outputs, to which each unit contributes. Gathering, softmax and loss take so little time that each thread does them
//! for itself: it would have to wait for another, and to fetch what lies in the other's cache.
//!
//! What a unit computes does not depend on the thread that has it, nor do the [strips](cuts) that BLAS's products are cut
//! into. So a step gives the same bits on any number of threads, while OpenBLAS runs one.

mod batch;
mod cuts;
mod matrix;
mod narrow;
mod single;
#[cfg(test)]
mod tests;
mod turn;
mod units;

use std::ops::Range;
use std::sync::{PoisonError, RwLock};

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, ArrayViewMut1, s};

use crate::compute::aligned::Aligned;
use crate::compute::kernels::{self, Isa};
use crate::compute::parallel::{self, Split, in_step};
use crate::nn::shape::{LayerMut, ParametersMut, Shape};
use crate::ops::Scores;
use crate::ops::loss::Loss;
use crate::sparse::{PairList, most_rows, row_tiles};
use crate::{Activation, Float};

use batch::Own;
pub(crate) use batch::{Batch, Labels, Source};
pub(crate) use cuts::dense as strips;
use matrix::Matrix;
pub(crate) use units::Hidden;
use units::{Common, Gate, Sides, Strip, Units, change_biases};

/// Every buffer that a step needs, allocated by the first step and when a batch is larger than any
/// before.
#[derive(Debug)]
pub(crate) struct Step<A> {
    /// Rows that there is room for, and the instruction set that the room is made for.
    rows: usize,
    isa: Isa,
    /// What each hidden layer makes of a batch.
    layers: Vec<Layer<A>>,
    /// Where each layer is cut, the only one too.
    cuts: Vec<Cut>,
    /// What each strip of the last hidden layer contributes to the outputs: `[batch, out]`; of a single layer, the
    /// outputs of each strip. Each thread writes its own, and reads all when the others have written theirs, so that
    /// nobody waits at these locks.
    shares: Vec<RwLock<Array2<A>>>,
    own: Vec<Own<A>>,
}

/// Where a layer is cut: [`cuts`] has the rules.
#[derive(Debug)]
struct Cut {
    dense: Vec<usize>,
    sparse: Vec<usize>,
}

/// What a hidden layer makes of a batch: numbers for each row and unit.
#[derive(Debug)]
struct Layer<A> {
    /// Its output.
    h: Matrix<A>,
    /// The derivative by the output, then by what went into the activation.
    dh: Matrix<A>,
    /// The activation's own derivative, where the output does not say it.
    slope: Option<Matrix<A>>,
    /// The sum of the rows of dh.
    db: Array1<A>,
}

/// A chain of affine layers, and what comes after each.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chain<'a> {
    pub(crate) shape: &'a Shape,
    /// The layers but the last.
    pub(crate) hidden: &'a [Hidden],
    pub(crate) loss: Loss,
}

impl Chain<'_> {
    /// What comes after a layer; after the last, nothing that changes its outputs.
    fn hidden(&self, layer: usize) -> Hidden {
        let output = Hidden { activation: Activation::Identity, dropout: 0.0 };
        self.hidden.get(layer).copied().unwrap_or(output)
    }
}

/// What a step is to do with its batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task<A> {
    /// What the gradient of the sum over the batch is multiplied by.
    pub(crate) scale: A,
    /// Decides which units drop out; none do without.
    pub(crate) key: Option<u32>,
    /// The number of the batch's first row, where it is a part of a larger batch.
    pub(crate) first_row: usize,
}

/// Where a step's gradient goes.
#[derive(Debug)]
pub(crate) enum Gradient<'a, A> {
    /// To the parameters, times −rate, as soon as it is made.
    Descend { rate: A },
    /// To an array like the parameters.
    Keep { gradient: &'a mut [A] },
}

impl<A> Default for Step<A> {
    fn default() -> Self {
        Self {
            rows: 0,
            isa: Isa::Baseline,
            layers: Vec::new(),
            cuts: Vec::new(),
            shares: Vec::new(),
            own: Vec::new(),
        }
    }
}

/// A copy of a network allocates its own buffers when it is trained.
impl<A> Clone for Step<A> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// What all parts of a step know.
#[derive(Clone, Copy)]
struct Pass<'a, A> {
    isa: Isa,
    chain: Chain<'a>,
    batch: Batch<'a, A>,
    task: Task<A>,
    rows: usize,
    /// Pieces that threads make of a layer, if it has so many strips.
    pieces: usize,
    /// What the derivative of the sum of losses is multiplied by.
    factor: A,
}

impl<A: Float> Step<A> {
    /// Gives the scores from before the step; shapes fit and the batch is not empty.
    ///
    /// Where the loss is no finite number nothing is changed.
    ///
    /// Forward by the units of one hidden layer after the other, each thread having some of them with the
    /// weights before them; at the last it turns, and goes back with the weights after them.
    pub(crate) fn run(
        &mut self,
        chain: Chain<'_>,
        mut parameters: ParametersMut<'_, A>,
        batch: Batch<'_, A>,
        task: Task<A>,
        gradient: Gradient<'_, A>,
    ) -> Scores {
        let (factor, mut gradient) = match gradient {
            Gradient::Descend { rate } => (-rate * task.scale, None),
            Gradient::Keep { gradient } => (task.scale, Some(ParametersMut::of(chain.shape, gradient))),
        };
        let (isa, rows, pieces) = (Isa::best(), batch.rows(), pieces(&batch, chain.shape.sizes()));
        let pass = Pass { isa, chain, batch, task, rows, pieces, factor };
        self.reserve(pass);

        let Some(last) = chain.hidden.len().checked_sub(1) else {
            return self.single(pass, &mut parameters, gradient.as_mut());
        };
        for layer in 0..last {
            self.forward(pass, layer, &mut parameters);
        }
        let scores = self.turn(pass, last, &mut parameters, gradient.as_mut());
        if scores.loss.is_finite() {
            for layer in (0..last).rev() {
                self.back(pass, layer, &mut parameters, gradient.as_mut());
            }
        }
        scores
    }

    fn forward(&mut self, pass: Pass<'_, A>, layer: usize, parameters: &mut ParametersMut<'_, A>) {
        let (before, layers) = self.layers.split_at_mut(layer);
        let (units, _) = pass.units(layer, &self.cuts[layer], parameters, None, &mut layers[0]);
        let pieces = pass.pieces.min(units.strips());
        let work = (units, PerPiece(&mut self.own[..pieces]));
        in_step(work, 1, pieces, |(mut units, mut own)| {
            pass.forward(layer, &mut units, before.last(), own.get(), |_, _, _| {});
        });
    }

    fn back(
        &mut self,
        pass: Pass<'_, A>,
        layer: usize,
        parameters: &mut ParametersMut<'_, A>,
        gradient: Option<&mut ParametersMut<'_, A>>,
    ) {
        let [this, next] = &mut self.layers[layer..layer + 2] else { unreachable!("this is not the last") };
        let width = pass.chain.shape.sizes()[layer + 2];
        let (units, _) = pass.units(layer, &self.cuts[layer], parameters, gradient, this);
        let pieces = pass.pieces.min(units.strips());
        let work = (units, PerPiece(&mut self.own[..pieces]));
        let dz = next.dh.view(pass.rows, width);
        in_step(work, 1, pieces, |(mut units, mut own)| {
            for strip in 0..units.strips() {
                let mut strip = units.strip(strip);
                strip.back(pass.common(layer), &dz);
                strip.change_biases();
                pass.change_first(layer, &mut strip, own.get());
            }
        });
    }

    fn reserve(&mut self, pass: Pass<'_, A>) {
        let Pass { isa, chain, batch, rows, .. } = pass;
        let [inputs, middle @ .., outputs] = chain.shape.sizes() else { unreachable!("two sizes at least") };
        if self.rows < rows || self.isa != isa {
            *self = Self { rows, isa, ..Self::default() };
            self.cuts = chain.shape.sizes()[1..].iter().map(|&units| Cut::of::<A>(isa, units)).collect();
            let layers = if middle.is_empty() { std::slice::from_ref(outputs) } else { middle };
            let layer = |(layer, &units)| Layer::zeros(isa, rows, units, chain.hidden(layer));
            self.layers = layers.iter().enumerate().map(layer).collect();
            // Of the last hidden layer, or of the only one.
            let cut = &self.cuts[chain.hidden.len().saturating_sub(1)];
            let share = || RwLock::new(Array2::zeros((rows, *outputs)));
            self.shares = (0..cut.dense.len().max(cut.sparse.len()) - 1).map(|_| share()).collect();
        }
        let units = middle.last().unwrap_or(outputs);
        let narrow = if *outputs <= narrow::OUTPUTS { outputs * cuts::room::<A>(isa, *units) } else { 0 };
        for _ in self.own.len()..pass.pieces {
            let mut own = Own::new(self.rows, *outputs);
            (own.w, own.dw) = (Aligned::zeros(narrow), Aligned::zeros(narrow));
            own.b = Aligned::zeros(kernels::block_columns::<A>(isa));
            own.dh = Aligned::zeros(most_rows(self.rows) * kernels::block_columns::<A>(isa));
            self.own.push(own);
        }
        for own in &mut self.own[..pass.pieces] {
            own.reserve(batch, *inputs);
            let Source::Sparse(x) = &batch.x else { continue };
            own.tile.reserve(x);
            own.packing.reserve(isa, x);
            let tiles = row_tiles(rows).count();
            if own.lists.len() < tiles {
                own.lists.resize_with(tiles, PairList::new);
            }
            own.lists[..tiles].iter_mut().for_each(|list| list.reserve(x, most_rows(rows)));
        }
    }
}

/// How many pieces threads should make of a step, by its largest layer.
fn pieces<A: Float>(batch: &Batch<'_, A>, sizes: &[usize]) -> usize {
    let products = |sizes: &[usize]| sizes.windows(2).map(|size| size[0].saturating_mul(size[1])).max();
    let rows = batch.rows();
    if let Source::Sparse(x) = batch.x {
        // Once forward and once back.
        let first = 2 * rows * sizes[1] * x.average();
        let outputs = sizes[sizes.len() - 1];
        if sizes.len() <= 3 && outputs <= narrow::OUTPUTS {
            return parallel::pieces(first);
        }
        let others = products(&sizes[1..]).unwrap_or(0);
        return parallel::pieces_of_product(1, first.max(rows.saturating_mul(others)), 1);
    }
    parallel::pieces_of_product(rows, products(sizes).unwrap_or(0), 1)
}

impl Cut {
    fn of<A: Float>(isa: Isa, units: usize) -> Self {
        Self { dense: cuts::dense(units), sparse: cuts::sparse::<A>(isa, units) }
    }
}

impl<'a, A: Float> Pass<'a, A> {
    fn common(&self, layer: usize) -> Common {
        let key = self.task.key.map(|key| kernels::hash(key, layer as u32));
        Common { isa: self.isa, hidden: self.chain.hidden(layer), key, first_row: self.task.first_row }
    }

    /// Where a layer is cut in this step.
    fn bounds<'b>(&self, layer: usize, cut: &'b Cut) -> &'b [usize] {
        match self.batch.x {
            Source::Sparse(_) if layer == 0 => &cut.sparse,
            _ => &cut.dense,
        }
    }

    /// All units of a layer, and the biases of the next, if there is one.
    fn units<'b>(
        &self,
        layer: usize,
        cut: &'b Cut,
        parameters: &'b mut ParametersMut<'_, A>,
        gradient: Option<&'b mut ParametersMut<'_, A>>,
        made: &'b mut Layer<A>,
    ) -> (Units<'b, A>, Biases<'b, A>) {
        let sides = |parameters: &'b mut ParametersMut<'_, A>| {
            let (w_in, b, next) = parameters.layer_and_next(self.chain.shape, layer);
            let next = next.unwrap_or_else(|| LayerMut::nothing_after(b.len()));
            (Sides { w_in, b, w_out: next.w }, next.b)
        };
        let (parameters, b) = sides(parameters);
        let (gradient, gradient_b) = gradient.map(sides).unzip();
        let Layer { h, dh, slope, db } = made;
        let bounds = self.bounds(layer, cut);
        // No other layer reads what the only one, or the only hidden one, makes.
        let by_strips = (matches!(self.batch.x, Source::Sparse(_)) && self.chain.hidden.len() <= 1)
            .then(|| cuts::end::<A>(self.isa, bounds));
        let units = Units {
            strip: 0,
            bounds,
            parameters,
            gradient,
            h: h.make(self.rows, by_strips),
            dh: dh.make(self.rows, by_strips),
            slope: slope.as_mut().map(|slope| slope.make(self.rows, by_strips)),
            db: db.view_mut(),
        };
        (units, Biases { b, gradient: gradient_b })
    }

    /// The way forward of a thread's units, from the layer before, or from the batch, which a thread takes in for
    /// itself. `then` is called with each strip when its units have their outputs, in some rows at a time.
    fn forward(
        &self,
        layer: usize,
        units: &mut Units<'_, A>,
        before: Option<&Layer<A>>,
        own: &mut Own<A>,
        mut then: impl FnMut(&mut Strip<'_, A>, Range<usize>, &mut Own<A>),
    ) {
        let common = self.common(layer);
        if let (0, Source::Sparse(x)) = (layer, &self.batch.x) {
            for (number, rows) in row_tiles(self.rows).enumerate() {
                own.tile.gather(x, rows.clone());
                own.lists[number].sort(x, rows.clone());
                for strip in 0..units.strips() {
                    let mut strip = units.strip(strip);
                    let room = (&mut own.b, &mut own.packing);
                    strip.sum_sparse(common, (x, &own.tile), rows.clone(), room);
                    if common.hidden.gate() != Gate::Positive {
                        strip.activate(common, rows.clone());
                    }
                    then(&mut strip, rows.clone(), own);
                }
            }
            return;
        }
        if layer == 0 {
            own.gather(self.batch);
        }
        for strip in 0..units.strips() {
            let mut strip = units.strip(strip);
            match before {
                Some(before) => strip.sum_dense(&before.h.view(self.rows, self.chain.shape.sizes()[layer])),
                None => strip.sum_dense(&own.x(self.batch)),
            }
            strip.activate(common, 0..self.rows);
            then(&mut strip, 0..self.rows, own);
        }
    }

    /// Changes the weights before a strip of the first layer, and those of other layers not: that is the affair of the
    /// layer before.
    fn change_first(&self, layer: usize, strip: &mut Strip<'_, A>, own: &Own<A>) {
        match self.batch.x {
            _ if layer > 0 => {}
            Source::Sparse(x) => strip.change_sparse_all(self.isa, x.columns(), &own.lists),
            _ => strip.change_dense(own.x(self.batch)),
        }
    }
}

/// The biases of the last layer, and their gradient where that is kept.
struct Biases<'a, A> {
    b: ArrayViewMut1<'a, A>,
    gradient: Option<ArrayViewMut1<'a, A>>,
}

impl<A: Float> Biases<'_, A> {
    /// By the sum of dz's rows, which is made before it is added: so it is not rounded as biases are, row by row.
    fn change(&mut self, dz: &ArrayRef2<A>) {
        let sums = dz.columns().into_iter().map(|column| column.iter().copied().sum());
        change_biases(sums, &mut self.b, self.gradient.as_mut());
    }
}

impl<A: Float> Layer<A> {
    fn zeros(isa: Isa, rows: usize, units: usize, hidden: Hidden) -> Self {
        let room = cuts::room::<A>(isa, units);
        let zeros = || Matrix::zeros(rows, room);
        let slope = (hidden.gate() == Gate::Slope).then(zeros);
        Self { h: zeros(), dh: zeros(), slope, db: Array1::zeros(room) }
    }
}

/// z = the sum of all shares, plus b.
fn add_up<A: Float>(shares: &[RwLock<Array2<A>>], b: &ArrayRef1<A>, z: &mut ArrayRef2<A>) {
    z.assign(&b.view());
    for share in shares {
        let share = share.read().unwrap_or_else(PoisonError::into_inner);
        z.zip_mut_with(&share.slice(s![..z.nrows(), ..]), |z, &share| *z += share);
    }
}

/// One thing for each piece to come.
struct PerPiece<'a, T>(&'a mut [T]);

impl<T> PerPiece<'_, T> {
    /// That of a piece which is not cut any more.
    fn get(&mut self) -> &mut T {
        &mut self.0[0]
    }
}

impl<T: Send> Split for PerPiece<'_, T> {
    fn len(&self) -> usize {
        self.0.len()
    }

    /// In halves, as pieces are made, wherever the work is cut.
    fn split(self, _: usize) -> (Self, Self) {
        let (left, right) = self.0.split_at_mut(self.0.len() / 2);
        (Self(left), Self(right))
    }
}

/// In development builds the step is compiled here, once, for all crates that use it, of which tests are many.
#[cfg(debug_assertions)]
#[used]
static COMPILED_HERE: fn() = || {
    std::hint::black_box(Step::<f32>::run as fn(_, _, _, _, _, _) -> _);
    std::hint::black_box(Step::<f64>::run as fn(_, _, _, _, _, _) -> _);
};
