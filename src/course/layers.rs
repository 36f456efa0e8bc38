//! Chapter 2: layers that only go forward.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis};

use crate::course::functions;
use crate::{Affine, Error, Float, Result};

/// ReLU(x·W + b): one layer (exercise 2-3), for one input or a batch of them.
///
/// `w: [in, out]`, `b: [out]`.
///
/// ```
/// use blasnet::SingleLayer;
/// use ndarray::array;
///
/// let layer = SingleLayer::new(array![[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]], array![0.1, 0.2, 0.3])?;
/// let z = layer.forward(&array![1.0, 0.5])?;
/// assert!(z.abs_diff_eq(&array![0.3, 0.7, 1.1], 1e-12));
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SingleLayer<A> {
    affine: Affine<A>,
}

impl<A: Float> SingleLayer<A> {
    /// A layer with these weights and biases.
    ///
    /// # Errors
    ///
    /// If `b` is not as long as a row of `w`.
    pub fn new(w: Array2<A>, b: Array1<A>) -> Result<Self> {
        Ok(Self { affine: Affine::new(w, b)? })
    }

    /// The output `[out]` of one input `x: [in]`.
    ///
    /// # Errors
    ///
    /// If `x` is not `in` long.
    pub fn forward(&self, x: &ArrayRef1<A>) -> Result<Array1<A>> {
        let z = self.forward_batch(&x.view().insert_axis(Axis(0)))?;
        Ok(z.index_axis_move(Axis(0), 0))
    }

    /// The outputs `[batch, out]` of a batch `x: [batch, in]`.
    ///
    /// # Errors
    ///
    /// If the rows of `x` are not `in` long.
    pub fn forward_batch(&self, x: &ArrayRef2<A>) -> Result<Array2<A>> {
        let mut z = self.affine.apply(x)?;
        functions::relu_inplace(&mut z);
        Ok(z)
    }
}

/// What [`Mlp3Layer`] applies to its last layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OutputActivation {
    /// max(0, x), as for the other layers (exercise 2-4).
    #[default]
    Relu,
    /// A distribution over the classes in each row (exercise 2-5).
    Softmax,
}

/// Three layers, one after the other: the course's `MLP_3Layer` (exercises 2-4 and 2-5).
///
/// ```
/// use blasnet::{Mlp3Layer, OutputActivation, SingleLayer};
/// use ndarray::array;
///
/// let layers = [
///     SingleLayer::new(array![[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]], array![0.1, 0.2, 0.3])?,
///     SingleLayer::new(array![[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]], array![0.1, 0.2])?,
///     SingleLayer::new(array![[0.1, 0.3], [0.2, 0.4]], array![0.1, 0.2])?,
/// ];
/// let x = array![[1.0, 0.5], [-0.3, -0.2]];
///
/// let mlp = Mlp3Layer::new(layers, OutputActivation::Relu)?;
/// assert!(mlp.forward(&x)?.abs_diff_eq(&array![[0.426, 0.912], [0.1608, 0.3334]], 1e-12));
///
/// let mlp = mlp.with_output(OutputActivation::Softmax);
/// assert!((mlp.forward(&x)?.row(0).sum() - 1.0_f64).abs() < 1e-12);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Mlp3Layer<A> {
    layers: [SingleLayer<A>; 3],
    output: OutputActivation,
}

impl<A: Float> Mlp3Layer<A> {
    /// These layers in this order.
    ///
    /// # Errors
    ///
    /// If a layer does not have as many inputs as the one before has outputs.
    pub fn new(layers: [SingleLayer<A>; 3], output: OutputActivation) -> Result<Self> {
        for pair in layers.windows(2) {
            let (outputs, w) = (pair[0].affine.w().ncols(), pair[1].affine.w());
            if w.nrows() != outputs {
                let expected = format!("[{outputs}, out], as the layer before has {outputs} outputs");
                return Err(Error::shape("Mlp3Layer::new", "w", w.shape(), expected));
            }
        }
        Ok(Self { layers, output })
    }

    /// The same layers with another activation at the end.
    #[must_use]
    pub fn with_output(self, output: OutputActivation) -> Self {
        Self { output, ..self }
    }

    /// The outputs `[batch, out]` of a batch `x: [batch, in]`.
    ///
    /// # Errors
    ///
    /// If the rows of `x` are not as long as the first layer's inputs.
    pub fn forward(&self, x: &ArrayRef2<A>) -> Result<Array2<A>> {
        let [first, second, last] = &self.layers;
        let hidden = second.forward_batch(&first.forward_batch(x)?)?;
        let mut z = last.affine.apply(&hidden)?;
        match self.output {
            OutputActivation::Relu => functions::relu_inplace(&mut z),
            OutputActivation::Softmax => functions::softmax_inplace(&mut z),
        }
        Ok(z)
    }
}
