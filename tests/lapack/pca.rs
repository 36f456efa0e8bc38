//! `Pca` by what must hold for any data.

use blasnet::lapack::Pca;
use blasnet::{Dataset, Float, Input, Result, SparseMatrix};
use ndarray::{Array2, ArrayRef2, Axis, array, s};

use crate::assert_error;
use crate::common::{assert_near, random, random_bytes};

/// Data whose columns differ in variance and are not independent, with means that are not 0.
fn data<A: Float>(rows: usize, columns: usize) -> Array2<A> {
    let mixture = random::<f64>(columns, columns, 2);
    let scales = ndarray::Array1::from_shape_fn(columns, |column| 1.0 / (1.0 + column as f64));
    let x = (random::<f64>(rows, columns, 1) * scales).dot(&mixture) + 0.5;
    x.mapv(A::of)
}

fn centred(x: &Array2<f64>) -> Array2<f64> {
    x - &x.mean_axis(Axis(0)).expect("there are rows")
}

fn covariance<A: Float>(x: &ArrayRef2<A>) -> Array2<f64> {
    let x = centred(&x.mapv(A::as_f64));
    x.t().dot(&x) / (x.nrows() - 1) as f64
}

const SHAPES: [[usize; 3]; 7] =
    [[40, 7, 7], [41, 13, 5], [9, 8, 1], [8, 8, 7], [7, 19, 6], [2, 5, 1], [1100, 3, 2]];

fn must_hold<A: Float>(tolerance: f64) -> Result<()> {
    for [rows, columns, components] in SHAPES {
        let x = data::<A>(rows, columns);
        let pca = Pca::fit(&x, components)?;
        let v = pca.components().mapv(A::as_f64);
        assert_near(&v.dot(&v.t()), &Array2::eye(components), tolerance);

        let variances = pca.explained_variance();
        let transformed = pca.transform(&x)?;
        assert_near(&covariance(&transformed), &Array2::from_diag(variances), tolerance);
        assert!(variances.windows(2).into_iter().all(|pair| pair[0] >= pair[1]), "the largest first");

        let ratios = pca.explained_variance_ratio();
        let total = covariance(&x).diag().sum();
        assert_near(&ratios, &(variances / total), tolerance);
        assert!(ratios.sum() <= 1.0 + 1e-12);
        if components == columns.min(rows - 1) {
            assert!(ratios.sum() > 1.0 - 1e-12, "all components explain everything");
        }

        // Projection: by formula, and once more nothing changes.
        let x64 = x.mapv(A::as_f64);
        let projection = centred(&x64).dot(&v.t()).dot(&v) + x64.mean_axis(Axis(0)).expect("rows");
        let back = pca.inverse(&transformed)?;
        assert_near(&back, &projection, tolerance);
        assert_near(&pca.transform(&back)?, &transformed.mapv(A::as_f64), tolerance);

        let pca = pca.whitened()?;
        let white = pca.transform(&x)?;
        assert_near(&covariance(&white), &Array2::eye(components), tolerance);
        assert_near(&pca.inverse(&white)?, &projection, tolerance);
        assert_eq!(pca.explained_variance().len(), components);
    }
    Ok(())
}

#[test]
fn projections_and_variances_in_f32() -> Result<()> {
    must_hold::<f32>(2e-5)
}

#[test]
fn projections_and_variances_in_f64() -> Result<()> {
    must_hold::<f64>(1e-11)
}

/// A covariance, or the data itself: where both could be taken, they agree.
#[test]
fn one_row_more_or_less_is_no_other_method() -> Result<()> {
    let mut wide = data::<f64>(12, 13);
    wide.column_mut(12).fill(0.25);
    let (tall, wide) = (Pca::fit(&wide.slice(s![.., ..12]), 8)?, Pca::fit(&wide, 8)?);
    assert_near(wide.explained_variance(), tall.explained_variance(), 1e-12);
    assert_near(&wide.components().slice(s![.., ..12]), tall.components(), 1e-11);
    assert_near(&wide.components().slice(s![.., 12..]), &Array2::zeros((8, 1)), 1e-14);
    Ok(())
}

#[test]
fn the_largest_element_of_a_component_is_positive() -> Result<()> {
    for [rows, columns, components] in SHAPES {
        let x = data::<f64>(rows, columns);
        let (pca, of_negative) = (Pca::fit(&x, components)?, Pca::fit(&-&x, components)?);
        for component in pca.components().rows() {
            let largest = component.iter().fold(0.0_f64, |a, &b| if b.abs() > a.abs() { b } else { a });
            assert!(largest > 0.0);
        }
        assert_near(of_negative.components(), pca.components(), 1e-11);
    }
    // Both elements are as large: the first counts, whatever rounding makes of them.
    let x = array![[1.0, -1.0], [-1.0, 1.0], [0.1, 0.1], [-0.1, -0.1]];
    let half = 0.5_f64.sqrt();
    assert_near(Pca::fit(&x, 2)?.components(), &array![[half, -half], [half, half]], 1e-14);
    Ok(())
}

