//! What every row needs: the effort, the pools, the filter, and the place for results.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::measure::{Arm, Effort, compare};
use crate::report::{Case, Row};

/// How thorough a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Full,
    /// Under a minute.
    Quick,
    /// Every row once, on less data: whether the results are right.
    Smoke,
}

impl Mode {
    fn effort(self) -> Effort {
        let effort = |rounds, sample, budget| Effort {
            rounds,
            sample: Duration::from_millis(sample),
            budget: Duration::from_millis(budget),
        };
        match self {
            Self::Full => effort(31, 5, 10_000),
            Self::Quick => effort(9, 2, 350),
            Self::Smoke => effort(1, 0, 0),
        }
    }
}

pub struct Context {
    pub mode: Mode,
    pub effort: Effort,
    pub rows: Vec<Row>,
    started: Instant,
    filter: String,
    pools: Vec<Arc<ThreadPool>>,
}

impl Context {
    pub fn new(mode: Mode, filter: &str, threads: &[usize]) -> Self {
        Self {
            mode,
            effort: mode.effort(),
            rows: Vec::new(),
            started: Instant::now(),
            filter: filter.to_lowercase(),
            pools: threads.iter().map(|&threads| pool(threads)).collect(),
        }
    }

    /// The pools in which this row is wanted.
    pub fn pools(&self, what: &str, size: &str) -> Vec<Arc<ThreadPool>> {
        let wanted = |pool: &&Arc<ThreadPool>| {
            let name = format!("{what} {size} t{}", pool.current_num_threads());
            name.to_lowercase().contains(&self.filter)
        };
        self.pools.iter().filter(wanted).cloned().collect()
    }

    /// A pool of one thread beside each larger one in which this row is wanted.
    pub fn single_and_larger_pools(&self, what: &str, size: &str) -> Vec<[Arc<ThreadPool>; 2]> {
        let single = self.pools.iter().find(|pool| pool.current_num_threads() == 1);
        let single = single.map_or_else(|| pool(1), Arc::clone);
        let larger = self.pools(what, size).into_iter().filter(|pool| pool.current_num_threads() > 1);
        larger.map(|larger| [Arc::clone(&single), larger]).collect()
    }

    /// Measures a row, and gives its ratio.
    pub fn row(&mut self, case: Case, ours: Arm, limit: Arm) -> f64 {
        let mut progress = std::io::stderr();
        if progress.is_terminal() {
            let _ = write!(progress, "\r\x1b[K{} {} on {} …", case.what, case.size, case.threads);
        }
        if self.mode == Mode::Quick && self.started.elapsed() > Duration::from_secs(40) {
            // A busy machine: what is left gets by on the fewest pairs.
            self.effort.rounds = 3;
        }
        let row = Row::new(case, compare(&self.effort, ours, limit));
        if progress.is_terminal() {
            let _ = write!(progress, "\r\x1b[K");
        }
        self.rows.push(row);
        self.rows[self.rows.len() - 1].ratio
    }
}

fn pool(threads: usize) -> Arc<ThreadPool> {
    Arc::new(ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started"))
}
