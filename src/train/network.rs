//! [`Network`]: what a [`Trainer`](super::Trainer) trains and [`evaluate`] scores.

use ndarray::Array2;

use crate::{
    Dataset, Error, Float, Layout, Loss, Masks, Mlp, NeuralNetwork, Optimizer, Part, Result, Scores, Sums,
};

/// What a [`Trainer`](super::Trainer) trains: [`Mlp`], [`NeuralNetwork`], or a network of yours.
///
/// Parameters are one slice, laid out by a [`Layout`]. A network of yours needs no more than the methods without a body:
///
/// ```
/// use blasnet::train::{Network, Trainer};
/// use blasnet::{Dataset, Layout, Loss, Part, Result, Sgd, Sums, evaluate};
/// use ndarray::{Array2, array};
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// /// Answers with the same outputs for every row: the logarithms of how often each class occurs, once it has learnt.
/// #[derive(Clone)]
/// struct Frequencies {
///     layout: Layout,
///     values: Vec<f64>,
/// }
///
/// impl Network for Frequencies {
///     type Number = f64;
///
///     fn loss_function(&self) -> Loss {
///         Loss::SoftmaxCrossEntropy
///     }
///
///     fn layout(&self) -> &Layout {
///         &self.layout
///     }
///
///     fn values(&self) -> &[f64] {
///         &self.values
///     }
///
///     fn set_values(&mut self, values: &[f64]) -> Result<()> {
///         self.values.copy_from_slice(values);
///         Ok(())
///     }
///
///     fn gradient_on(&mut self, data: &Dataset, part: Part<'_>, gradient: &mut [f64]) -> Result<Sums> {
///         let outputs = self.outputs_on(data, part.rows)?;
///         let labels: Vec<usize> = part.rows.iter().map(|&row| data.labels()[row].into()).collect();
///         let (scores, of_sum) = self.loss_function().derivative(&outputs, &labels)?;
///         for (gradient, column) in gradient.iter_mut().zip(of_sum.columns()) {
///             *gradient = column.sum() / part.divisor as f64;
///         }
///         Ok(Sums::of(scores, part.rows.len()))
///     }
///
///     fn outputs_on(&self, _: &Dataset, rows: &[usize]) -> Result<Array2<f64>> {
///         Ok(Array2::from_shape_fn((rows.len(), self.values.len()), |(_, class)| self.values[class]))
///     }
/// }
///
/// let data = Dataset::new(array![[0], [0], [0], [0]], vec![1, 1, 0, 1], 2)?;
/// let mut network = Frequencies { layout: Layout::new([("b", vec![2])]), values: vec![0.0; 2] };
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
/// Trainer::new(&mut network, &mut Sgd::new(0.5), &data).epochs(200).run(&mut rng)?;
/// assert_eq!(evaluate(&network, &data)?.accuracy, 0.75);
/// # Ok::<(), blasnet::Error>(())
/// ```
pub trait Network: Clone {
    /// f32 or f64.
    type Number: Float;

    /// The loss of the outputs.
    fn loss_function(&self) -> Loss;

    /// Names and shapes of the parameters, in the order of [`values`](Self::values).
    fn layout(&self) -> &Layout;

    /// All parameters in one slice.
    fn values(&self) -> &[Self::Number];

    /// Makes these the parameters.
    ///
    /// # Errors
    ///
    /// If there are more or fewer, or one is NaN or infinite; nothing is changed then.
    fn set_values(&mut self, values: &[Self::Number]) -> Result<()>;

    /// What decides which units drop out in the steps to come. By default none does.
    fn dropout_masks(&self) -> Masks {
        Masks::new(0)
    }

    /// Makes these the masks that come next, if units drop out.
    fn set_dropout_masks(&mut self, masks: Masks) {
        let _ = masks;
    }

    /// The gradient of the loss of a part of a batch by all parameters, to an array laid out like them, and the sums of its
    /// rows' scores.
    ///
    /// # Errors
    ///
    /// If the data does not fit the network, or the loss is not finite.
    fn gradient_on(&mut self, data: &Dataset, part: Part<'_>, gradient: &mut [Self::Number]) -> Result<Sums>;

    /// Makes the optimiser's step by this gradient, which it may overwrite, and draws other dropout masks from then on. By
    /// default by way of a copy of the parameters.
    ///
    /// # Errors
    ///
    /// If the optimiser refuses, or a parameter would not be finite; the parameters are not changed then.
    fn update(
        &mut self,
        gradient: &mut [Self::Number],
        optimizer: &mut (impl Optimizer<Self::Number> + ?Sized),
    ) -> Result<()> {
        let mut values = self.values().to_vec();
        optimizer.step(&mut values, gradient, &self.layout().clone())?;
        self.set_values(&values)
    }

    /// Makes one step on these rows of a data set, and gives their scores from before it. By default
    /// [`gradient_on`](Self::gradient_on) and [`update`](Self::update), with an array for the gradient in each step.
    ///
    /// # Errors
    ///
    /// If the data does not fit the network, the loss is not finite, or the optimiser refuses.
    fn train_on(
        &mut self,
        data: &Dataset,
        rows: &[usize],
        optimizer: &mut (impl Optimizer<Self::Number> + ?Sized),
    ) -> Result<Scores> {
        let mut gradient = vec![Self::Number::default(); self.layout().len()];
        let part = Part::of(rows).masks(self.dropout_masks());
        let sums = self.gradient_on(data, part, &mut gradient)?;
        self.update(&mut gradient, optimizer)?;
        Ok(sums.scores())
    }

    /// The outputs `[rows, out]` for these rows of a data set, without dropout.
    ///
    /// # Errors
    ///
    /// If the data does not fit the network, or a row is not below its length.
    fn outputs_on(&self, data: &Dataset, rows: &[usize]) -> Result<Array2<Self::Number>>;
}

impl<A: Float> Network for Mlp<A> {
    type Number = A;

