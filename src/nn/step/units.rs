//! [`Units`]: some units of a hidden layer, which a thread has to itself.

use std::ops::Range;

use ndarray::{ArrayRef1, ArrayRef2, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis, s};

use super::cuts::blocks_of;
use super::matrix::Made;
use crate::compute::aligned::Aligned;
use crate::compute::columns::{Columns, ColumnsMut};
use crate::compute::kernels::{self, Isa, Put, hash};
use crate::compute::linalg::gemm_on_this_thread;
use crate::compute::parallel::Split;
use crate::nn::shape::WeightsMut;
use crate::ops::dropout::drop_out;
use crate::sparse::{Packing, PairList, RowTile, SparseRows, multiply_block, row_tiles};
use crate::{Activation, Float};

/// A hidden layer, as a network declares it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hidden {
    pub(crate) activation: Activation,
    /// The share of units whose output is 0 in training: 0 to below 1.
    pub(crate) dropout: f64,
}

impl Hidden {
    /// Where a hidden layer lets the derivative through.
    pub(crate) fn gate(self) -> Gate {
        match self.activation {
            _ if self.dropout > 0.0 => Gate::Slope,
            Activation::Relu => Gate::Positive,
            Activation::Identity => Gate::Open,
            _ => Gate::Slope,
        }
    }
}

/// How much of the derivative by a hidden layer's output comes through to its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// All of it.
    Open,
    /// All where the output is positive, else nothing.
    Positive,
    /// As much as was written down on the way forward.
    Slope,
}

/// The parameters on both sides of some units, or the gradients by them.
pub(super) struct Sides<'a, A> {
    /// The weights before them, and their biases.
    pub(super) w_in: WeightsMut<'a, A>,
    pub(super) b: ArrayViewMut1<'a, A>,
    /// Rows of the weights after them, `[units, out]`.
    pub(super) w_out: ArrayViewMut2<'a, A>,
}

/// Some units of a hidden layer, whole strips: their parameters, and what a batch makes of them.
pub(super) struct Units<'a, A> {
    /// The number of the first strip, and the units at which strips begin and the last one ends.
    pub(super) strip: usize,
    pub(super) bounds: &'a [usize],
    pub(super) parameters: Sides<'a, A>,
    /// Where there is a gradient to be kept.
    pub(super) gradient: Option<Sides<'a, A>>,
    pub(super) h: Made<'a, A>,
    pub(super) dh: Made<'a, A>,
    pub(super) slope: Option<Made<'a, A>>,
    /// The sum of the rows of dh.
    pub(super) db: ArrayViewMut1<'a, A>,
}

/// A strip of them.
pub(super) struct Strip<'a, A> {
    /// Its number, and that of its first unit.
    pub(super) number: usize,
    pub(super) first: usize,
    pub(super) parameters: Sides<'a, A>,
    pub(super) gradient: Option<Sides<'a, A>>,
    /// `[batch, units]`; after a layer's last units there is room for others.
    pub(super) h: ArrayViewMut2<'a, A>,
    pub(super) dh: ArrayViewMut2<'a, A>,
    pub(super) slope: Option<ArrayViewMut2<'a, A>>,
    pub(super) db: ArrayViewMut1<'a, A>,
}

/// What all units of a layer have in common in a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Common {
    pub(super) isa: Isa,
    pub(super) hidden: Hidden,
    /// Decides which of them drop out; none do without.
    pub(super) key: Option<u32>,
    /// The number of the batch's first row, where it is a part of a larger batch.
    pub(super) first_row: usize,
}

const CONTIGUOUS: &str = "a row is contiguous";

impl<A: Float> Units<'_, A> {
    pub(super) fn strips(&self) -> usize {
        self.bounds.len() - 1
    }

    pub(super) fn strip(&mut self, number: usize) -> Strip<'_, A> {
        let first = self.bounds[0];
        let units = self.bounds[number] - first..self.bounds[number + 1] - first;
        let is_last = number + 1 == self.strips();
        Strip {
            number: self.strip + number,
            first: self.bounds[number],
            parameters: self.parameters.strip(number, units.clone()),
            gradient: self.gradient.as_mut().map(|gradient| gradient.strip(number, units.clone())),
            h: self.h.strip(units.clone(), is_last),
            dh: self.dh.strip(units.clone(), is_last),
            slope: self.slope.as_mut().map(|slope| slope.strip(units.clone(), is_last)),
            db: self.db.slice_mut(s![units.start..]),
        }
    }
}

