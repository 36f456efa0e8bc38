//! [`Units`]: some units of a hidden layer, which a thread has to itself.

use ndarray::{ArrayRef1, ArrayRef2, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis};

use crate::compute::kernels::{self, hash};
use crate::compute::parallel::Split;
use crate::ops::dropout::drop_out;
use crate::{Activation, Float};

/// A hidden layer, as it is told.
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
    /// Columns of the weights before them, `[in, units]`, and their biases.
    pub(super) w_in: ArrayViewMut2<'a, A>,
    pub(super) b: ArrayViewMut1<'a, A>,
    /// Rows of the weights behind them, `[units, out]`.
    pub(super) w_out: ArrayViewMut2<'a, A>,
}

/// Some units of a hidden layer: their parameters, and their columns of what a batch makes of them.
pub(super) struct Units<'a, A> {
    /// The number of the first.
    pub(super) first: usize,
    pub(super) parameters: Sides<'a, A>,
    /// Where there is a gradient to be kept.
    pub(super) gradient: Option<Sides<'a, A>>,
    pub(super) h: ArrayViewMut2<'a, A>,
    pub(super) dh: ArrayViewMut2<'a, A>,
    pub(super) slope: Option<ArrayViewMut2<'a, A>>,
    /// The sum of the rows of dh.
    pub(super) db: ArrayViewMut1<'a, A>,
}

/// What all units of a layer have in common in a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Common<A> {
    pub(super) hidden: Hidden,
    /// Decides which of them drop out; none do without.
    pub(super) key: Option<u32>,
    /// What a gradient is multiplied by: −rate where it is added to the parameters at once.
    pub(super) factor: A,
    pub(super) gemm: Gemm<A>,
}

pub(super) type Gemm<A> = fn(A, &ArrayRef2<A>, &ArrayRef2<A>, A, &mut ArrayRef2<A>);

impl<A: Float> Units<'_, A> {
    /// h = f(x·W + b), with dropout.
    pub(super) fn forward(&mut self, common: Common<A>, x: &ArrayRef2<A>) {
        self.h.assign(&self.parameters.b);
        (common.gemm)(A::one(), x, &self.parameters.w_in, A::one(), &mut self.h);

        let Hidden { activation, dropout } = common.hidden;
        let Some(slope) = &mut self.slope else {
            for mut h in self.h.rows_mut() {
                activation.apply_inplace(h.as_slice_mut().expect("a row is contiguous"));
            }
            return;
        };
        for (row, (mut h, mut slope)) in self.h.rows_mut().into_iter().zip(slope.rows_mut()).enumerate() {
            let h = h.as_slice_mut().expect("a row is contiguous");
            let slope = slope.as_slice_mut().expect("a row is contiguous");
            activation.apply_with_slope(h, slope);
            if let Some(key) = common.key.filter(|_| dropout > 0.0) {
                // A mask of its own for each row; within it, numbers that do not depend on who works on them.
                let key = hash(key, row as u32);
                drop_out(dropout, key, self.first, h, slope);
            }
        }
    }

    /// What these units contribute to the next layer's z: h·W.
    pub(super) fn contribute(&self, common: Common<A>, share: &mut ArrayRef2<A>) {
        (common.gemm)(A::one(), &self.h, &self.parameters.w_out, A::zero(), share);
    }

    /// Back from dz of the next layer to this one's, which is left in dh. Changes the weights behind these units
    /// and their biases, and, if it is given what went in, the weights before them.
    pub(super) fn back(&mut self, common: Common<A>, dz: &ArrayRef2<A>, x: Option<ArrayView2<'_, A>>) {
        let Common { factor, gemm, .. } = common;
        let Sides { w_in, b, w_out } = &mut self.parameters;
        let (gw_in, gb, gw_out) = match &mut self.gradient {
            Some(Sides { w_in, b, w_out }) => (Some(w_in), Some(b), Some(w_out)),
            None => (None, None, None),
        };
        // Before the weights change.
        gemm(A::one(), dz, &w_out.t(), A::zero(), &mut self.dh);
        change_weights(gemm, factor, &self.h, dz, w_out, gw_out);

        through_gate(common.hidden.gate(), &self.h, self.slope.as_ref(), &mut self.dh, &mut self.db);
        change_biases(factor, self.db.iter().copied(), b, gb);
        if let Some(x) = x {
            change_weights(gemm, factor, &x, &self.dh, w_in, gw_in);
        }
    }
}