    fn loss_function(&self) -> Loss {
        Self::loss_function(self)
    }

    fn layout(&self) -> &Layout {
        Self::layout(self)
    }

    fn values(&self) -> &[A] {
        Self::values(self)
    }

    fn set_values(&mut self, values: &[A]) -> Result<()> {
        Self::set_values(self, values)
    }

    fn dropout_masks(&self) -> Masks {
        Self::dropout_masks(self)
    }

    fn set_dropout_masks(&mut self, masks: Masks) {
        Self::set_dropout_masks(self, masks);
    }

    fn gradient_on(&mut self, data: &Dataset, part: Part<'_>, gradient: &mut [A]) -> Result<Sums> {
        Self::gradient_on(self, data, part, gradient)
    }

    fn update(&mut self, gradient: &mut [A], optimizer: &mut (impl Optimizer<A> + ?Sized)) -> Result<()> {
        Self::update(self, gradient, optimizer)
    }

    fn train_on(
        &mut self,
        data: &Dataset,
        rows: &[usize],
        optimizer: &mut (impl Optimizer<A> + ?Sized),
    ) -> Result<Scores> {
        Self::train_on(self, data, rows, optimizer)
    }

    fn outputs_on(&self, data: &Dataset, rows: &[usize]) -> Result<Array2<A>> {
        Self::outputs_on(self, data, rows)
    }
}

/// The course's network is an [`Mlp`] in all of this.
impl<A: Float> Network for NeuralNetwork<A> {
    type Number = A;

    fn loss_function(&self) -> Loss {
        self.as_mlp().loss_function()
    }

    fn layout(&self) -> &Layout {
        self.as_mlp().layout()
    }

    fn values(&self) -> &[A] {
        self.as_mlp().values()
    }

    fn set_values(&mut self, values: &[A]) -> Result<()> {
        self.as_mlp_mut().set_values(values)
    }

    fn gradient_on(&mut self, data: &Dataset, part: Part<'_>, gradient: &mut [A]) -> Result<Sums> {
        self.as_mlp_mut().gradient_on(data, part, gradient)
    }

    fn update(&mut self, gradient: &mut [A], optimizer: &mut (impl Optimizer<A> + ?Sized)) -> Result<()> {
        self.as_mlp_mut().update(gradient, optimizer)
    }

    fn train_on(
        &mut self,
        data: &Dataset,
        rows: &[usize],
        optimizer: &mut (impl Optimizer<A> + ?Sized),
    ) -> Result<Scores> {
        self.as_mlp_mut().train_on(data, rows, optimizer)
    }

    fn outputs_on(&self, data: &Dataset, rows: &[usize]) -> Result<Array2<A>> {
        self.as_mlp().outputs_on(data, rows)
    }
}

/// The scores of a network on a whole data set, a thousand rows at a time.
///
/// # Errors
///
/// If the data set is empty or does not fit the network.
pub fn evaluate(network: &impl Network, data: &Dataset) -> Result<Scores> {
    let (mut loss, mut accuracy) = (0.0, 0.0);
    for_outputs(network, data, |rows, outputs| {
        let mut labels = Array2::zeros(outputs.dim());
        data.gather_labels(rows, &mut labels);
        let scores = network.loss_function().scores("evaluate", outputs, (&labels).into())?;
        let share = rows.len() as f64 / data.len() as f64;
        loss += scores.loss * share;
        accuracy += scores.accuracy * share;
        Ok(())
    })?;
    Ok(Scores { loss, accuracy })
}

/// Calls `each` with the outputs for all rows of a data set that has some, a thousand at a time.
pub(crate) fn for_outputs<N: Network>(
    network: &N,
    data: &Dataset,
    mut each: impl FnMut(&[usize], &Array2<N::Number>) -> Result<()>,
) -> Result<()> {
    const ROWS: usize = 1000;
    if data.is_empty() {
        return Err(Error::empty_batch());
    }
    let all: Vec<usize> = (0..data.len()).collect();
    all.chunks(ROWS).try_for_each(|rows| each(rows, &network.outputs_on(data, rows)?))
}