impl<A: Float> Strip<'_, A> {
    /// How many units there are.
    pub(super) fn count(&self) -> usize {
        self.parameters.b.len()
    }

    /// The blocks that kernels make of this strip.
    pub(super) fn blocks(&self, isa: Isa) -> impl Iterator<Item = Range<usize>> + use<A> {
        let units = self.count();
        blocks_of::<A>(isa, units, self.h.ncols() > units)
    }

    /// h = x·W + b, by BLAS.
    pub(super) fn sum_dense(&mut self, x: &ArrayRef2<A>) {
        let mut h = self.h.slice_mut(s![.., ..self.parameters.b.len()]);
        h.assign(&self.parameters.b);
        gemm_on_this_thread(A::one(), x, self.parameters.w_in.rows(), A::one(), &mut h);
    }

    /// h = x·W + b for these rows, on the entries that are there; ReLU of it, if the units are gated by that. The strip
    /// is one block.
    pub(super) fn sum_sparse(
        &mut self,
        common: Common,
        (x, tile): (&SparseRows<'_, A>, &RowTile<A>),
        rows: Range<usize>,
        (b, packing): (&mut Aligned<A>, &mut Packing<A>),
    ) {
        let block = self.blocks(common.isa).next().expect("a strip has units");
        let b = &mut b[..block.len()];
        b.fill(A::zero());
        b.iter_mut().zip(&self.parameters.b).for_each(|(b, &bias)| *b = bias);
        let relu = common.hidden.gate() == Gate::Positive;
        let mut h = ColumnsMut::of(self.h.slice_mut(s![rows, block]));
        let w = self.parameters.w_in.of_strip(x.columns());
        multiply_block(common.isa, (x, tile), w.view(), b, relu, packing, &mut h);
    }

    /// The layer's activation of these rows' sums, with dropout. ReLU's may have been taken before, which changes
    /// nothing.
    pub(super) fn activate(&mut self, common: Common, rows: Range<usize>) {
        let Hidden { activation, dropout } = common.hidden;
        let (units, first) = (self.count(), self.first);
        for row in rows {
            let mut h = self.h.slice_mut(s![row, ..units]);
            let h = h.as_slice_mut().expect(CONTIGUOUS);
            let Some(slope) = &mut self.slope else {
                activation.apply_inplace(h);
                continue;
            };
            let mut slope = slope.slice_mut(s![row, ..units]);
            let slope = slope.as_slice_mut().expect(CONTIGUOUS);
            activation.apply_with_slope(h, slope);
            if let Some(key) = common.key.filter(|_| dropout > 0.0) {
                // A mask of its own for each row; within it, numbers that do not depend on who works on them.
                let key = hash(key, (common.first_row + row) as u32);
                drop_out(dropout, key, first, h, slope);
            }
        }
    }

    /// What these units contribute to the next layer's sums: h·W.
    pub(super) fn contribute(&self, share: &mut ArrayRef2<A>) {
        let h = self.h.slice(s![.., ..self.count()]);
        gemm_on_this_thread(A::one(), &h, &self.parameters.w_out, A::zero(), share);
    }

    /// Back from dz of the next layer to this one's, which is left in dh. Changes the weights after these units.
    pub(super) fn back(&mut self, common: Common, dz: &ArrayRef2<A>) {
        let units = self.count();
        let Sides { w_out, .. } = &mut self.parameters;
        let gradient = self.gradient.as_mut().map(|gradient| &mut gradient.w_out);
        let (h, mut dh) = (self.h.slice(s![.., ..units]), self.dh.slice_mut(s![.., ..units]));
        // Before the weights change.
        gemm_on_this_thread(A::one(), dz, &w_out.t(), A::zero(), &mut dh);
        change_weights(&h, dz, w_out, gradient);

        let slope = self.slope.as_ref().map(|slope| slope.slice(s![.., ..units]));
        let mut db = self.db.slice_mut(s![..units]);
        through_gate(common.hidden.gate(), &h, slope, &mut dh, &mut db);
    }

    /// Changes the biases and, of x as numbers, the weights before these units.
    pub(super) fn change_dense(&mut self, x: ArrayView2<'_, A>) {
        let dh = self.dh.slice(s![.., ..self.parameters.b.len()]);
        let gradient = self.gradient.as_mut().map(|gradient| gradient.w_in.rows());
        change_weights(&x, &dh, self.parameters.w_in.rows(), gradient);
    }

    /// The same of sparse x with so many columns, for some rows, of which this is the list and these the derivatives. The
    /// strip is one block.
    pub(super) fn change_sparse(
        &mut self,
        isa: Isa,
        inputs: usize,
        list: &PairList<A>,
        is_first: bool,
        dh: Columns<'_, A>,
    ) {
        let (w, put) = match &mut self.gradient {
            None => (&mut self.parameters.w_in, Put::Add),
            Some(gradient) => (&mut gradient.w_in, if is_first { Put::Replace } else { Put::Add }),
        };
        kernels::add_columns(isa, list.view(), dh, put, ColumnsMut::of(w.of_strip(inputs)));
    }

    /// [`change_sparse`](Self::change_sparse) for all rows, by dh.
    pub(super) fn change_sparse_all(&mut self, isa: Isa, inputs: usize, lists: &[PairList<A>]) {
        let block = self.blocks(isa).next().expect("a strip has units");
        for (rows, list) in row_tiles(self.dh.nrows()).zip(lists) {
            // Of a view that is no part of the strip any more.
            let dh = self.dh.slice(s![rows.clone(), block.clone()]);
            let (w, put) = match &mut self.gradient {
                None => (&mut self.parameters.w_in, Put::Add),
                Some(gradient) => (&mut gradient.w_in, if rows.start == 0 { Put::Replace } else { Put::Add }),
            };
            kernels::add_columns(isa, list.view(), Columns::of(dh), put, ColumnsMut::of(w.of_strip(inputs)));
        }
    }

    pub(super) fn change_biases(&mut self) {
        let gradient = self.gradient.as_mut().map(|gradient| &mut gradient.b);
        change_biases(self.db.iter().copied(), &mut self.parameters.b, gradient);
    }
}

