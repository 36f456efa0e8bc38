//! [`Network`]: what a [`Trainer`](super::Trainer) trains and [`evaluate`] scores.

use ndarray::Array2;

use crate::{Dataset, Error, Float, Layout, Loss, Masks, Mlp, NeuralNetwork, Optimizer, Result, Scores};

/// What [`NeuralNetwork`] and [`Mlp`] have in common. Sealed.
///
/// Each of these is a method of theirs, too, where more is said of it.
pub trait Network: sealed::Sealed + Clone {
    /// f32 or f64.
    type Number: Float;

    /// What the outputs are held to.
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

    /// What decides which units drop out in the steps to come; of no meaning where none does.
    fn dropout_masks(&self) -> Masks {
        Masks { seed: 0, made: 0 }
    }

    /// Makes these the masks that come next, where units drop out.
    fn set_dropout_masks(&mut self, masks: Masks) {
        let _ = masks;
    }

    /// Makes one step on these rows of a data set, and gives their scores from before it.
    ///
    /// # Errors
    ///
    /// If the data does not fit the network, or the optimiser refuses.
    fn train_on(
        &mut self,
        data: &Dataset,
        rows: &[usize],
        optimizer: &mut (impl Optimizer<Self::Number> + ?Sized),
    ) -> Result<Scores>;

    /// The outputs `[rows, out]` for these rows of a data set, without dropout.
    ///
    /// # Errors
    ///
    /// If the data does not fit the network, or a row is not below its length.
    fn outputs_on(&self, data: &Dataset, rows: &[usize]) -> Result<Array2<Self::Number>>;
}

mod sealed {
    pub trait Sealed {}
}

/// Passes everything on to the type's own methods.
macro_rules! network {
    ($network:ident $($own:item)*) => {
        impl<A: Float> sealed::Sealed for $network<A> {}

        impl<A: Float> Network for $network<A> {
            type Number = A;

            fn loss_function(&self) -> Loss {
                $network::loss_function(self)
            }

            fn layout(&self) -> &Layout {
                $network::layout(self)
            }

            fn values(&self) -> &[A] {
                $network::values(self)
            }

            fn set_values(&mut self, values: &[A]) -> Result<()> {
                $network::set_values(self, values)
            }

            fn train_on(
                &mut self,
                data: &Dataset,
                rows: &[usize],
                optimizer: &mut (impl Optimizer<A> + ?Sized),
            ) -> Result<Scores> {
                $network::train_on(self, data, rows, optimizer)
            }

            fn outputs_on(&self, data: &Dataset, rows: &[usize]) -> Result<Array2<A>> {
                $network::outputs_on(self, data, rows)
            }

            $($own)*
        }
    };
}

network! { NeuralNetwork }
network! {
    Mlp

    fn dropout_masks(&self) -> Masks {
        Self::dropout_masks(self)
    }

    fn set_dropout_masks(&mut self, masks: Masks) {
        Self::set_dropout_masks(self, masks);
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
