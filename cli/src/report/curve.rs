//! [`Curve`]: a run's scores, thinned to what can be seen.

use blasnet::Scores;
use serde::Serialize;

/// Means of stretches of as many steps each.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// Steps in a stretch; the last may have fewer.
    pub stretch: usize,
    pub points: Vec<Point>,
    /// Of the point that comes next: steps, and the sums of their scores.
    #[serde(skip)]
    open: (usize, f64, f64),
}

/// A stretch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// Steps that were made at its end.
    pub step: usize,
    /// The mean of its batches' losses, each from before its step.
    pub loss: f64,
    /// The share of their images that were answered rightly.
    pub accuracy: f64,
}

impl Curve {
    /// For a run of so many steps, in at most so many points.
    pub fn new(steps: usize, points: usize) -> Self {
        Self { stretch: steps.div_ceil(points).max(1), points: Vec::new(), open: (0, 0.0, 0.0) }
    }

    /// A step has been made, so many in all.
    pub fn step(&mut self, made: usize, scores: Scores) {
        let (count, loss, accuracy) = self.open;
        self.open = (count + 1, loss + scores.loss, accuracy + scores.accuracy);
        if made.is_multiple_of(self.stretch) {
            self.close(made);
        }
    }

    /// No step comes any more.
    pub fn close(&mut self, made: usize) {
        let (count, loss, accuracy) = std::mem::take(&mut self.open);
        if count > 0 {
            let count = count as f64;
            self.points.push(Point { step: made, loss: loss / count, accuracy: accuracy / count });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_the_mean_of_its_stretch() {
        let mut curve = Curve::new(10, 3);
        for made in 1..=10 {
            curve.step(made, Scores::new(made as f64, 0.5));
        }
        curve.close(10);
        let point = |step, loss| Point { step, loss, accuracy: 0.5 };
        assert_eq!(curve.stretch, 4);
        assert_eq!(curve.points, [point(4, 2.5), point(8, 6.5), point(10, 9.5)]);
    }
}