/// dh, the derivative by a layer's output, becomes that by its input, and db the sum of its rows.
fn through_gate<A: Float>(
    gate: Gate,
    h: &ArrayRef2<A>,
    slope: Option<ArrayView2<'_, A>>,
    dh: &mut ArrayRef2<A>,
    db: &mut ArrayRef1<A>,
) {
    let db = db.as_slice_mut().expect("a vector is contiguous");
    db.fill(A::zero());
    for (row, mut dh) in dh.rows_mut().into_iter().enumerate() {
        let dh = dh.as_slice_mut().expect(CONTIGUOUS);
        match (gate, &slope) {
            (Gate::Slope, Some(slope)) => {
                kernels::multiply_and_sum(slope.row(row).to_slice().expect(CONTIGUOUS), dh, db);
            }
            (Gate::Positive, _) => kernels::gate_and_sum(h.row(row).to_slice().expect(CONTIGUOUS), dh, db),
            _ => kernels::accumulate(dh, db),
        }
    }
}

/// Adds inᵀ·dz to the weights, or makes it their gradient if that is kept.
pub(super) fn change_weights<A: Float>(
    input: &ArrayRef2<A>,
    dz: &ArrayRef2<A>,
    w: &mut ArrayRef2<A>,
    gradient: Option<&mut ArrayViewMut2<'_, A>>,
) {
    match gradient {
        None => gemm_on_this_thread(A::one(), &input.t(), dz, A::one(), w),
        Some(gradient) => gemm_on_this_thread(A::one(), &input.t(), dz, A::zero(), gradient),
    }
}

