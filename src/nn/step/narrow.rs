//! The last layer where it has few outputs: by kernels of their own, block by block of the units before it.

use std::ops::Range;

use ndarray::{ArrayRef2, s};

use super::units::{Common, Gate, Strip};
use crate::Float;
use crate::compute::columns::{Columns, ColumnsMut};
use crate::compute::kernels::{self, Isa};

/// Outputs up to which the kernels are faster than BLAS.
pub(super) const OUTPUTS: usize = 32;

impl<A: Float> Strip<'_, A> {
    /// Copies the weights after this strip to `w`, transposed in each block, and makes room in `dw` for what is to be
    /// added to them.
    pub(super) fn copy_weights(&self, isa: Isa, w: &mut [A], dw: &mut [A]) {
        let outputs = self.parameters.w_out.ncols();
        for block in self.blocks(isa) {
            let w = &mut w[block.start * outputs..block.end * outputs];
            let there = self.parameters.w_out.slice(s![block.start..block.end.min(self.count()), ..]);
            let there = there.to_slice().expect("rows are contiguous");
            for (output, w) in w.chunks_exact_mut(block.len()).enumerate() {
                let (w, none) = w.split_at_mut(there.len() / outputs);
                let there = there[output..].iter().step_by(outputs);
                w.iter_mut().zip(there).for_each(|(w, &there)| *w = there);
                none.fill(A::zero());
            }
            dw[block.start * outputs..block.end * outputs].fill(A::zero());
        }
    }

    /// [`contribute`](Self::contribute) for these rows, whose share this is.
    pub(super) fn contribute_narrow(&self, isa: Isa, rows: Range<usize>, w: &[A], share: &mut [A]) {
        let outputs = self.parameters.w_out.ncols();
        share.fill(A::zero());
        for block in self.blocks(isa) {
            let h = Columns::of(self.h.slice(s![rows.clone(), block.clone()]));
            kernels::contribute(isa, h, &w[block.start * outputs..block.end * outputs], share);
        }
    }

    /// Back from dz to the derivatives by these units, for these rows. They go to `tile`, or without one to dh; what is to
    /// be added to the weights goes to `dw`, and the sum of the derivatives' rows to db.
    pub(super) fn back_narrow(
        &mut self,
        common: Common,
        rows: Range<usize>,
        dz: &ArrayRef2<A>,
        (w, dw): (&[A], &mut [A]),
        tile: Option<&mut ArrayRef2<A>>,
    ) {
        let (outputs, blocks) = (dz.ncols(), self.blocks(common.isa));
        let dz = dz.slice(s![rows.clone(), ..]);
        let dz = dz.to_slice().expect("a buffer's rows are contiguous");
        let Self { h, dh, slope, db, .. } = self;
        let mut of_rows = dh.slice_mut(s![rows.clone(), ..]);
        let dh: &mut ArrayRef2<A> = match tile {
            Some(tile) => tile,
            None => &mut of_rows,
        };
        for block in blocks {
            let of_block = block.start * outputs..block.end * outputs;
            let h = Columns::of(h.slice(s![rows.clone(), block.clone()]));
            let gate = match (common.hidden.gate(), &*slope) {
                (Gate::Slope, Some(slope)) => {
                    kernels::Gate::Slope(Columns::of(slope.slice(s![rows.clone(), block.clone()])))
                }
                (Gate::Positive, _) => kernels::Gate::Positive(h),
                _ => kernels::Gate::Open,
            };
            let dh = ColumnsMut::of(dh.slice_mut(s![.., block.clone()]));
            let mut db = db.slice_mut(s![block]);
            let db = db.as_slice_mut().expect("a vector is contiguous");
            kernels::hidden_gradient(common.isa, gate, dz, &w[of_block.clone()], dh, db);
            kernels::add_output_gradient(common.isa, h, dz, &mut dw[of_block]);
        }
    }

    /// Adds `dw` to the weights after this strip, or makes it their gradient if that is kept.
    pub(super) fn change_narrow(&mut self, isa: Isa, dw: &[A]) {
        let (blocks, count) = (self.blocks(isa), self.count());
        let (target, is_gradient) = match &mut self.gradient {
            None => (&mut self.parameters.w_out, false),
            Some(gradient) => (&mut gradient.w_out, true),
        };
        let outputs = target.ncols();
        for block in blocks {
            let dw = &dw[block.start * outputs..block.end * outputs];
            let mut there = target.slice_mut(s![block.start..block.end.min(count), ..]);
            let there = there.as_slice_mut().expect("rows are contiguous");
            for (output, dw) in dw.chunks_exact(block.len()).enumerate() {
                for (there, &dw) in there[output..].iter_mut().step_by(outputs).zip(dw) {
                    *there = if is_gradient { dw } else { *there + dw };
                }
            }
        }
    }
}