/// dh, the derivative by a layer's output, becomes that by its input, and db the sum of its rows.
fn through_gate<A: Float>(
    gate: Gate,
    h: &ArrayRef2<A>,
    slope: Option<&ArrayViewMut2<'_, A>>,
    dh: &mut ArrayRef2<A>,
    db: &mut ArrayRef1<A>,
) {
    const CONTIGUOUS: &str = "a row is contiguous";
    let db = db.as_slice_mut().expect("a vector is contiguous");
    db.fill(A::zero());
    for (row, mut dh) in dh.rows_mut().into_iter().enumerate() {
        let dh = dh.as_slice_mut().expect(CONTIGUOUS);
        match (gate, slope) {
            (Gate::Slope, Some(slope)) => {
                kernels::multiply_and_sum(slope.row(row).to_slice().expect(CONTIGUOUS), dh, db);
            }
            (Gate::Positive, _) => kernels::gate_and_sum(h.row(row).to_slice().expect(CONTIGUOUS), dh, db),
            _ => kernels::accumulate(dh, db),
        }
    }
}

/// Adds factor · inᵀ·dz to the weights, or writes it to their gradient if that is kept.
pub(super) fn change_weights<A: Float>(
    gemm: Gemm<A>,
    factor: A,
    input: &ArrayRef2<A>,
    dz: &ArrayRef2<A>,
    w: &mut ArrayRef2<A>,
    gradient: Option<&mut ArrayViewMut2<'_, A>>,
) {
    match gradient {
        None => gemm(factor, &input.t(), dz, A::one(), w),
        Some(gradient) => gemm(factor, &input.t(), dz, A::zero(), gradient),
    }
}

/// Adds factor · Σ dz to the biases, or writes it to their gradient if that is kept.
pub(super) fn change_biases<A: Float>(
    factor: A,
    sums: impl Iterator<Item = A>,
    b: &mut ArrayRef1<A>,
    gradient: Option<&mut ArrayViewMut1<'_, A>>,
) {
    match gradient {
        None => b.iter_mut().zip(sums).for_each(|(b, sum)| *b += factor * sum),
        Some(gradient) => gradient.iter_mut().zip(sums).for_each(|(gradient, sum)| *gradient = factor * sum),
    }
}

impl<A: Float> Split for Sides<'_, A> {
    fn len(&self) -> usize {
        self.b.len()
    }

    fn split(self, at: usize) -> (Self, Self) {
        let (w_in, w_in_rest) = self.w_in.split_at(Axis(1), at);
        let (b, b_rest) = self.b.split_at(Axis(0), at);
        let (w_out, w_out_rest) = self.w_out.split_at(Axis(0), at);
        (Self { w_in, b, w_out }, Self { w_in: w_in_rest, b: b_rest, w_out: w_out_rest })
    }
}

impl<A: Float> Split for Units<'_, A> {
    fn len(&self) -> usize {
        self.parameters.len()
    }

    fn split(self, at: usize) -> (Self, Self) {
        let Self { first, parameters, gradient, h, dh, slope, db } = self;
        let (parameters, parameters_rest) = parameters.split(at);
        let (gradient, gradient_rest) = gradient.map(|gradient| gradient.split(at)).unzip();
        let (h, h_rest) = h.split_at(Axis(1), at);
        let (dh, dh_rest) = dh.split_at(Axis(1), at);
        let (slope, slope_rest) = slope.map(|slope| slope.split_at(Axis(1), at)).unzip();
        let (db, db_rest) = db.split_at(Axis(0), at);
        (
            Self { first, parameters, gradient, h, dh, slope, db },
            Self {
                first: first + at,
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
