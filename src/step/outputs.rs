//! What a chain of layers gives, when it is not to learn.

use ndarray::{Array2, ArrayRef2};

use super::Chain;
use crate::Float;
use crate::flat::write_elements;
use crate::nodes::affine_into;
use crate::parallel::each;
use crate::weights::Weights;

impl Chain<'_> {
    /// The outputs `[batch, out]` of `x: [batch, in]`, without dropout.
    pub(crate) fn outputs<A: Float>(&self, weights: &Weights<A>, x: &ArrayRef2<A>) -> Array2<A> {
        let through = |layer: usize, x: &ArrayRef2<A>| {
            let (w, b) = weights.layer(layer);
            let mut z = Array2::zeros((x.nrows(), w.ncols()));
            affine_into(x, &w, &b, &mut z);
            if let Some(hidden) = self.hidden.get(layer) {
                write_elements(&mut z, |z| each(z, 1, |z| hidden.activation.apply_inplace(z)));
            }
            z
        };
        (1..self.shape.layers()).fold(through(0, x), |z, layer| through(layer, &z))
    }
}
