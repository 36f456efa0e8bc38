//! `conditioning` of matrices whose singular values are known.

use blasnet::lapack::conditioning;
use blasnet::{Float, Result, init};
use ndarray::{Array2, array, s};

use crate::assert_error;
use crate::common::{random, rng};

fn known<A: Float>(tolerance: f64) -> Result<()> {
    let near = |found: f64, expected: f64| (found / expected - 1.0).abs() <= tolerance;
    let mut w = Array2::zeros((4, 6));
    w.slice_mut(s![.., ..4]).assign(&Array2::from_diag(&array![3.0, -8.0, 0.5, 1.0]));
    for w in [w.mapv(A::of), w.t().mapv(A::of)] {
        let found = conditioning(&w)?;
        assert!(near(found.spectral_norm, 8.0) && near(found.smallest, 0.5), "{found:?}");
        assert!(near(found.condition_number, 16.0), "{found:?}");
    }
    for shape in [(9, 9), (20, 5), (5, 20), (1, 7)] {
        let found = conditioning(&init::orthogonal::<A, _>(shape, &mut rng(1))?)?;
        assert!(near(found.spectral_norm, 1.0) && near(found.smallest, 1.0), "{found:?}");
        assert!(near(found.condition_number, 1.0), "{found:?}");
        // Scaled, all directions are still stretched alike.
        let found = conditioning(&(init::orthogonal::<A, _>(shape, &mut rng(1))? * A::of(1e-3)))?;
        assert!(near(found.spectral_norm, 1e-3) && near(found.condition_number, 1.0), "{found:?}");
    }
    Ok(())
}

#[test]
fn diagonal_and_orthogonal_in_f32() -> Result<()> {
    known::<f32>(1e-6)
}

#[test]
fn diagonal_and_orthogonal_in_f64() -> Result<()> {
    known::<f64>(1e-13)
}

#[test]
fn matrices_that_lack_a_rank() -> Result<()> {
    // Two equal columns.
    let mut w = random::<f64>(7, 5, 1);
    let first = w.column(0).to_owned();
    w.column_mut(4).assign(&first);
    let found = conditioning(&w)?;
    assert!(found.condition_number > 1e14 && found.smallest < 1e-14 * found.spectral_norm, "{found:?}");

    let found = conditioning(&Array2::<f32>::zeros((3, 4)))?;
    assert_eq!((found.spectral_norm, found.smallest), (0.0, 0.0));
    assert_eq!(found.condition_number, f64::INFINITY);
    assert_eq!(conditioning(&array![[2.0, 0.0], [0.0, 0.0]])?.condition_number, f64::INFINITY);
    Ok(())
}

#[test]
fn errors_name_what_is_wrong() {
    let mut w = random::<f32>(3, 4, 1);
    assert_error(conditioning(&w.slice(s![.., ..0])), &["conditioning: `w`", "[3, 0]", "at least one"]);
    w[(1, 3)] = f32::NAN;
    assert_error(conditioning(&w), &["lapack::conditioning: `w`[1, 3] is NaN"]);
}
