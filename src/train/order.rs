//! [`Order`]: which rows make up which batch.

use rand::seq::SliceRandom;
use rand::{Rng, RngExt};

use crate::Dataset;

/// How a run goes through its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Order {
    /// Each row of each batch is drawn from all, so that an epoch has some rows twice and others not at all: the
    /// course's way.
    #[default]
    Drawn,
    /// Without replacement: each epoch is all rows in a new order, cut into batches. Where the last would be smaller
    /// than the others, its rows sit this epoch out.
    Shuffled,
}

/// Steps in an epoch of batches of this size: the whole batches in the data set, at least one.
///
/// [`Trainer::steps`](super::Trainer::steps) says the same once there is a trainer. A [`Schedule`](crate::Schedule)
/// over the whole run needs the number before that:
///
/// ```
/// use blasnet::train::{Trainer, steps_per_epoch};
/// use blasnet::{Dataset, NeuralNetwork, Schedule, Scheduled, Sgd};
/// use ndarray::Array2;
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let data = Dataset::new(Array2::from_diag_elem(10, 255_u8), (0..10).collect(), 10)?;
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
/// let mut network = NeuralNetwork::<f32>::new([10, 20, 10], &mut rng)?;
///
/// let steps = 20 * steps_per_epoch(&data, 5);
/// let schedule = Schedule::Linear { steps: steps as u64, floor: 0.0 };
/// let mut sgd = Scheduled::new(Sgd::new(0.5), schedule);
/// let trainer = Trainer::new(&mut network, &mut sgd, &data).epochs(20).batch(5);
/// assert_eq!(trainer.steps(), steps);
/// trainer.run(&mut rng)?;
/// # Ok::<(), blasnet::Error>(())
/// ```
#[must_use]
pub fn steps_per_epoch(data: &Dataset, batch: usize) -> usize {
    Batches::in_epoch(data.len(), batch)
}

/// Gives one batch after the other.
#[derive(Debug, Clone)]
pub(super) struct Batches {
    order: Order,
    /// Rows of the data.
    len: usize,
    batch: usize,
    /// All rows in this epoch's order, where it is shuffled; else room for a batch.
    rows: Vec<usize>,
}

impl Batches {
    /// Batches that are no larger than the data.
    pub(super) fn new(order: Order, len: usize, batch: usize) -> Self {
        let rows = match order {
            Order::Drawn => vec![0; batch],
            Order::Shuffled => (0..len).collect(),
        };
        Self { order, len, batch, rows }
    }

    /// Steps in an epoch: whole batches in the data set, at least one.
    pub(super) fn in_epoch(len: usize, batch: usize) -> usize {
        (len / batch.max(1)).max(1)
    }

    /// The rows of this epoch's batch `number`. Batch after batch, from 0, they depend on nothing but the generator.
    pub(super) fn next<R: Rng + ?Sized>(&mut self, number: usize, rng: &mut R) -> &[usize] {
        match self.order {
            Order::Drawn => {
                self.rows.fill_with(|| rng.random_range(0..self.len));
                &self.rows
            }
            Order::Shuffled => {
                if number == 0 {
                    // From the same order in each epoch, so that one can begin with any.
                    self.rows.iter_mut().enumerate().for_each(|(row, place)| *place = row);
                    self.rows.shuffle(rng);
                }
                &self.rows[number * self.batch..][..self.batch]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::Xoshiro256PlusPlus;

    use super::*;

    #[test]
    fn a_shuffled_epoch_has_each_row_once_and_the_next_another_order() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
        let mut batches = Batches::new(Order::Shuffled, 103, 10);
        let mut epoch =
            || -> Vec<usize> { (0..10).flat_map(|step| batches.next(step, &mut rng).to_vec()).collect() };
        let (first, second) = (epoch(), epoch());
        for rows in [&first, &second] {
            let mut sorted = rows.clone();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!((sorted.len(), sorted.last() < Some(&103)), (100, true));
        }
        assert_ne!(first, second);
        assert!(!first.is_sorted());
    }

    #[test]
    fn drawn_rows_are_the_generators_own_draws() {
        let (mut rng, mut plain) =
            (Xoshiro256PlusPlus::seed_from_u64(3), Xoshiro256PlusPlus::seed_from_u64(3));
        let mut batches = Batches::new(Order::Drawn, 7, 3);
        for step in 0..5 {
            let expected: Vec<usize> = (0..3).map(|_| plain.random_range(0..7)).collect();
            assert_eq!(batches.next(step, &mut rng), expected);
        }
    }
}
