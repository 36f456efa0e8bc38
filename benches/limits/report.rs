//! The table, for people and as JSON.

use serde::Serialize;

use crate::machine::Machine;
use crate::measure::Comparison;

/// One measured line.
#[derive(Debug, Serialize)]
pub struct Row {
    pub what: String,
    pub size: String,
    pub threads: usize,
    /// Medians, in seconds.
    pub ours: f64,
    pub limit: f64,
    /// Median of limit / ours, pair by pair.
    pub ratio: f64,
    /// The distance between the quartiles of the pairs' ratios.
    pub spread: f64,
    pub pairs: usize,
    /// The ratio that is wanted, if one is.
    pub goal: Option<f64>,
    pub met: Option<bool>,
    /// What `ours` amounts to.
    pub rate: Option<Rate>,
    /// What the limit is.
    pub note: String,
}

/// What is done in a second.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(tag = "unit", content = "value")]
pub enum Rate {
    #[serde(rename = "GB/s")]
    Gigabytes(f64),
    #[serde(rename = "GF/s")]
    Gigaflops(f64),
}

/// What a row is about, before it is measured.
#[derive(Debug, Clone)]
pub struct Case {
    pub what: String,
    pub size: String,
    pub threads: usize,
    pub goal: Option<f64>,
    /// What one repetition moves or computes.
    pub amount: Option<Amount>,
    pub note: String,
}

#[derive(Debug, Clone, Copy)]
pub enum Amount {
    Bytes(f64),
    Flops(f64),
}

impl Row {
    pub fn new(case: Case, measured: Comparison) -> Self {
        let Comparison { ours, limit, ratio, spread, pairs } = measured;
        let rate = case.amount.map(|amount| match amount {
            Amount::Bytes(bytes) => Rate::Gigabytes(bytes / ours / 1e9),
            Amount::Flops(flops) => Rate::Gigaflops(flops / ours / 1e9),
        });
        let Case { what, size, threads, goal, note, .. } = case;
        let met = goal.map(|goal| ratio >= goal);
        Self { what, size, threads, ours, limit, ratio, spread, pairs, goal, met, rate, note }
    }

    fn cells(&self) -> [String; 10] {
        [
            self.what.clone(),
            self.size.clone(),
            self.threads.to_string(),
            duration(self.ours),
            duration(self.limit),
            format!("{:.2}", self.ratio),
            format!("{:.2}", self.spread),
            self.goal.map_or(String::new(), |goal| {
                format!("{goal:.2} {}", if self.met == Some(true) { "met   " } else { "missed" })
            }),
            self.rate.map_or(String::new(), |rate| match rate {
                Rate::Gigabytes(value) => format!("{value:.1} GB/s"),
                Rate::Gigaflops(value) => format!("{value:.1} GF/s"),
            }),
            self.note.clone(),
        ]
    }
}

fn duration(seconds: f64) -> String {
    if seconds < 1e-3 { format!("{:.1} µs", seconds * 1e6) } else { format!("{:.2} ms", seconds * 1e3) }
}

#[derive(Debug, Serialize)]
pub struct Report {
    pub machine: Machine,
    pub rows: Vec<Row>,
}

const HEADER: [&str; 10] =
    ["what", "size", "threads", "ours", "limit", "ratio", "spread", "goal", "rate", "limit is"];

const LEGEND: &str = "\
ratio: the limit's time / ours, median of pairs timed back to back: 1.00 is at the limit, more is faster.
spread: the distance between the quartiles of the pairs' ratios. ours, limit: medians.
rate: what ours moves (bytes that must be, each way) or computes (products alone).";

impl Report {
    pub fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }

    pub fn table(&self) -> String {
        let Machine { cpu, cores, blas, threads, openblas_default_threads, rustc, os, stolen } =
            &self.machine;
        let stolen =
            stolen.map_or("unknown".into(), |share| format!("{:.1} % of all CPU time", 100.0 * share));
        let threads = threads.iter().map(usize::to_string).collect::<Vec<_>>().join(" and ");
        let mut lines = vec![
            format!("CPU      {cpu}, {cores} cores, {os}"),
            format!("BLAS     {blas}"),
            format!(
                "threads  measured with {threads}; OpenBLAS by itself would use {openblas_default_threads}"
            ),
            format!("rustc    {}", rustc.trim_start_matches("rustc ")),
            format!("stolen   {stolen} during the run"),
            String::new(),
        ];
        let mut cells = vec![HEADER.map(String::from)];
        cells.extend(self.rows.iter().map(Row::cells));
        let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 10] = std::array::from_fn(width);
        for row in &cells {
            // Words to the left, numbers to the right.
            let aligned = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| match column {
                0 | 1 | 9 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            });
            lines.push(aligned.collect::<Vec<_>>().join("  ").trim_end().to_owned());
        }
        lines.extend([String::new(), LEGEND.to_owned()]);
        lines.join("\n")
    }
}
