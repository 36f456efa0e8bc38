//! Two arms timed in turn, pair by pair: what machines drift by and what neighbours take, both share.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::ThreadPool;

use crate::raw;

/// How much time to spend on a row.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Pairs of samples.
    pub rounds: usize,
    /// What a sample should take at least, for the clock's sake.
    pub sample: Duration,
    /// After so long a row makes do with the pairs it has, if they are three.
    pub budget: Duration,
}

/// How long an arm on several threads works before it is timed.
const SETTLING: Duration = Duration::from_millis(4);

/// One side of a comparison: work that can be repeated, in a pool of its own.
pub struct Arm<'a> {
    pool: Arc<ThreadPool>,
    call: Box<dyn FnMut(usize) + Send + 'a>,
    /// Repetitions in a sample.
    repetitions: usize,
    /// What the clock's time is multiplied by.
    scale: f64,
    /// Wakes OpenBLAS's workers, so that others must wait until they sleep again.
    uses_openblas_threads: bool,
}

impl<'a> Arm<'a> {
    pub fn new(pool: &Arc<ThreadPool>, mut call: impl FnMut() + Send + 'a) -> Self {
        Self::repeating(pool, 1, move |repetitions| {
            for _ in 0..repetitions {
                call();
            }
        })
    }

    /// `call` repeats by itself as often as it is told, `least` times at least.
    pub fn repeating(pool: &Arc<ThreadPool>, least: usize, call: impl FnMut(usize) + Send + 'a) -> Self {
        Self {
            pool: Arc::clone(pool),
            call: Box::new(call),
            repetitions: least,
            scale: 1.0,
            uses_openblas_threads: false,
        }
    }

    pub fn scaled(self, scale: f64) -> Self {
        Self { scale, ..self }
    }

    pub fn using_openblas_threads(self, uses_openblas_threads: bool) -> Self {
        Self { uses_openblas_threads, ..self }
    }

    /// Seconds that one repetition takes.
    pub fn time(&mut self) -> f64 {
        if !self.uses_openblas_threads {
            raw::settle();
        }
        let (call, repetitions) = (&mut self.call, self.repetitions);
        // Entering the pool is no part of the work.
        let elapsed = self.pool.install(|| {
            // The other arm has left its threads on processors of its choice; the system takes some
            // milliseconds to spread these out again.
            if self.pool.current_num_threads() > 1 {
                let start = Instant::now();
                while start.elapsed() < SETTLING {
                    call(repetitions);
                }
            }
            let start = Instant::now();
            call(repetitions);
            start.elapsed()
        });
        elapsed.as_secs_f64() / repetitions as f64 * self.scale
    }

    /// Warms up, and finds how many repetitions a sample needs.
    pub fn prepare(&mut self, effort: &Effort) {
        self.time();
        let wanted = effort.sample.as_secs_f64();
        loop {
            let sample = self.time() / self.scale * self.repetitions as f64;
            if sample >= 0.8 * wanted {
                return;
            }
            // Not all at once: the first repetitions are the slowest.
            let factor = (wanted / sample).clamp(1.25, 10.0);
            self.repetitions = (self.repetitions as f64 * factor).ceil() as usize;
        }
    }
}

/// What came out: medians over all pairs, in seconds a repetition.
#[derive(Debug, Clone, Copy)]
pub struct Comparison {
    pub ours: f64,
    pub limit: f64,
    /// Of the pairs' limit / ours: 1 is at the limit, more is faster than it.
    pub ratio: f64,
    /// The distance between the quartiles of the pairs' ratios.
    pub spread: f64,
    pub pairs: usize,
}

/// Times both arms back to back, now one first, now the other.
pub fn compare<'a>(effort: &Effort, mut ours: Arm<'a>, mut limit: Arm<'a>) -> Comparison {
    let start = Instant::now();
    ours.prepare(effort);
    limit.prepare(effort);
    // An arm on OpenBLAS's threads costs a pause after it, so it and the other take turns in blocks.
    let blocks = ours.uses_openblas_threads || limit.uses_openblas_threads;
    let block = if blocks { effort.rounds.min(4) } else { 1 };
    let (mut ours_times, mut limit_times) = (Vec::new(), Vec::new());
    while ours_times.len() < effort.rounds {
        if ours_times.len() >= 3 && start.elapsed() > effort.budget {
            break;
        }
        let mut turns = [(&mut ours, &mut ours_times), (&mut limit, &mut limit_times)];
        if (turns[0].1.len() / block) % 2 == 1 {
            turns.reverse();
        }
        for (arm, times) in turns {
            if blocks {
                // What slept meanwhile wakes up outside the clock.
                arm.time();
            }
            times.extend((0..block).map(|_| arm.time()));
        }
    }
    let ratios: Vec<f64> = ours_times.iter().zip(&limit_times).map(|(ours, limit)| limit / ours).collect();
    Comparison {
        ours: quantile(&ours_times, 0.5),
        limit: quantile(&limit_times, 0.5),
        ratio: quantile(&ratios, 0.5),
        spread: quantile(&ratios, 0.75) - quantile(&ratios, 0.25),
        pairs: ratios.len(),
    }
}

/// The value that a share `q` of all lies below, between two values where it falls there.
fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = q * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

/// The fastest of several arms by a short calibration of its own: its place and its seconds.
///
/// By each one's best time: a neighbour that takes a processor for a while should not choose.
pub fn fastest(effort: &Effort, mut arms: Vec<Arm>) -> (usize, f64) {
    for arm in &mut arms {
        arm.prepare(effort);
    }
    let mut best = vec![f64::INFINITY; arms.len()];
    for _ in 0..effort.rounds.min(7) {
        for (arm, best) in arms.iter_mut().zip(&mut best) {
            *best = best.min(arm.time());
        }
    }
    best.into_iter().enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).expect("there is an arm to choose")
}
