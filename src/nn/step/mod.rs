//! The training step, without a gradient array: [`Dense`] and [`Sparse`].
//!
//! Both share the hidden layer's units out: each thread has some of them to itself, with their weights on both
//! sides, which so stay in its own cache. Threads wait for each other twice: for the logits, to which each unit
//! contributes, and at the end. Gathering, softmax and loss take so little time that each thread does them
//! for itself: it would have to wait for another, and to fetch what lies in the other's cache.

mod batch;
mod dense;
mod outputs;
mod sparse;
mod units;

use std::sync::{PoisonError, RwLock};

use ndarray::{Array2, ArrayRef1, ArrayRef2, s};

use crate::Float;
use crate::compute::parallel::Split;
use crate::ops::Scores;
use crate::ops::loss::Loss;

pub(crate) use batch::Batch;
pub(crate) use dense::{Chain, Dense, Gradient};
pub(crate) use sparse::{Labels, Sparse};
pub(crate) use units::Hidden;

/// z = the sum of all shares, plus b2.
fn add_up<A: Float>(shares: &[RwLock<Array2<A>>], b2: &ArrayRef1<A>, z: &mut ArrayRef2<A>) {
    z.assign(&b2.view());
    for share in shares {
        let share = share.read().unwrap_or_else(PoisonError::into_inner);
        z.zip_mut_with(&share.slice(s![..z.nrows(), ..]), |z, &share| *z += share);
    }
}

/// Gives the batch's scores and dz, the derivative of the sum of the rows' losses by z.
fn loss<A: Float>(loss: Loss, z: &ArrayRef2<A>, t: &[A], dz: &mut ArrayRef2<A>) -> Scores {
    let (batch, outputs) = z.dim();
    let z = z.as_slice().expect("a buffer's first rows are contiguous");
    let dz = dz.as_slice_mut().expect("a buffer's first rows are contiguous");
    let sum = loss.with_derivative(z, t, dz, outputs);
    Scores { loss: sum / batch as f64, accuracy: loss.share_right(z, t, outputs) }
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

/// The sum of dz's rows, which is made before it is added to biases: so it is not rounded as they are, row by row.
fn row_sum<A: Float>(dz: &ArrayRef2<A>) -> impl Iterator<Item = A> {
    dz.columns().into_iter().map(|column| column.iter().copied().sum())
}
