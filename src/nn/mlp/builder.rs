//! [`MlpBuilder`]: what a network is to be, layer by layer.

use std::marker::PhantomData;

use rand::{Rng, RngExt};

use super::Mlp;
use crate::nn::shape::{LayerMut, Shape};
use crate::nn::step::Hidden;
use crate::nn::store::Store;
use crate::{Activation, Error, Float, Init, Loss, Reduction, Result};

/// Says what an [`Mlp`] is to be; made by [`Mlp::builder`]. Nothing is checked before [`build`](Self::build).
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a network comes of `build`"]
pub struct MlpBuilder<A> {
    /// The number type of the network to be.
    numbers: PhantomData<A>,
    inputs: usize,
    hidden: Vec<(usize, Hidden)>,
    /// Asked for before there was a hidden layer.
    early_dropout: Option<f64>,
    output: Option<(usize, Loss)>,
    init: Option<Init>,
    reduction: Reduction,
}

/// A width that BLAS can count.
const MAX_WIDTH: usize = i32::MAX as usize;

/// 32 GiB of f32: a number above is a mistake.
const MAX_PARAMETERS: usize = 1 << 33;

impl<A: Float> MlpBuilder<A> {
    pub(super) fn new(inputs: usize) -> Self {
        Self {
            numbers: PhantomData,
            inputs,
            hidden: Vec::new(),
            early_dropout: None,
            output: None,
            init: None,
            reduction: Reduction::Mean,
        }
    }

    /// Adds a hidden layer of `units` units.
    pub fn hidden(mut self, units: usize, activation: Activation) -> Self {
        self.hidden.push((units, Hidden { activation, dropout: 0.0 }));
        self
    }

    /// In training, the output of each unit of the last hidden layer so far is 0 with this probability, and else
    /// divided by 1 − `probability`, so that nothing need change when the network is used (inverted dropout;
    /// Srivastava et al., *Dropout*, 2014).
    ///
    /// Without a hidden layer this is an error of [`build`](Self::build).
    pub fn dropout(mut self, probability: f64) -> Self {
        match self.hidden.last_mut() {
            Some((_, hidden)) => hidden.dropout = probability,
            None => self.early_dropout = Some(probability),
        }
        self
    }

    /// The output layer, and what its outputs are held to.
    pub fn output(mut self, outputs: usize, loss: Loss) -> Self {
        self.output = Some((outputs, loss));
        self
    }

    /// How all weights are drawn. Without it: [`Init::HeNormal`] in front of ReLU, leaky ReLU and GELU,
    /// [`Init::XavierUniform`] in front of the others and the output. Biases begin at 0.
    pub fn init(mut self, init: Init) -> Self {
        self.init = Some(init);
        self
    }

    /// Whether training takes the gradient of a batch's mean loss, the default, or of the sum.
    pub fn reduction(mut self, reduction: Reduction) -> Self {
        self.reduction = reduction;
        self
    }

    /// The network, its weights drawn layer by layer, and then, if there is dropout, what decides which units
    /// drop out in which step.
    ///
    /// # Errors
    ///
    /// If there is no output layer, a width is 0 or absurd, or a dropout, slope or initialiser's setting is none
    /// that can be used: with the layer's number.
    pub fn build<R: Rng + ?Sized>(self, rng: &mut R) -> Result<Mlp<A>> {
        let (shape, hidden, loss) = self.check()?;
        let mut parameters = Store::zeros(shape);
        let (shape, values) = parameters.shape_and_values();
        for layer in 0..shape.layers() {
            let init = self.init.unwrap_or_else(|| match hidden.get(layer).map(|hidden| hidden.activation) {
                Some(Activation::Relu | Activation::LeakyRelu { .. } | Activation::Gelu) => Init::HeNormal,
                _ => Init::XavierUniform,
            });
            let LayerMut { mut w, .. } = shape.layer_mut(values, layer);
            let drawn = init.weights::<A, R>(w.dim(), rng)?;
            w.assign(&drawn);
        }
        let drops_out = hidden.iter().any(|hidden| hidden.dropout > 0.0);
        let seed = if drops_out { rng.random() } else { 0 };
        Ok(Mlp::new(parameters, hidden, loss, self.reduction, seed))
    }

