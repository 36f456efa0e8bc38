//! The training step, without a gradient array: [`Dense`] and [`Sparse`].
//!
//! Both share the hidden layer's units out: each thread has some of them to itself, with their weights on both
//! sides, which so stay in its own cache. Threads wait for each other twice: for the logits, to which each unit
//! contributes, and at the end. Gathering, softmax and loss take so little time that each thread does them
//! for itself: it would have to wait for another, and to fetch what lies in the other's cache.

mod dense;
mod sparse;

use std::sync::{PoisonError, RwLock};

use ndarray::{Array2, ArrayRef1, ArrayRef2, s};

use crate::network::{Scores, share_right};
use crate::parallel::Split;
use crate::{Float, kernels};

pub(crate) use dense::{Batch, Dense};
pub(crate) use sparse::{Labels, Sparse};

/// z = the sum of all shares, plus b2.
fn add_up<A: Float>(shares: &[RwLock<Array2<A>>], b2: &ArrayRef1<A>, z: &mut ArrayRef2<A>) {
    z.assign(&b2.view());
    for share in shares {
        let share = share.read().unwrap_or_else(PoisonError::into_inner);
        z.zip_mut_with(&share.slice(s![..z.nrows(), ..]), |z, &share| *z += share);
    }
}

/// Gives the batch's scores and dz = y − t.
fn loss<A: Float>(z: &ArrayRef2<A>, t: &[A], dz: &mut ArrayRef2<A>) -> Scores {
    let (batch, outputs) = z.dim();
    let z = z.as_slice().expect("a buffer's first rows are contiguous");
    let dz = dz.as_slice_mut().expect("a buffer's first rows are contiguous");
    let loss = kernels::softmax_cross_entropy(z, t, dz, outputs);
    for (dz, &t) in dz.iter_mut().zip(t) {
        *dz -= t;
    }
    Scores { loss: loss / batch as f64, accuracy: share_right(z, t, outputs) }
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

/// b2 − rate · the sum of dz's rows, which is made first: so it is not rounded as b2 is, row by row.
fn update_output_biases<A: Float>(b2: &mut ArrayRef1<A>, dz: &ArrayRef2<A>, rate: A) {
    for (b2, dz) in b2.iter_mut().zip(dz.columns()) {
        *b2 -= rate * dz.iter().copied().sum::<A>();
    }
}
