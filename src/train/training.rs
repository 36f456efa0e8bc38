//! The course's training loop (exercise 4-2). It prints nothing: a callback sees every step.

use std::ops::ControlFlow;

use rand::Rng;

use super::order::Batches;
use super::{Order, check_batch, check_loss};
use crate::data::Dataset;
use crate::{Float, NeuralNetwork, Result, Scores};

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
        Batches::in_epoch(data.len(), self.batch)
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
    /// does not fit the network. [`Error::Diverged`](crate::Error::Diverged) if a loss is NaN or infinite.
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
    /// If the batch is 0 or larger than the data set, or `step` fails. [`Error::Diverged`](crate::Error::Diverged) if a loss is NaN or
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
        check_batch(self.batch, data.len())?;
        let mut batches = Batches::new(Order::Drawn, data.len(), self.batch);
        for number in 0..self.steps(data) {
            let scores = step(batches.next(number, rng))?;
            check_loss(number, scores, self.learning_rate)?;
            if on_step(Progress { step: number, scores }).is_break() {
                return Ok(number + 1);
            }
        }
        Ok(self.steps(data))
    }
}
