//! [`Limits`]: what `cargo bench --bench limits -- --json` prints.

use std::path::Path;

use serde::Deserialize;

use super::json;
use crate::end::End;

/// What makes the file.
pub const COMMAND: &str = "cargo bench --bench limits -- --json > limits.json";

/// A run of the benchmark.
#[derive(Debug, Deserialize)]
pub struct Limits {
    pub machine: Machine,
    pub rows: Vec<Row>,
}

/// What it ran on.
#[derive(Debug, Deserialize)]
pub struct Machine {
    pub cpu: String,
    pub cores: usize,
    pub blas: String,
    pub rustc: String,
    pub os: String,
}

/// One of our functions beside its limit; times in seconds.
#[derive(Debug, Deserialize)]
pub struct Row {
    pub what: String,
    pub size: String,
    pub threads: usize,
    pub ours: f64,
    pub limit: f64,
    /// The limit's time by ours.
    pub ratio: f64,
    /// From one quartile of the ratio to the other.
    pub spread: f64,
    /// The ratio that is wanted.
    pub goal: Option<f64>,
    /// What the limit is.
    pub note: String,
}

impl Limits {
    pub fn read(file: &Path) -> Result<Self, End> {
        let remedy = format!("`{COMMAND}` makes it");
        let limits: Self = json::read(file, &remedy)?;
        let unusable = |problem: String| End::unusable(file.display(), format!("{problem}; {remedy}"));
        if limits.rows.is_empty() {
            return Err(unusable("has no rows".into()));
        }
        for (place, row) in limits.rows.iter().enumerate() {
            if let Some(problem) = row.problem() {
                let Row { what, size, threads, .. } = row;
                return Err(unusable(format!(
                    "row {} ({what}, {size}, threads: {threads}): {problem}",
                    place + 1
                )));
            }
        }
        Ok(limits)
    }
}

impl Row {
    fn problem(&self) -> Option<String> {
        let spread = self.spread.is_finite() && self.spread >= 0.0;
        json::not_a_time("ours", self.ours)
            .or_else(|| json::not_a_time("limit", self.limit))
            .or_else(|| json::not_a_time("ratio", self.ratio))
            .or_else(|| self.goal.and_then(|goal| json::not_a_time("goal", goal)))
            .or_else(|| (!spread).then(|| format!("spread is {}, expected 0 or more", self.spread)))
    }
}
