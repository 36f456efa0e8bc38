//! Small tables of numbers by scikit-learn and NumPy: see ../golden/lapack.py.

use blasnet::lapack::{Pca, conditioning, ridge};
use blasnet::{Float, Result};
use ndarray::{Array, Array1, Array2, ArrayRef, Dimension};

use crate::common::assert_near;

const TABLE: &str = include_str!("../golden/lapack.txt");

/// The same numbers as in lapack.py, which all types hold exactly.
fn numbers<A: Float>(rows: usize, columns: usize, seed: usize) -> Array2<A> {
    Array2::from_shape_fn((rows, columns), |(i, j)| {
        A::of(((7 * i * i + 13 * i * j * j + 5 * j + seed * (i + 3 * j)) % 31) as f64)
    })
}

/// The lines of one case: its first one's words, then a line for each name.
struct Case<'a> {
    sizes: Vec<&'a str>,
    lines: Vec<&'a str>,
}

/// All cases of this kind.
fn cases(kind: &str) -> Vec<Case<'static>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    let mut inside = false;
    for line in TABLE.lines() {
        let mut words = line.split(' ');
        let name = words.next().expect("a line has a word");
        if ["pca", "ridge", "conditioning"].contains(&name) {
            inside = name == kind;
            if inside {
                cases.push(Case { sizes: words.collect(), lines: Vec::new() });
            }
        } else if inside {
            cases.last_mut().expect("a kind comes first").lines.push(line);
        }
    }
    assert!(cases.len() >= 3, "the table has cases of {kind}");
    cases
}

impl Case<'_> {
    fn size(&self, place: usize) -> usize {
        self.sizes[place].parse().expect("a size")
    }

    #[track_caller]
    fn assert<A: Float, D: Dimension>(&self, name: &str, found: &ArrayRef<A, D>) {
        let line = self.lines.iter().find(|line| line.split(' ').next() == Some(name)).expect(name);
        let numbers = line.split(' ').skip(1).map(|number| number.parse().expect("a number"));
        let expected = Array::from_shape_vec(found.raw_dim(), numbers.collect());
        let expected: Array<f64, D> = expected.expect(name);
        assert_near(found, &expected, if size_of::<A>() == 4 { 2e-5 } else { 1e-11 });
    }
}

fn as_scikit_learn<A: Float>() -> Result<()> {
    for case in cases("pca") {
        let x = numbers::<A>(case.size(0), case.size(1), 1);
        let pca = Pca::fit(&x, case.size(2))?;
        case.assert("mean", pca.mean());
        case.assert("components", pca.components());
        case.assert("variance", pca.explained_variance());
        case.assert("ratio", &pca.explained_variance_ratio());
        let y = pca.transform(&x)?;
        case.assert("transformed", &y);
        case.assert("inverse", &pca.inverse(&y)?);
        let pca = pca.whitened()?;
        let y = pca.transform(&x)?;
        case.assert("whitened", &y);
        case.assert("inverse", &pca.inverse(&y)?);
        case.assert("components", pca.components());
    }
    for case in cases("ridge") {
        let (rows, inputs, outputs) = (case.size(0), case.size(1), case.size(2));
        let lambda = case.sizes[3].parse().expect("a number");
        let layer = ridge(&numbers::<A>(rows, inputs, 2), &numbers(rows, outputs, 3), lambda)?;
        case.assert("w", layer.w());
        case.assert("b", layer.b());
    }
    for case in cases("conditioning") {
        let found = conditioning(&numbers::<A>(case.size(0), case.size(1), 4))?;
        case.assert(
            "values",
            &Array1::from_vec(vec![found.spectral_norm, found.smallest, found.condition_number]),
        );
    }
    Ok(())
}

#[test]
fn as_scikit_learn_in_f32() -> Result<()> {
    as_scikit_learn::<f32>()
}

#[test]
fn as_scikit_learn_in_f64() -> Result<()> {
    as_scikit_learn::<f64>()
}
