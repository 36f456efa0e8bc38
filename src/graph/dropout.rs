//! [`Dropout`]: some of the elements are 0, at random.

use std::ops::Range;

use ndarray::ArrayRefD;

use super::elementwise::{one, slice, slice_mut};
use super::{Gradients, Node, Values};
use crate::compute::kernels;
use crate::compute::parallel::{Split, each};
use crate::error::settings;
use crate::ops::dropout::{Masks, kept_below};
use crate::{Float, Result};

/// In training each element is 0 with a probability p, and else divided by 1 − p, so that its expectation remains:
/// inverted dropout (Srivastava et al., *Dropout: a simple way to prevent neural networks from overfitting*, 2014).
/// A derivative goes the way that its element went.
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
    /// By what each element was multiplied; empty where none was.
    slope: Vec<A>,
}

impl<A: Float> Dropout<A> {
    /// A node for this probability of 0; the same seed draws the same elements, on any number of threads.
    ///
    /// # Errors
    ///
    /// If the probability is negative, 1 or more, or NaN.
    pub fn new(probability: f64, seed: u64) -> Result<Self> {
        settings::below_1("the dropout", probability)?;
        Ok(Self { probability, masks: Masks::new(seed), training: true, slope: Vec::new() })
    }
}

/// The numbers of elements, to be cut like them.
struct Numbers(Range<usize>);

impl Split for Numbers {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn split(self, at: usize) -> (Self, Self) {
        let Range { start, end } = self.0;
        (Self(start..start + at), Self(start + at..end))
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
        z.assign(&inputs.get(0));
        self.slope.clear();
        if !self.training || self.probability == 0.0 {
            return;
        }
        self.slope.resize(z.len(), A::one());
        let (keep_below, scale) = (kept_below(self.probability), A::of(1.0 / (1.0 - self.probability)));
        let (key, numbers) = (self.masks.next(), Numbers(0..z.len()));
        each(((slice_mut(z), &mut *self.slope), numbers), 1, |((z, slope), Numbers(numbers))| {
            // Numbers of u32 come round again; their mask is as good a second time.
            kernels::drop_out(key, numbers.start as u32, keep_below, scale, z, slope);
        });
    }

    fn backprop(
        &mut self,
        _: Values<'_, A>,
        _: &ArrayRefD<A>,
        dz: &ArrayRefD<A>,
        gradients: &mut Gradients<'_, A>,
    ) {
        let Some(mut dx) = gradients.get_mut(0) else { return };
        if self.slope.is_empty() {
            return dx.assign(dz);
        }
        let work = ((slice(dz), &*self.slope), slice_mut(&mut dx));
        each(work, 1, |((dz, slope), dx)| kernels::multiply(dz, slope, dx));
    }
}
