//! PCA, ridge and conditioning: against scikit-learn and NumPy, and by what must hold.
#![cfg(feature = "lapack")]

#[path = "../common/mod.rs"]
mod common;
mod conditioning;
mod golden;
mod pca;
mod ridge;

use blasnet::Error;

/// Panics unless this is an error whose sentence has all of these in it.
#[track_caller]
fn assert_error<T>(result: Result<T, Error>, parts: &[&str]) {
    let Err(error) = result else { panic!("no error that has {parts:?}") };
    let error = error.to_string();
    assert!(parts.iter().all(|&part| error.contains(part)), "{error}; expected {parts:?}");
}
