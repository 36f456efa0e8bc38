//! [`Dense`]: a training step on dense input, its products by BLAS.

use std::sync::{PoisonError, RwLock};

use ndarray::{Array1, Array2, ArrayRef2, ArrayViewMut1, ArrayViewMut2, Axis, s};

use super::{PerPiece, add_up, loss, update_output_biases};
use crate::data::Dataset;
use crate::flat::elements;
use crate::linalg::{gemm, gemm_on_this_thread};
use crate::network::Scores;
use crate::parallel::{self, Split, in_two_phases};
use crate::{Affine, Float, kernels};

/// Every buffer that a step needs, allocated by the first step and when a batch is larger than any
/// before.
#[derive(Debug)]
pub(crate) struct Dense<A> {
    /// Activations of the hidden layer, then the derivative by them: `[batch, hidden]` each.
    h: Array2<A>,
    dh: Array2<A>,
    /// The sum of the rows of dh: `[hidden]`.
    db1: Array1<A>,
    /// What each piece of the hidden layer contributes to the logits: `[batch, out]`. Each piece writes its
    /// own, and reads all when the others have written theirs, so that nobody waits at these locks.
    shares: Vec<RwLock<Array2<A>>>,
    own: Vec<Own<A>>,
}

/// What a piece has for itself, though others have the same.
#[derive(Debug)]
struct Own<A> {
    /// The piece's number.
    piece: usize,
    /// Gathered images and labels, `[batch, in]` and `[batch, out]`; empty before any are gathered.
    x: Array2<A>,
    t: Array2<A>,
    /// Logits, and the derivative by them: `[batch, out]` each.
    z: Array2<A>,
    dz: Array2<A>,
}

/// What a step learns from.
#[derive(Clone, Copy)]
pub(crate) enum Batch<'a, A> {
    Arrays {
        x: &'a ArrayRef2<A>,
        t: &'a ArrayRef2<A>,
    },
    /// These rows of a data set.
    Rows {
        data: &'a Dataset,
        rows: &'a [usize],
    },
}

impl<A> Batch<'_, A> {
    /// Its rows, and the columns of x.
    fn dim(&self) -> (usize, usize) {
        match self {
            Self::Arrays { x, .. } => x.dim(),
            Self::Rows { data, rows } => (rows.len(), data.images().ncols()),
        }
    }
}

impl<A> Default for Dense<A> {
    fn default() -> Self {
        let empty = || Array2::from_shape_vec((0, 0), Vec::new()).expect("nothing has this shape");
        let db1 = Array1::from_vec(Vec::new());
        Self { h: empty(), dh: empty(), db1, shares: Vec::new(), own: Vec::new() }
    }
}

/// A copy of a network allocates its own buffers when it is trained.
impl<A> Clone for Dense<A> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Columns of the hidden layer in a piece are a multiple of this, a cache line of f32.
const COLUMNS: usize = 16;

impl<A: Float> Dense<A> {
    /// Changes the parameters of both nodes; shapes fit and the batch is not empty.
    pub(crate) fn sgd(
        &mut self,
        first: &mut Affine<A>,
        second: &mut Affine<A>,
        batch: Batch<'_, A>,
        rate: A,
    ) -> Scores {
        let from = batch;
        let (batch, inputs) = from.dim();
        let (hidden, outputs) = second.w().dim();
        let pieces = parallel::pieces_of_product(batch, hidden, inputs).clamp(1, (hidden / COLUMNS).max(1));
        self.reserve([batch, hidden, outputs], pieces);
        if let Batch::Rows { .. } = from {
            self.reserve_for_gathering(inputs, outputs, pieces);
        }
        let (w1, b1) = first.parameters_mut();
        let (w2, b2) = second.parameters_mut();
        let units = Units {
            w1: w1.view_mut(),
            b1: b1.view_mut(),
            w2: w2.view_mut(),
            h: self.h.slice_mut(s![..batch, ..]),
            dh: self.dh.slice_mut(s![..batch, ..]),
            db1: self.db1.view_mut(),
        };
        let shares = &self.shares[..pieces];
        // In one piece a product may still be shared out, by rayon or by OpenBLAS.
        let gemm = if pieces == 1 { gemm } else { gemm_on_this_thread };

        let work = (units, PerPiece(&mut self.own[..pieces]));
        let forward = |(units, own): &mut (Units<'_, A>, PerPiece<'_, Own<A>>)| {
            let Own { piece, x, t, .. } = own.get();
            let mut share = shares[*piece].write().unwrap_or_else(PoisonError::into_inner);
            let mut share = share.slice_mut(s![..batch, ..]);
            match from {
                Batch::Arrays { x, .. } => units.forward(x, &mut share, gemm),
                Batch::Rows { data, rows } => {
                    let mut x = x.slice_mut(s![..batch, ..]);
                    data.gather(rows, &mut x, &mut t.slice_mut(s![..batch, ..]));
                    units.forward(&x, &mut share, gemm);
                }
            }
        };
        let back = |(mut units, mut own): (Units<'_, A>, PerPiece<'_, Own<A>>)| {
            let Own { x, t, z, dz, .. } = own.get();
            let (mut z, mut dz) = (z.slice_mut(s![..batch, ..]), dz.slice_mut(s![..batch, ..]));
            let (x, t) = match from {
                Batch::Arrays { x, t } => (x.view(), t.view()),
                Batch::Rows { .. } => (x.slice(s![..batch, ..]), t.slice(s![..batch, ..])),
            };
            add_up(shares, b2, &mut z);
            let scores = loss(&z, &elements(&t), &mut dz);
            units.update(&x, &dz, rate, gemm);
            scores
        };
        let scores = in_two_phases(work, COLUMNS, pieces, forward, back);
        update_output_biases(b2, &self.own[0].dz.slice(s![..batch, ..]), rate);
        scores
    }

