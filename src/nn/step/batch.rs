//! [`Batch`]: what a dense step learns from, and what each thread makes of it for itself.

use ndarray::{Array2, ArrayRef2, ArrayView2, s};

use super::loss;
use crate::Float;
use crate::compute::flat::elements;
use crate::data::Dataset;
use crate::ops::targets::Form;
use crate::ops::{Loss, Scores, Targets};

/// What a step learns from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Batch<'a, A> {
    Arrays {
        x: &'a ArrayRef2<A>,
        t: Targets<'a, A>,
    },
    /// These rows of a data set.
    Rows {
        data: &'a Dataset,
        rows: &'a [usize],
    },
}

impl<A> Batch<'_, A> {
    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Arrays { x, .. } => x.nrows(),
            Self::Rows { rows, .. } => rows.len(),
        }
    }

    fn gathers_inputs(&self) -> bool {
        matches!(self, Self::Rows { .. })
    }

    fn gathers_labels(&self) -> bool {
        !matches!(self, Self::Arrays { t: Targets(Form::Array(_)), .. })
    }
}

/// What a piece has for itself, though others have the same.
#[derive(Debug)]
pub(super) struct Own<A> {
    /// The piece's number.
    pub(super) piece: usize,
    /// Gathered rows and labels, `[batch, in]` and `[batch, out]`; empty before any are gathered.
    pub(super) x: Array2<A>,
    t: Array2<A>,
    /// Outputs, and the derivative by them: `[batch, out]` each.
    pub(super) z: Array2<A>,
    pub(super) dz: Array2<A>,
}

impl<A: Float> Own<A> {
    /// With room for so many rows.
    pub(super) fn new(piece: usize, rows: usize, outputs: usize) -> Self {
        let zeros = |columns| Array2::zeros((rows, columns));
        Self { piece, x: zeros(0), t: zeros(0), z: zeros(outputs), dz: zeros(outputs) }
    }

    /// Makes room for what this batch does not have as rows of numbers.
    pub(super) fn reserve(&mut self, batch: Batch<'_, A>, inputs: usize) {
        if batch.gathers_inputs() && self.x.ncols() == 0 {
            self.x = Array2::zeros((self.z.nrows(), inputs));
        }
        if batch.gathers_labels() && self.t.ncols() == 0 {
            self.t = Array2::zeros(self.z.raw_dim());
        }
    }

    /// Gathers what the batch does not have as rows of numbers.
    pub(super) fn take_in(&mut self, batch: Batch<'_, A>) {
        let rows = s![..batch.rows(), ..];
        match batch {
            Batch::Rows { data, rows: chosen } => {
                data.gather(chosen, &mut self.x.slice_mut(rows), &mut self.t.slice_mut(rows));
            }
            Batch::Arrays { t, .. } if batch.gathers_labels() => t.write(&mut self.t.slice_mut(rows)),
            Batch::Arrays { .. } => {}
        }
    }

    /// The scores of z, and dz.
    pub(super) fn loss(&mut self, of: Loss, batch: Batch<'_, A>) -> Scores {
        let rows = s![..batch.rows(), ..];
        let t = match batch {
            Batch::Arrays { t: Targets(Form::Array(t)), .. } => t.view(),
            _ => self.t.slice(rows),
        };
        loss(of, &self.z.slice(rows), &elements(&t), &mut self.dz.slice_mut(rows))
    }
}

/// What goes into the first layer: the batch's rows, gathered or as they are.
pub(super) fn input<'a, A>(batch: Batch<'a, A>, gathered: &'a Array2<A>) -> ArrayView2<'a, A> {
    match batch {
        Batch::Arrays { x, .. } => x.view(),
        Batch::Rows { rows, .. } => gathered.slice(s![..rows.len(), ..]),
    }
}
