//! What a chain of layers gives, when it is not to learn.

use ndarray::{Array2, ArrayRef2};

use super::Chain;
use crate::Float;
use crate::compute::flat::write_elements;
use crate::compute::parallel::each;
use crate::nn::weights::Weights;
use crate::nodes::affine_into;

impl Chain<'_> {
    /// The outputs `[batch, out]` of `x: [batch, in]`, without dropout.
    pub(crate) fn outputs<A: Float>(&self, weights: &Weights<A>, x: &ArrayRef2<A>) -> Array2<A> {
        let first = self.through(weights, 0, x);
        (1..self.shape.layers()).fold(first, |z, layer| self.through(weights, layer, &z))
    }

    /// The same with what every layer before makes of it.
    pub(crate) fn activations<A: Float>(&self, weights: &Weights<A>, x: &ArrayRef2<A>) -> Vec<Array2<A>> {
        let mut all = vec![self.through(weights, 0, x)];
        for layer in 1..self.shape.layers() {
            all.push(self.through(weights, layer, &all[layer - 1]));
        }
        all
    }

    fn through<A: Float>(&self, weights: &Weights<A>, layer: usize, x: &ArrayRef2<A>) -> Array2<A> {
        let (w, b) = weights.layer(layer);
        let mut z = Array2::zeros((x.nrows(), w.ncols()));
        affine_into(x, &w, &b, &mut z);
        if let Some(hidden) = self.hidden.get(layer) {
            write_elements(&mut z, |z| each(z, 1, |z| hidden.activation.apply_inplace(z)));
        }
        z
    }
}
