//! [`Dropout`]: some of the elements are 0, at random.

use ndarray::ArrayRefD;

use super::elementwise::one;
use super::node::{slice, slice_mut};
use super::{Derivatives, Node, Values};
use crate::error::settings;
use crate::ops::{copy, dropout, multiply};
use crate::{Float, Masks, Result};

/// In training each element is 0 with a probability p, and else divided by 1 − p, so that its expectation remains:
/// inverted dropout (Srivastava et al., *Dropout: a simple way to prevent neural networks from overfitting*, 2014).
/// Its derivative is 0 or divided alike.
///
/// Each [`forward`](super::Graph::forward) draws anew. After [`set_training(false)`](super::Graph::set_training)
/// nothing drops out.
///
/// ```
/// use blasnet::graph::{Dropout, Graph};
/// use ndarray::array;
///
/// let mut graph = Graph::<f64>::builder()
///     .input("x", &[4])
///     .node("z", Dropout::new(0.5, 0)?, ["x"])
///     .build()?;
/// graph.set("x", &array![1.0, 2.0, 3.0, 4.0])?;
/// graph.forward()?;
/// assert!(graph.value("z")?.iter().zip([2.0, 4.0, 6.0, 8.0]).all(|(&z, doubled)| z == 0.0 || z == doubled));
///
/// graph.set_training(false);
/// graph.forward()?;
/// assert_eq!(graph.value("z")?, graph.value("x")?);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dropout<A> {
    probability: f64,
    masks: Masks,
    training: bool,
    /// What each element was multiplied by; empty if nothing dropped out.
    slope: Vec<A>,
}

impl<A: Float> Dropout<A> {
    /// A node with this probability of 0. The same seed draws the same elements, on any number of threads.
    ///
    /// # Errors
    ///
    /// If the probability is negative, 1 or more, or NaN.
    pub fn new(probability: f64, seed: u64) -> Result<Self> {
        settings::below_1("the dropout", probability)?;
        Ok(Self { probability, masks: Masks::new(seed), training: true, slope: Vec::new() })
    }
}

impl<A: Float> Node<A> for Dropout<A> {
    fn name(&self) -> String {
        format!("Dropout {}", self.probability)
    }

    fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        one(inputs)
    }

    fn set_training(&mut self, training: bool) {
        self.training = training;
    }

    fn forward(&mut self, inputs: Values<'_, A>, z: &mut ArrayRefD<A>) {
        let ([x], z) = (inputs.slices(), slice_mut(z));
        copy(x, z);
        self.slope.clear();
        if self.training && self.probability > 0.0 {
            self.slope.resize(z.len(), A::one());
            dropout::inplace(self.probability, self.masks.next(), z, &mut self.slope);
        }
    }

    fn backprop(
        &mut self,
        _: Values<'_, A>,
        _: &ArrayRefD<A>,
        dz: &ArrayRefD<A>,
        derivatives: &mut Derivatives<'_, A>,
    ) {
        if let [Some(dx)] = derivatives.slices_mut() {
            multiply::by_slope(slice(dz), &self.slope, dx);
        }
    }
}
