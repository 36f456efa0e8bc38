//! [`Part`]: some rows of a batch, whose gradient is added to that of the others.

use crate::Masks;

/// A part of a batch, so that several processes can share the batch out, or one can take it in pieces.
///
/// The gradients of all parts add up to that of the batch, and so do their [`Sums`](crate::Sums).
///
/// ```
/// use blasnet::{Activation, Dataset, Loss, Mlp, Part, Sums};
/// use ndarray::array;
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let data = Dataset::new(array![[0, 255], [255, 0], [255, 255]], vec![0, 1, 1], 2)?;
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
/// let builder = Mlp::<f64>::builder(2).hidden(8, Activation::Relu).dropout(0.2);
/// let mut network = builder.output(2, Loss::SoftmaxCrossEntropy).build(&mut rng)?;
///
/// let batch = [2, 0, 1, 1];
/// let whole = Part::of(&batch).masks(network.dropout_masks());
/// let mut gradient = vec![0.0; network.layout().len()];
/// let sums = network.gradient_on(&data, whole, &mut gradient)?;
///
/// let (mut added, mut added_sums) = (vec![0.0; gradient.len()], Sums::default());
/// for range in [0..1, 1..4] {
///     let mut of_part = vec![0.0; gradient.len()];
///     added_sums.add(network.gradient_on(&data, whole.range(range), &mut of_part)?);
///     added.iter_mut().zip(of_part).for_each(|(sum, part)| *sum += part);
/// }
/// assert!(added.iter().zip(&gradient).all(|(a, b)| (a - b).abs() < 1e-12));
/// assert!((added_sums.loss - sums.loss).abs() < 1e-12 && added_sums.rows == 4);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part<'a> {
    /// The part's rows of the data set; none is a part, too, and its gradient is 0.
    pub rows: &'a [usize],
    /// The number of its first row within the batch, on which dropout depends.
    pub first: usize,
    /// What the mean of the losses divides by, the rows of the whole batch; 1 for a gradient of the sum.
    pub divisor: usize,
    /// Which units drop out; none do without.
    pub masks: Option<Masks>,
}

impl<'a> Part<'a> {
    /// A whole batch: these rows of a data set, without dropout.
    pub const fn of(batch: &'a [usize]) -> Self {
        Self { rows: batch, first: 0, divisor: batch.len(), masks: None }
    }

    /// The same with these masks, usually the network's [`dropout_masks`](crate::Mlp::dropout_masks).
    #[must_use]
    pub const fn masks(self, masks: Masks) -> Self {
        Self { masks: Some(masks), ..self }
    }

    /// The same with another divisor.
    #[must_use]
    pub const fn divisor(self, divisor: usize) -> Self {
        Self { divisor, ..self }
    }

    /// Some of its rows, counted from 0.
    ///
    /// # Panics
    ///
    /// If there are fewer rows.
    #[must_use]
    #[track_caller]
    pub fn range(self, range: std::ops::Range<usize>) -> Self {
        Self { first: self.first + range.start, rows: &self.rows[range], ..self }
    }
}