    /// The network with these parameters, laid out as [`Mlp::layout`] has them: W1 row by row, b1, W2 and so on.
    ///
    /// With dropout every such network draws the same masks; `build` has the generator to draw others.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), or as [`Mlp::set_values`].
    ///
    /// ```
    /// use blasnet::{Activation, Loss, Mlp};
    ///
    /// let like = Mlp::<f64>::builder(2).hidden(1, Activation::Relu).output(1, Loss::MeanSquaredError);
    /// let network = like.build_with(&[1.0, -1.0, 0.5, 2.0, 0.0])?;
    /// assert_eq!(network.forward(&ndarray::array![[3.0, 1.0], [1.0, 3.0]])?, ndarray::array![[5.0], [0.0]]);
    /// # Ok::<(), blasnet::Error>(())
    /// ```
    pub fn build_with(self, values: &[A]) -> Result<Mlp<A>> {
        self.build_as("Mlp::set_values", values)
    }

    /// [`build_with`](Self::build_with), with errors of this operation.
    pub(crate) fn build_as(self, op: &'static str, values: &[A]) -> Result<Mlp<A>> {
        let (shape, hidden, loss) = self.check()?;
        let mut parameters = Store::zeros(shape);
        parameters.set_values(op, values)?;
        Ok(Mlp::new(parameters, hidden, loss, self.reduction, 0))
    }

    fn check(&self) -> Result<(Shape, Vec<Hidden>, Loss)> {
        let Some((outputs, loss)) = self.output else {
            return Err(Error::Invalid {
                what: "the network's output layer",
                found: "missing".into(),
                expected: "`output(outputs, loss)` before `build`".into(),
            });
        };
        let widths = self.hidden.iter().map(|&(units, _)| units);
        let sizes: Vec<usize> = [self.inputs].into_iter().chain(widths).chain([outputs]).collect();
        check_sizes(&sizes)?;
        if let Some(dropout) = self.early_dropout {
            return Err(Error::Invalid {
                what: "dropout",
                found: format!("{dropout} before any hidden layer"),
                expected: "`dropout` behind the `hidden` layer that it is for".into(),
            });
        }
        for (layer, (_, hidden)) in self.hidden.iter().enumerate() {
            hidden.activation.check::<A>()?;
            if !(0.0..1.0).contains(&hidden.dropout) {
                return Err(Error::Invalid {
                    what: "dropout",
                    found: format!("{} in hidden layer {}", hidden.dropout, layer + 1),
                    expected: "a probability of 0 to below 1".into(),
                });
            }
        }
        Ok((Shape::new(sizes), self.hidden.iter().map(|&(_, hidden)| hidden).collect(), loss))
    }
}

/// An error unless a network can have these widths.
fn check_sizes(sizes: &[usize]) -> Result<()> {
    if let Some(layer) = sizes.iter().position(|size| !(1..=MAX_WIDTH).contains(size)) {
        let name = match layer {
            0 => "the inputs".to_owned(),
            layer if layer + 1 == sizes.len() => "the output layer".to_owned(),
            layer => format!("hidden layer {layer}"),
        };
        return Err(Error::Invalid {
            what: "a layer's width",
            found: format!("{} in {name}", sizes[layer]),
            expected: format!("1 to {MAX_WIDTH}"),
        });
    }
    let parameters = sizes.windows(2).try_fold(0_usize, |sum, size| {
        size[0]
            .checked_add(1)
            .and_then(|rows| rows.checked_mul(size[1]))
            .and_then(|more| sum.checked_add(more))
    });
    match parameters {
        Some(parameters) if parameters <= MAX_PARAMETERS => Ok(()),
        _ => Err(Error::Invalid {
            what: "the network's size",
            found: format!("{sizes:?}"),
            expected: format!("at most {MAX_PARAMETERS} parameters"),
        }),
    }
}
