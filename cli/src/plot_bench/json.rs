//! Files of JSON, and what is wrong with them.

use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::end::End;

/// The file's content; `remedy` is what to do if it has none.
pub fn read<T: DeserializeOwned>(file: &Path, remedy: &str) -> Result<T, End> {
    let unusable = |problem: String| End::unusable(file.display(), format!("{problem}; {remedy}"));
    let bytes = fs::read(file).map_err(|error| unusable(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| unusable(format!("is not what was expected: {error}")))
}

/// The problem of a number that is no time, if it is none.
pub fn not_a_time(name: &str, number: f64) -> Option<String> {
    let is_time = number.is_finite() && number > 0.0;
    (!is_time).then(|| format!("{name} is {number}, expected a number above 0"))
}
