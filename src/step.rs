//! The training step, without a gradient array: [`Step`].

use ndarray::{Array2, ArrayRef2, Axis, s};

use crate::flat::elements;
use crate::functions::relu_inplace;
use crate::linalg::gemm;
use crate::network::{Scores, share_right};
use crate::{Affine, Float, kernels};

/// Every buffer that a step needs, allocated by the first step and when a batch is larger than any
/// before.
#[derive(Debug, Clone)]
pub(crate) struct Step<A> {
    /// Activations of the hidden layer, then the derivative by them: `[batch, hidden]` each.
    h: Array2<A>,
    dh: Array2<A>,
    /// Logits, probabilities: `[batch, out]` each.
    z: Array2<A>,
    y: Array2<A>,
}

impl<A> Default for Step<A> {
    fn default() -> Self {
        let empty = || Array2::from_shape_vec((0, 0), Vec::new()).expect("nothing has this shape");
        Self { h: empty(), dh: empty(), z: empty(), y: empty() }
    }
}

impl<A: Float> Step<A> {
    /// Changes the parameters of both nodes; shapes fit and the batch is not empty.
    pub(crate) fn sgd(
        &mut self,
        first: &mut Affine<A>,
        second: &mut Affine<A>,
        x: &ArrayRef2<A>,
        t: &ArrayRef2<A>,
        rate: A,
    ) -> Scores {
        let batch = x.nrows();
        let (hidden, outputs) = second.w().dim();
        if self.h.nrows() < batch {
            self.h = Array2::zeros((batch, hidden));
            self.dh = Array2::zeros((batch, hidden));
            self.z = Array2::zeros((batch, outputs));
            self.y = Array2::zeros((batch, outputs));
        }
        let mut h = self.h.slice_mut(s![..batch, ..]);
        let mut dh = self.dh.slice_mut(s![..batch, ..]);
        let mut z = self.z.slice_mut(s![..batch, ..]);
        let mut y = self.y.slice_mut(s![..batch, ..]);

        first.apply_into(x, &mut h);
        relu_inplace(&mut h);
        second.apply_into(&h, &mut z);
        let loss = {
            let y = y.as_slice_mut().expect("the buffer's first rows are contiguous");
            kernels::softmax_cross_entropy(&elements(&z), &elements(t), y, outputs)
        };
        let accuracy = share_right(&z, t);

        // dL/dz = y − t; then the first layer's share, before the second's weights change.
        y -= &t.view();
        gemm(A::one(), &y, &second.w().t(), A::zero(), &mut dh);
        dh.zip_mut_with(&h, |dh, &h| *dh = if h <= A::zero() { A::zero() } else { *dh });

        // alpha = −rate and beta = 1 make each gradient's product the update itself.
        for (node, x, dz) in [(second, &*h, &*y), (first, x, &*dh)] {
            let (w, b) = node.parameters_mut();
            gemm(-rate, &x.t(), dz, A::one(), w);
            b.scaled_add(-rate, &dz.sum_axis(Axis(0)));
        }
        Scores { loss: loss / batch as f64, accuracy }
    }
}
