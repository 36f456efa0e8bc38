//! [`Confusion`]: which classes a network takes for which.

use std::fmt;

use ndarray::{Array2, ArrayView2, Axis};

use crate::ops::argmax;
use crate::train::{Network, for_outputs};
use crate::{Dataset, Error, Result};

/// How often each class was answered for each label.
///
/// Its quotients are NaN where nothing is divided by nothing: the precision of a class that was never answered, the
/// recall of one that never occurs.
///
/// ```
/// use blasnet::Confusion;
/// use ndarray::array;
///
/// let confusion = Confusion::of_pairs(3, [(0, 0), (0, 0), (1, 1), (1, 0), (2, 2)])?;
/// assert_eq!(confusion.counts(), array![[2, 0, 0], [1, 1, 0], [0, 0, 1]]);
/// assert_eq!(confusion.accuracy(), 0.8);
/// assert_eq!((confusion.precision(0), confusion.recall(0)), (2.0 / 3.0, 1.0));
/// assert_eq!((confusion.precision(1), confusion.recall(1)), (1.0, 0.5));
/// assert_eq!(confusion.f1(0), 0.8);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    /// `[label, answer]`.
    counts: Array2<u64>,
}

impl Confusion {
    /// What a network answers for each row of a data set: the class of its largest output, the first of equals.
    ///
    /// # Errors
    ///
    /// If the data set is empty or does not fit the network.
    pub fn of(network: &impl Network, data: &Dataset) -> Result<Self> {
        let mut counts = Array2::zeros((data.classes(), data.classes()));
        for_outputs(network, data, |rows, outputs| {
            for (&row, outputs) in rows.iter().zip(outputs.rows()) {
                let answer = argmax(&outputs);
                counts[[usize::from(data.labels()[row]), answer]] += 1;
            }
            Ok(())
        })?;
        Ok(Self { counts })
    }

    /// Of pairs of a label and an answer, both below `classes`.
    ///
    /// # Errors
    ///
    /// If one is not.
    pub fn of_pairs(classes: usize, pairs: impl IntoIterator<Item = (usize, usize)>) -> Result<Self> {
        let mut counts = Array2::zeros((classes, classes));
        for (label, answer) in pairs {
            let Some(count) = counts.get_mut([label, answer]) else {
                return Err(Error::Invalid {
                    what: "a pair of label and answer",
                    found: format!("{:?}", (label, answer)),
                    expected: format!("two classes below {classes}"),
                });
            };
            *count += 1;
        }
        Ok(Self { counts })
    }

    /// `[label, answer]`: how often this answer was given for this label.
    pub fn counts(&self) -> ArrayView2<'_, u64> {
        self.counts.view()
    }

    /// The share of answers that are right.
    pub fn accuracy(&self) -> f64 {
        self.counts.diag().sum() as f64 / self.counts.sum() as f64
    }

    /// The share of the answers `class` that are right: TP / (TP + FP).
    ///
    /// # Panics
    ///
    /// If there is no such class.
    pub fn precision(&self, class: usize) -> f64 {
        self.right(class) / self.counts.index_axis(Axis(1), class).sum() as f64
    }

    /// The share of the labels `class` that were answered rightly: TP / (TP + FN).
    ///
    /// # Panics
    ///
    /// If there is no such class.
    pub fn recall(&self, class: usize) -> f64 {
        self.right(class) / self.counts.index_axis(Axis(0), class).sum() as f64
    }

    /// The harmonic mean of precision and recall: 2·TP / (2·TP + FP + FN).
    ///
    /// # Panics
    ///
    /// If there is no such class.
    pub fn f1(&self, class: usize) -> f64 {
        let (answers, labels) =
            (self.counts.index_axis(Axis(1), class).sum(), self.counts.index_axis(Axis(0), class).sum());
        2.0 * self.right(class) / (answers + labels) as f64
    }

    fn right(&self, class: usize) -> f64 {
        self.counts[[class, class]] as f64
    }
}

/// A table: a line for each label, a column for each answer; then recall, and below, precision, in percent.
impl fmt::Display for Confusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classes = self.counts.nrows();
        let width = self.counts.iter().max().map_or(1, |most| most.to_string().len()).max(5);
        write!(f, "{:>9}", "answer")?;
        (0..classes).try_for_each(|class| write!(f, " {class:>width$}"))?;
        writeln!(f, " {:>8}", "recall")?;
        for (label, counts) in self.counts.rows().into_iter().enumerate() {
            write!(f, "{:>9}", if label == 0 { "label 0".into() } else { label.to_string() })?;
            counts.iter().try_for_each(|count| write!(f, " {count:>width$}"))?;
            writeln!(f, " {:>6.1} %", 100.0 * self.recall(label))?;
        }
        write!(f, "{:>9}", "precision")?;
        (0..classes).try_for_each(|class| write!(f, " {:>width$.1}", 100.0 * self.precision(class)))?;
        write!(f, " {:>6.1} %", 100.0 * self.accuracy())
    }
}
