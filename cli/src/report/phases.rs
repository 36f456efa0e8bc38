//! [`Phases`]: what the time went to.

use std::time::Instant;

use serde::Serialize;

/// A part of the time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Phase {
    pub what: String,
    pub seconds: f64,
}

/// Time, part by part.
#[derive(Debug)]
pub struct Phases {
    then: Instant,
    phases: Vec<Phase>,
}

impl Phases {
    pub fn start() -> Self {
        Self { then: Instant::now(), phases: Vec::new() }
    }

    /// What was done since the last call.
    pub fn lap(&mut self, what: &str) {
        let seconds = self.then.elapsed().as_secs_f64();
        self.add(what, seconds);
        self.skip();
    }

    /// Time that was measured elsewhere; none is not told of.
    pub fn add(&mut self, what: &str, seconds: f64) {
        if seconds > 0.0 {
            self.phases.push(Phase { what: what.to_owned(), seconds });
        }
    }

    /// Leaves out what was done since the last call.
    pub fn skip(&mut self) {
        self.then = Instant::now();
    }
}

impl From<Phases> for Vec<Phase> {
    fn from(phases: Phases) -> Self {
        phases.phases
    }
}