/// Adds Σ dz to the biases, or makes it their gradient if that is kept.
pub(super) fn change_biases<A: Float>(
    sums: impl Iterator<Item = A>,
    b: &mut ArrayRef1<A>,
    gradient: Option<&mut ArrayViewMut1<'_, A>>,
) {
    match gradient {
        None => b.iter_mut().zip(sums).for_each(|(b, sum)| *b += sum),
        Some(gradient) => gradient.iter_mut().zip(sums).for_each(|(gradient, sum)| *gradient = sum),
    }
}

impl<'a, A: Float> WeightsMut<'a, A> {
    /// As rows of a matrix, which they are unless x is sparse.
    fn rows(&mut self) -> &mut ArrayViewMut2<'a, A> {
        match self {
            Self::Rows(w) => w,
            Self::Blocks(_) => unreachable!("blocks are for sparse input alone"),
        }
    }

    /// Those of a single strip: its columns, or all that its block has room for.
    fn of_strip(&mut self, inputs: usize) -> ArrayViewMut2<'_, A> {
        match self {
            Self::Rows(w) => w.view_mut(),
            Self::Blocks(w) => {
                let shape = (inputs, w[0].len() / inputs);
                ArrayViewMut2::from_shape(shape, &mut w[0]).expect("cut to this shape")
            }
        }
    }

    /// A strip of them, which has these units.
    fn strip(&mut self, number: usize, units: Range<usize>) -> WeightsMut<'_, A> {
        match self {
            Self::Rows(w) => WeightsMut::Rows(w.slice_mut(s![.., units])),
            Self::Blocks(w) => WeightsMut::Blocks(&mut w[number..=number]),
        }
    }

    /// The first strips, which have so many units, and the rest.
    fn split(self, strips: usize, units: usize) -> (Self, Self) {
        match self {
            Self::Rows(w) => {
                let (w, rest) = w.split_at(Axis(1), units);
                (Self::Rows(w), Self::Rows(rest))
            }
            Self::Blocks(w) => {
                let (w, rest) = w.split_at_mut(strips);
                (Self::Blocks(w), Self::Blocks(rest))
            }
        }
    }
}

impl<A: Float> Sides<'_, A> {
    /// Those of a strip, which has these units.
    fn strip(&mut self, number: usize, units: Range<usize>) -> Sides<'_, A> {
        Sides {
            w_in: self.w_in.strip(number, units.clone()),
            b: self.b.slice_mut(s![units.clone()]),
            w_out: self.w_out.slice_mut(s![units, ..]),
        }
    }

    /// Those of the first strips, which have so many units, and the rest.
    fn split(self, strips: usize, units: usize) -> (Self, Self) {
        let (w_in, w_in_rest) = self.w_in.split(strips, units);
        let (b, b_rest) = self.b.split_at(Axis(0), units);
        let (w_out, w_out_rest) = self.w_out.split_at(Axis(0), units);
        (Self { w_in, b, w_out }, Self { w_in: w_in_rest, b: b_rest, w_out: w_out_rest })
    }
}

/// Between strips.
impl<A: Float> Split for Units<'_, A> {
    fn len(&self) -> usize {
        self.strips()
    }

    fn split(self, at: usize) -> (Self, Self) {
        let Self { strip, bounds, parameters, gradient, h, dh, slope, db } = self;
        let units = bounds[at] - bounds[0];
        let (parameters, parameters_rest) = parameters.split(at, units);
        let (gradient, gradient_rest) = gradient.map(|gradient| gradient.split(at, units)).unzip();
        let (h, h_rest) = h.split(units);
        let (dh, dh_rest) = dh.split(units);
        let (slope, slope_rest) = slope.map(|slope| slope.split(units)).unzip();
        let (db, db_rest) = db.split_at(Axis(0), units);
        (
            Self { strip, bounds: &bounds[..=at], parameters, gradient, h, dh, slope, db },
            Self {
                strip: strip + at,
                bounds: &bounds[at..],
                parameters: parameters_rest,
                gradient: gradient_rest,
                h: h_rest,
                dh: dh_rest,
                slope: slope_rest,
                db: db_rest,
            },
        )
    }
}
