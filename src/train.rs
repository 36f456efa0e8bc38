//! The course's training loop (exercise 4-2). It prints nothing: a callback sees every step.

use std::ops::ControlFlow;

use rand::{Rng, RngExt};

use crate::data::Dataset;
use crate::{Error, Float, Mlp, NeuralNetwork, Result, Scores};

/// What a run consists of. [`Default`] is the course's: 100 epochs of 600 batches of 100 images,
/// learning rate 0.0001.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Training {
    /// How often as many images are drawn as the data set has.
    pub epochs: usize,
    /// Images in a batch.
    pub batch: usize,
    /// What each summed gradient is multiplied by.
    pub learning_rate: f64,
}

impl Default for Training {
    fn default() -> Self {
        Self { epochs: 100, batch: 100, learning_rate: 0.0001 }
    }
}

/// A step that has just been made.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// Its number, from 0.
    pub step: usize,
    /// The batch's scores before its update.
    pub scores: Scores,
}

impl Training {
    /// Steps in an epoch: whole batches in the data set, at least one.
    pub fn steps_per_epoch(&self, data: &Dataset) -> usize {
        (data.len() / self.batch.max(1)).max(1)
    }

    /// Steps in the whole run.
    pub fn steps(&self, data: &Dataset) -> usize {
        self.epochs.saturating_mul(self.steps_per_epoch(data))
    }

    /// Trains `network` on batches drawn from `data` at random, with replacement: each row is
    /// `rng.random_range(0..data.len())`, batch after batch. The same generator state gives the
    /// same batches.
    ///
    /// `on_step` is called after each step; `ControlFlow::Break` ends the run early. Gives the
    /// number of steps made.
    ///
    /// # Errors
    ///
    /// If the batch is 0 or larger than the data set, the rate is negative or not finite, or the data
    /// does not fit the network. [`Error::Diverged`] if a loss is NaN or infinite.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    ///
    /// use blasnet::data::Dataset;
    /// use blasnet::{NeuralNetwork, Training};
    /// use ndarray::Array2;
    /// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
    ///
    /// // ten "images" of one bright pixel each
    /// let pixels = Array2::from_diag_elem(10, 255_u8);
    /// let data = Dataset::new(pixels, (0..10).collect(), 10)?;
    ///
    /// let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    /// let mut network = NeuralNetwork::<f32>::new([10, 20, 10], &mut rng)?;
    /// let mut training = Training::default();
    /// (training.epochs, training.batch, training.learning_rate) = (100, 5, 0.5);
    /// let steps = training.run(&mut network, &data, &mut rng, |_| ControlFlow::Continue(()))?;
    /// assert_eq!(steps, 200);
    /// assert_eq!(blasnet::evaluate(&network, &data)?.accuracy, 1.0);
    /// # Ok::<(), blasnet::Error>(())
    /// ```
    pub fn run<A: Float, R: Rng + ?Sized>(
        &self,
        network: &mut NeuralNetwork<A>,
        data: &Dataset,
        rng: &mut R,
        on_step: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<usize> {
        let rate = A::of(self.learning_rate);
        self.run_with(data, rng, |rows| network.sgd_on(data, rows, rate), on_step)
    }

    /// [`run`](Self::run) with a step of your own, which is told the rows of its batch: for an
    /// [`Mlp`](crate::Mlp) and its optimiser, or anything else that learns. [`learning_rate`](Self::learning_rate)
    /// is not used but in an error's text.
    ///
    /// # Errors
    ///
    /// If the batch is 0 or larger than the data set, or `step` fails. [`Error::Diverged`] if a loss is NaN or
    /// infinite.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    ///
    /// use blasnet::{Activation, AdamW, Dataset, Loss, Mlp, Training};
    /// use ndarray::Array2;
    /// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
    ///
    /// let data = Dataset::new(Array2::from_diag_elem(10, 255_u8), (0..10).collect(), 10)?;
    /// let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    /// let mut network = Mlp::<f32>::builder(10)
    ///     .hidden(20, Activation::Relu)
    ///     .output(10, Loss::SoftmaxCrossEntropy)
    ///     .build(&mut rng)?;
    /// let mut optimizer = AdamW::new(0.01);
    /// let mut training = Training::default();
    /// (training.epochs, training.batch) = (100, 5);
    /// let step = |rows: &[usize]| network.train_on(&data, rows, &mut optimizer);
    /// training.run_with(&data, &mut rng, step, |_| ControlFlow::Continue(()))?;
    /// assert_eq!(blasnet::evaluate(&network, &data)?.accuracy, 1.0);
    /// # Ok::<(), blasnet::Error>(())
    /// ```
    pub fn run_with<R: Rng + ?Sized>(
        &self,
        data: &Dataset,
        rng: &mut R,
        mut step: impl FnMut(&[usize]) -> Result<Scores>,
        mut on_step: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<usize> {
        self.check(data)?;
        let mut rows = vec![0; self.batch];
        for number in 0..self.steps(data) {
            rows.fill_with(|| rng.random_range(0..data.len()));
            let scores = step(&rows)?;
            if !scores.loss.is_finite() {
                let learning_rate = self.learning_rate;
                return Err(Error::Diverged { step: number, loss: scores.loss, learning_rate });
            }
            if on_step(Progress { step: number, scores }).is_break() {
                return Ok(number + 1);
            }
        }
        Ok(self.steps(data))
    }

    fn check(&self, data: &Dataset) -> Result<()> {
        if self.batch == 0 || self.batch > data.len() {
            return Err(Error::Invalid {
                what: "the batch size",
                found: self.batch.to_string(),
                expected: format!("1 to {}, the rows of the data", data.len()),
            });
        }
        Ok(())
    }
}

/// A network that [`evaluate`] can score: [`NeuralNetwork`] and [`Mlp`]. Sealed.
pub trait Evaluate: sealed::Sealed {}

impl<A: Float> Evaluate for NeuralNetwork<A> {}
impl<A: Float> Evaluate for Mlp<A> {}

mod sealed {
    use crate::{Dataset, Float, Mlp, NeuralNetwork, Result, Scores};

    pub trait Sealed {
        fn check_fit(&self, data: &Dataset) -> Result<()>;
        fn scores_on(&self, data: &Dataset, rows: &[usize]) -> Result<Scores>;
    }

    macro_rules! sealed {
        ($($network:ident),*) => {$(
            impl<A: Float> Sealed for $network<A> {
                fn check_fit(&self, data: &Dataset) -> Result<()> {
                    $network::check_fit(self, data)
                }

                fn scores_on(&self, data: &Dataset, rows: &[usize]) -> Result<Scores> {
                    $network::scores_on(self, data, rows)
                }
            }
        )*};
    }
    sealed!(NeuralNetwork, Mlp);
}

/// The scores of a network on a whole data set, a thousand rows at a time.
///
/// # Errors
///
/// If the data set is empty or does not fit the network.
pub fn evaluate(network: &impl Evaluate, data: &Dataset) -> Result<Scores> {
    const ROWS: usize = 1000;
    network.check_fit(data)?;
    if data.is_empty() {
        return Err(Error::empty_batch());
    }
    let (mut loss, mut accuracy) = (0.0, 0.0);
    let all: Vec<usize> = (0..data.len()).collect();
    for rows in all.chunks(ROWS) {
        let scores = network.scores_on(data, rows)?;
        let share = rows.len() as f64 / data.len() as f64;
        loss += scores.loss * share;
        accuracy += scores.accuracy * share;
    }
    Ok(Scores { loss, accuracy })
}
