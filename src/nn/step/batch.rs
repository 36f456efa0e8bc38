//! [`Batch`]: what a step learns from, and [`Own`]: what each thread makes of it for itself.

use ndarray::{Array2, ArrayRef2, ArrayView2, s};

use crate::Float;
use crate::compute::aligned::Aligned;
use crate::compute::flat::elements;
use crate::data::Dataset;
use crate::ops::targets::Form;
use crate::ops::{Loss, Scores, Targets};
use crate::sparse::{Packing, PairList, RowTile, SparseRows};

/// What a step learns from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch<'a, A> {
    pub(crate) x: Source<'a, A>,
    pub(crate) t: Labels<'a, A>,
}

/// What the first layer reads.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source<'a, A> {
    Dense(&'a ArrayRef2<A>),
    Sparse(SparseRows<'a, A>),
    /// These rows of a data set, as floats.
    Gathered {
        data: &'a Dataset,
        rows: &'a [usize],
    },
}

/// What the outputs should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Labels<'a, A> {
    Given(Targets<'a, A>),
    /// Those of these rows.
    Of {
        data: &'a Dataset,
        rows: &'a [usize],
    },
}

impl<'a, A: Float> Batch<'a, A> {
    /// These rows of a data set, to be read by a first layer of so many units.
    pub(crate) fn of_rows(data: &'a Dataset, rows: &'a [usize], units: usize) -> Self {
        let x = match data.sparse_for(units) {
            Some(pixels) => Source::Sparse(SparseRows::listed(pixels, rows)),
            None => Source::Gathered { data, rows },
        };
        Self { x, t: Labels::Of { data, rows } }
    }

    pub(crate) fn rows(&self) -> usize {
        match self.x {
            Source::Dense(x) => x.nrows(),
            Source::Sparse(x) => x.len(),
            Source::Gathered { rows, .. } => rows.len(),
        }
    }

    /// Labels that are there as rows of numbers.
    fn t(&self) -> Option<&'a ArrayRef2<A>> {
        match self.t {
            Labels::Given(Targets(Form::Array(t))) => Some(t),
            _ => None,
        }
    }
}

/// What a piece of work has for itself, though others have the same.
#[derive(Debug)]
pub(super) struct Own<A> {
    /// Gathered rows and labels, `[batch, in]` and `[batch, out]`; empty before any are gathered.
    x: Array2<A>,
    t: Array2<A>,
    /// Outputs, and the derivative by them: `[batch, out]` each.
    pub(super) z: Array2<A>,
    pub(super) dz: Array2<A>,
    /// The entries of a tile of x's rows, and of each tile by columns.
    pub(super) tile: RowTile<A>,
    pub(super) lists: Vec<PairList<A>>,
    pub(super) packing: Packing<A>,
    /// Biases of a block.
    pub(super) b: Aligned<A>,
    /// The derivative by a block of units, for a tile of rows.
    pub(super) dh: Aligned<A>,
    /// The last layer's weights, where it is narrow, and what is added to them: block by block of the units before it,
    /// transposed.
    pub(super) w: Aligned<A>,
    pub(super) dw: Aligned<A>,
}

impl<A: Float> Own<A> {
    /// With room for so many rows.
    pub(super) fn new(rows: usize, outputs: usize) -> Self {
        let zeros = |columns| Array2::zeros((rows, columns));
        Self {
            x: zeros(0),
            t: zeros(0),
            z: zeros(outputs),
            dz: zeros(outputs),
            tile: RowTile::new(),
            lists: Vec::new(),
            packing: Packing::new(),
            b: Aligned::zeros(0),
            dh: Aligned::zeros(0),
            w: Aligned::zeros(0),
            dw: Aligned::zeros(0),
        }
    }

    /// Makes room for what this batch does not have as rows of numbers.
    pub(super) fn reserve(&mut self, batch: Batch<'_, A>, inputs: usize) {
        if matches!(batch.x, Source::Gathered { .. }) && self.x.ncols() == 0 {
            self.x = Array2::zeros((self.z.nrows(), inputs));
        }
        if batch.t().is_none() && self.t.ncols() == 0 {
            self.t = Array2::zeros(self.z.raw_dim());
        }
    }

    /// Gathers x, if it is not there as rows of numbers.
    pub(super) fn gather(&mut self, batch: Batch<'_, A>) {
        if let Source::Gathered { data, rows } = batch.x {
            data.gather_images_into(rows, &mut self.x.slice_mut(s![..rows.len(), ..]));
        }
    }

    /// The rows of numbers that dense products read: gathered, or as they are.
    pub(super) fn x<'b>(&'b self, batch: Batch<'b, A>) -> ArrayView2<'b, A> {
        match batch.x {
            Source::Dense(x) => x.view(),
            Source::Gathered { rows, .. } => self.x.slice(s![..rows.len(), ..]),
            Source::Sparse(_) => unreachable!("sparse input is read by its entries"),
        }
    }

    /// Gives the scores of z, and makes dz: the derivative of the sum of the rows' losses by z, times `factor`.
    pub(super) fn loss(&mut self, of: Loss, batch: Batch<'_, A>, factor: A) -> Scores {
        let rows = s![..batch.rows(), ..];
        let t = match (batch.t(), batch.t) {
            (Some(t), _) => t.view(),
            (None, Labels::Of { data, rows: chosen }) => {
                data.gather_labels(chosen, &mut self.t.slice_mut(rows));
                self.t.slice(rows)
            }
            (None, Labels::Given(t)) => {
                t.write(&mut self.t.slice_mut(rows));
                self.t.slice(rows)
            }
        };
        let (z, mut dz) = (self.z.slice(rows), self.dz.slice_mut(rows));
        let (batch, outputs) = z.dim();
        let z = z.as_slice().expect("a buffer's first rows are contiguous");
        let dz = dz.as_slice_mut().expect("a buffer's first rows are contiguous");
        let t = elements(&t);
        let sum = of.with_derivative(z, &t, dz, outputs);
        dz.iter_mut().for_each(|dz| *dz *= factor);
        Scores { loss: sum / batch as f64, accuracy: of.share_right(z, &t, outputs) }
    }
}
