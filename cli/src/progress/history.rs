//! [`History`]: what a run's scores have been so far, in a size that does not grow.

use std::iter::Sum;
use std::time::Duration;

use blasnet::Scores;

/// Equal stretches that a whole run is cut into, made and still to be made.
pub const STRETCHES: usize = 24;

/// Batches that the scores of the moment are the mean of, the latest weighing most.
const RECENT: usize = 100;

/// The scores of a run.
#[derive(Debug, Clone)]
pub struct History {
    /// Of the whole run.
    steps: usize,
    /// Made so far, also by the run that this one goes on with.
    made: usize,
    /// Made here.
    seen: usize,
    recent: Scores,
    stretches: [Stretch; STRETCHES],
}

/// Sums over some steps.
#[derive(Debug, Clone, Copy, Default)]
struct Stretch {
    count: f64,
    loss: f64,
    error: f64,
}

impl History {
    /// Of a run of so many steps, before the first.
    pub fn new(steps: usize) -> Self {
        let recent = Scores::new(0.0, 0.0);
        Self { steps, made: 0, seen: 0, recent, stretches: [Stretch::default(); STRETCHES] }
    }

    /// Takes down the scores of the last of `made` steps.
    pub fn record(&mut self, made: usize, Scores { loss, accuracy, .. }: Scores) {
        self.made = made;
        self.seen += 1;
        let weight = 1.0 / self.seen.min(RECENT) as f64;
        self.recent.loss += (loss - self.recent.loss) * weight;
        self.recent.accuracy += (accuracy - self.recent.accuracy) * weight;
        let place = made.saturating_sub(1) as f64 / self.steps as f64 * STRETCHES as f64;
        let stretch = &mut self.stretches[(place as usize).min(STRETCHES - 1)];
        stretch.count += 1.0;
        stretch.loss += loss;
        stretch.error += 1.0 - accuracy;
    }

    /// Steps made, and those of the whole run.
    pub fn position(&self) -> (usize, usize) {
        (self.made, self.steps)
    }

    /// From 0 to 1.
    pub fn share(&self) -> f64 {
        self.made as f64 / self.steps.max(1) as f64
    }

    /// Steps in a second, if this run has taken so long.
    pub fn rate(&self, elapsed: Duration) -> f64 {
        self.seen as f64 / elapsed.as_secs_f64()
    }

    /// What is still to come if it goes on like this. Nobody knows before the first step.
    pub fn left(&self, elapsed: Duration) -> Option<Duration> {
        let steps = self.steps.saturating_sub(self.made) as f64;
        Duration::try_from_secs_f64(steps / self.rate(elapsed)).ok()
    }

    /// Of the last batches.
    pub fn recent(&self) -> Scores {
        self.recent
    }

    /// The mean loss of each of so many parts of the run, a divisor of [`STRETCHES`]; `None` where no step was made.
    pub fn losses(&self, parts: usize) -> Vec<Option<f64>> {
        self.means(parts, |stretch| stretch.loss)
    }

    /// Likewise the share of wrong answers.
    pub fn errors(&self, parts: usize) -> Vec<Option<f64>> {
        self.means(parts, |stretch| stretch.error)
    }

    fn means(&self, parts: usize, sum: impl Fn(Stretch) -> f64) -> Vec<Option<f64>> {
        let parts =
            self.stretches.chunks(STRETCHES / parts).map(|part| part.iter().copied().sum::<Stretch>());
        parts.map(|part| (part.count > 0.0).then(|| sum(part) / part.count)).collect()
    }
}

impl Sum for Stretch {
    fn sum<I: Iterator<Item = Self>>(stretches: I) -> Self {
        stretches.fold(Self::default(), |a, b| Self {
            count: a.count + b.count,
            loss: a.loss + b.loss,
            error: a.error + b.error,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(loss: f64) -> Scores {
        Scores::new(loss, 1.0 - loss)
    }

    #[test]
    fn a_run_is_cut_into_equal_parts() {
        let mut history = History::new(48);
        for made in 1..=30 {
            history.record(made, scores(made as f64));
        }
        let losses = history.losses(8);
        assert_eq!(losses[..5], [3.5, 9.5, 15.5, 21.5, 27.5].map(Some));
        assert_eq!(losses[5..], [None; 3]);
        assert_eq!(history.errors(8), losses);
        assert_eq!(history.losses(24)[14..16], [Some(29.5), None]);
        assert_eq!((history.position(), history.share()), ((30, 48), 0.625));
    }

    #[test]
    fn few_steps_leave_parts_without_any() {
        let mut history = History::new(2);
        history.record(1, scores(1.0));
        history.record(2, scores(2.0));
        assert_eq!(history.losses(4), [Some(1.0), None, Some(2.0), None]);
    }

    #[test]
    fn the_scores_of_the_moment_forget() {
        let mut history = History::new(10_000);
        history.record(1, scores(5.0));
        history.record(2, scores(1.0));
        assert_eq!(history.recent(), Scores::new(3.0, -2.0));
        for made in 3..3000 {
            history.record(made, scores(0.5));
        }
        assert!((history.recent().loss - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_run_that_goes_on_is_timed_from_there() {
        let mut history = History::new(1000);
        assert_eq!(history.left(Duration::from_secs(1)), None);
        for made in 601..=700 {
            history.record(made, scores(1.0));
        }
        let elapsed = Duration::from_secs(2);
        assert_eq!((history.rate(elapsed), history.left(elapsed)), (50.0, Some(Duration::from_secs(6))));
        assert_eq!(history.losses(4), [None, None, Some(1.0), None]);
    }
}
