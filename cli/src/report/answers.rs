//! [`Answers`]: what a network says of every image of a data set, and which of that is wrong.

use std::cmp::Ordering;

use blasnet::functions::{argmax, softmax};
use blasnet::{Confusion, Dataset, Mlp};
use serde::Serialize;

/// Rows that are computed at once.
const ROWS: usize = 1000;

/// A network's answers.
#[derive(Debug)]
pub struct Answers {
    pub confusion: Confusion,
    /// Answers that are wrong, the most confident first.
    pub mistakes: Vec<Mistake>,
}

/// An image that is taken for another digit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mistake {
    /// Its number in the data set, from 0.
    pub image: usize,
    pub label: usize,
    pub answer: usize,
    /// How sure the network is of its answer.
    pub probability: f32,
    /// What it leaves for the label.
    pub probability_of_label: f32,
}

impl Answers {
    /// Of a network whose outputs are logits of classes.
    pub fn of(network: &Mlp<f32>, data: &Dataset) -> blasnet::Result<Self> {
        let (mut pairs, mut mistakes) = (Vec::with_capacity(data.len()), Vec::new());
        let all: Vec<usize> = (0..data.len()).collect();
        for rows in all.chunks(ROWS) {
            let logits = network.outputs_on(data, rows)?;
            let probabilities = softmax(&logits);
            for (&image, (logits, probabilities)) in
                rows.iter().zip(logits.rows().into_iter().zip(probabilities.rows()))
            {
                let (label, answer) = (usize::from(data.labels()[image]), argmax(&logits));
                pairs.push((label, answer));
                if label != answer {
                    let (probability, probability_of_label) = (probabilities[answer], probabilities[label]);
                    mistakes.push(Mistake { image, label, answer, probability, probability_of_label });
                }
            }
        }
        mistakes.sort_by(most_confident_first);
        Ok(Self { confusion: Confusion::of_pairs(data.classes(), pairs)?, mistakes })
    }
}

/// The first image of equally confident ones.
fn most_confident_first(one: &Mistake, other: &Mistake) -> Ordering {
    other.probability.total_cmp(&one.probability).then(one.image.cmp(&other.image))
}