    fn reserve(&mut self, [batch, hidden, outputs]: [usize; 3], pieces: usize) {
        if self.h.nrows() < batch {
            self.h = Array2::zeros((batch, hidden));
            self.dh = Array2::zeros((batch, hidden));
            self.db1 = Array1::zeros(hidden);
            self.shares.clear();
            self.own.clear();
        }
        let zeros = |columns| Array2::zeros((self.h.nrows(), columns));
        for piece in self.own.len()..pieces {
            self.shares.push(RwLock::new(zeros(outputs)));
            self.own.push(Own { piece, x: zeros(0), t: zeros(0), z: zeros(outputs), dz: zeros(outputs) });
        }
    }

    fn reserve_for_gathering(&mut self, inputs: usize, outputs: usize, pieces: usize) {
        for own in &mut self.own[..pieces] {
            if own.x.ncols() == 0 {
                own.x = Array2::zeros((self.h.nrows(), inputs));
                own.t = Array2::zeros((self.h.nrows(), outputs));
            }
        }
    }
}

/// Some units of the hidden layer: their columns of W1, b1 and the activations, their rows of W2.
struct Units<'a, A> {
    w1: ArrayViewMut2<'a, A>,
    b1: ArrayViewMut1<'a, A>,
    w2: ArrayViewMut2<'a, A>,
    h: ArrayViewMut2<'a, A>,
    dh: ArrayViewMut2<'a, A>,
    db1: ArrayViewMut1<'a, A>,
}

type Gemm<A> = fn(A, &ArrayRef2<A>, &ArrayRef2<A>, A, &mut ArrayRef2<A>);

impl<A: Float> Units<'_, A> {
    /// h = ReLU(x·W1 + b1), and what these units contribute to the logits: h·W2.
    fn forward(&mut self, x: &ArrayRef2<A>, share: &mut ArrayRef2<A>, gemm: Gemm<A>) {
        self.h.assign(&self.b1);
        gemm(A::one(), x, &self.w1, A::one(), &mut self.h);
        for mut row in self.h.rows_mut() {
            kernels::relu_inplace(row.as_slice_mut().expect("a row is contiguous"));
        }
        gemm(A::one(), &self.h, &self.w2, A::zero(), share);
    }

    /// Back from dz. The products for the gradients are the updates: alpha is −rate, beta is 1.
    fn update(&mut self, x: &ArrayRef2<A>, dz: &ArrayRef2<A>, rate: A, gemm: Gemm<A>) {
        // Before W2 changes.
        gemm(A::one(), dz, &self.w2.t(), A::zero(), &mut self.dh);
        gemm(-rate, &self.h.t(), dz, A::one(), &mut self.w2);

        let db1 = self.db1.as_slice_mut().expect("a vector is contiguous");
        db1.fill(A::zero());
        for (mut dh, h) in self.dh.rows_mut().into_iter().zip(self.h.rows()) {
            let dh = dh.as_slice_mut().expect("a row is contiguous");
            kernels::gate_and_sum(h.as_slice().expect("a row is contiguous"), dh, db1);
        }
        self.b1.scaled_add(-rate, &self.db1);
        gemm(-rate, &x.t(), &self.dh, A::one(), &mut self.w1);
    }
}

impl<A: Float> Split for Units<'_, A> {
    fn len(&self) -> usize {
        self.b1.len()
    }

    fn split(self, at: usize) -> (Self, Self) {
        let (w1, w1_rest) = self.w1.split_at(Axis(1), at);
        let (b1, b1_rest) = self.b1.split_at(Axis(0), at);
        let (w2, w2_rest) = self.w2.split_at(Axis(0), at);
        let (h, h_rest) = self.h.split_at(Axis(1), at);
        let (dh, dh_rest) = self.dh.split_at(Axis(1), at);
        let (db1, db1_rest) = self.db1.split_at(Axis(0), at);
        (
            Self { w1, b1, w2, h, dh, db1 },
            Self { w1: w1_rest, b1: b1_rest, w2: w2_rest, h: h_rest, dh: dh_rest, db1: db1_rest },
        )
    }
}