#[test]
fn layouts_and_sparse_input_are_the_same_data() -> Result<()> {
    let x = data::<f64>(21, 6);
    let pca = Pca::fit(&x, 4)?;
    let columns_first = x.t().as_standard_layout().into_owned();
    let other = Pca::fit(&columns_first.t(), 4)?;
    assert_near(other.components(), pca.components(), 1e-12);
    assert_near(&pca.transform(&columns_first.t())?, &pca.transform(&x)?, 1e-12);

    let bytes = random_bytes(30, 9, 0.4, 5);
    let data = Dataset::new(bytes.clone(), vec![0; 30], 1)?;
    let pixels = data.to_floats::<f64>();
    let (on, by_hand) = (Pca::<f64>::fit_on(&data, 3)?.whitened()?, Pca::fit(&pixels, 3)?.whitened()?);
    assert_near(on.components(), by_hand.components(), 1e-12);
    let expected = by_hand.transform(&pixels)?;
    assert_near(&on.transform(&SparseMatrix::from_dense(&bytes))?, &expected, 1e-12);
    assert_near(&on.transform(Input::auto(&pixels))?, &expected, 1e-12);
    Ok(())
}

/// In f32 too: what is squared there has 24 bits, the square's sum has 53.
#[test]
fn small_components_beside_large_ones() -> Result<()> {
    let x = Array2::from_shape_fn((64, 3), |(row, column)| {
        let sign = |bit: usize| if row >> bit & 1 == 0 { 1.0 } else { -1.0 };
        [1000.0, 1.0, 0.001][column] * sign(column) as f32
    });
    let pca = Pca::fit(&x, 3)?;
    let expected = array![1e6, 1.0, 1e-6] * (64.0 / 63.0);
    for (found, expected) in pca.explained_variance().iter().zip(&expected) {
        assert!((found - expected).abs() < 1e-7 * expected, "{found}, expected {expected}");
    }
    assert_near(pca.components(), &Array2::eye(3), 1e-7);
    assert_near(&covariance(&pca.whitened()?.transform(&x)?), &Array2::eye(3), 1e-6);
    Ok(())
}

#[test]
fn what_does_not_vary_is_not_whitened() -> Result<()> {
    let mut x = data::<f32>(20, 5);
    let twice = x.column(0).mapv(|x| 2.0 * x);
    x.column_mut(3).assign(&twice);
    x.column_mut(4).fill(7.0);
    assert!(Pca::fit(&x, 3)?.whitened().is_ok());
    assert_error(Pca::fit(&x, 4)?.whitened(), &["variance", "in component 3", "3 components have such"]);

    // As many rows as components: the means have taken one dimension.
    assert_error(Pca::fit(&data::<f64>(4, 9), 4)?.whitened(), &["3 components have such"]);

    let constant = Array2::from_elem((6, 2), 0.1);
    let pca = Pca::fit(&constant, 2)?;
    assert_eq!(pca.explained_variance_ratio(), array![0.0, 0.0]);
    assert_near(&pca.inverse(&pca.transform(&constant)?)?, &constant, 1e-15);
    assert_error(pca.whitened(), &["0 components have such"]);

    // A deviation whose reciprocal is more than f32 can hold.
    let tiny = array![[1e-42_f32], [-1e-42], [3e-42]];
    assert_error(Pca::fit(&tiny, 1)?.whitened(), &["in component 0"]);
    Ok(())
}

#[test]
fn errors_name_what_is_wrong() -> Result<()> {
    let x = data::<f64>(6, 4);
    assert_error(Pca::fit(&x, 0), &["the number of components is 0", "1 to 4"]);
    assert_error(Pca::fit(&x, 5), &["is 5", "the lesser of 6 rows and 4 columns"]);
    assert_error(Pca::fit(&x.slice(s![..3, ..]), 4), &["is 4", "1 to 3"]);
    assert_error(Pca::fit(&x.slice(s![..1, ..]), 1), &["rows is 1", "at least 2"]);
    assert_error(Pca::fit(&x.slice(s![..0, ..]), 1), &["rows is 0"]);
    assert_error(Pca::fit(&x.slice(s![.., ..0]), 1), &["the number of components is 1"]);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut x = x.clone();
        x[(4, 2)] = bad;
        assert_error(Pca::fit(&x, 2), &[&format!("Pca::fit: `x`[4, 2] is {bad}")]);
        assert_error(Pca::fit(&x.t(), 2), &["`x`[2, 4] is"]);
    }
    // Finite, but not its squares: by way of the covariance, and of the data itself.
    assert_error(Pca::fit(&(&x * 1e200), 2), &["more than f64 can hold"]);
    assert_error(Pca::fit(&(&x.t() * 1e200), 2), &["more than f64 can hold"]);

    let pca = Pca::fit(&x, 2)?;
    assert_error(pca.transform(&x.slice(s![.., ..3])), &["Pca::transform: `x`", "[6, 3]", "[batch, 4]"]);
    assert_error(pca.inverse(&x), &["Pca::inverse: `y`", "[6, 4]", "[batch, 2]"]);
    assert_eq!(pca.transform(&x.slice(s![..0, ..]))?.dim(), (0, 2));
    Ok(())
}
