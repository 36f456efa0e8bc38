//! [`Benchmark`]: what criterion has left in its folder.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::json;
use super::natural::natural;
use crate::end::End;

/// What makes the folder.
pub const COMMAND: &str = "cargo bench --bench nodes";

/// The files of a result.
const NAME: &str = "benchmark.json";
const ESTIMATES: &str = "estimates.json";

/// The newest result of a benchmark.
#[derive(Debug, Clone, PartialEq)]
pub struct Benchmark {
    pub group: String,
    /// Without the group, and without the threads.
    pub id: String,
    /// If the id says so at its end, by `/t2`.
    pub threads: Option<usize>,
    /// Seconds that a call takes.
    pub median: f64,
    /// Where the median lies in all likelihood.
    pub interval: (f64, f64),
}

/// All in the folder, in the order of their names; an error if there are none.
pub fn read(folder: &Path) -> Result<Vec<Benchmark>, End> {
    let benchmarks = find(folder)?;
    if benchmarks.is_empty() {
        let problem =
            format!("has no results of criterion in it, expected <group>/<id>/new; `{COMMAND}` makes them");
        return Err(End::unusable(folder.display(), problem));
    }
    Ok(benchmarks)
}

/// All in the folder, in the order of their names.
pub fn find(folder: &Path) -> Result<Vec<Benchmark>, End> {
    let mut found = Vec::new();
    collect(folder, &mut found)?;
    found.sort_by_cached_key(|found| (natural(&found.group), natural(&found.id), found.threads));
    Ok(found)
}

/// Folders with a result are called `new`. How deep they lie depends on the parts of the benchmark's name.
fn collect(folder: &Path, found: &mut Vec<Benchmark>) -> Result<(), End> {
    for entry in fs::read_dir(folder).map_err(|error| End::unusable(folder.display(), error))? {
        let entry = entry.map_err(|error| End::unusable(folder.display(), error))?;
        // A link is none: it may lead back.
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let path = entry.path();
        // A group may be called `new`, too.
        let is_result =
            entry.file_name() == "new" && [NAME, ESTIMATES].iter().any(|file| path.join(file).exists());
        match is_result {
            true => found.push(Benchmark::read(&path)?),
            false => collect(&path, found)?,
        }
    }
    Ok(())
}

impl Benchmark {
    fn read(folder: &Path) -> Result<Self, End> {
        let remedy = format!("`{COMMAND}` makes it anew");
        let Name { group_id, function_id, value_str } = json::read(&folder.join(NAME), &remedy)?;
        let file = folder.join(ESTIMATES);
        let Estimates { median: Estimate { point_estimate, confidence_interval } } =
            json::read(&file, &remedy)?;
        let Interval { lower_bound, upper_bound } = confidence_interval;
        let numbers =
            [("point_estimate", point_estimate), ("lower_bound", lower_bound), ("upper_bound", upper_bound)];
        if let Some(problem) = numbers.iter().find_map(|&(name, number)| json::not_a_time(name, number)) {
            return Err(End::unusable(file.display(), format!("median's {problem}; {remedy}")));
        }
        let id = [function_id, value_str].into_iter().flatten().collect::<Vec<_>>().join("/");
        let (id, threads) = match split_threads(&id) {
            Some((rest, threads)) => (rest.to_owned(), Some(threads)),
            None => (id, None),
        };
        let seconds = |nanoseconds: f64| nanoseconds * 1e-9;
        Ok(Self {
            group: group_id,
            id,
            threads,
            median: seconds(point_estimate),
            interval: (seconds(lower_bound), seconds(upper_bound)),
        })
    }
}

fn split_threads(id: &str) -> Option<(&str, usize)> {
    let (rest, threads) = id.rsplit_once('/')?;
    Some((rest, threads.strip_prefix('t')?.parse().ok()?))
}

/// What is in [`NAME`].
#[derive(Debug, Deserialize)]
struct Name {
    group_id: String,
    function_id: Option<String>,
    value_str: Option<String>,
}

/// What is in [`ESTIMATES`], in nanoseconds.
#[derive(Debug, Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Debug, Deserialize)]
struct Estimate {
    point_estimate: f64,
    confidence_interval: Interval,
}

#[derive(Debug, Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_the_last_part_of_an_id() {
        assert_eq!(split_threads("forward/f32/100x10/t2"), Some(("forward/f32/100x10", 2)));
        for id in ["forward", "f32/t", "f32/tx", "t2", "f32/2", "f32/t-1"] {
            assert_eq!(split_threads(id), None, "{id}");
        }
    }
}
