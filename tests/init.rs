//! Initial weights: moments, bounds, and the same numbers for both types.

mod common;

use blasnet::init::{gaussian, he_normal, he_uniform, uniform, xavier_normal, xavier_uniform};
use blasnet::{Init, Result};
use common::rng;
use ndarray::Array2;

const SHAPE: (usize, usize) = (300, 100);

/// Each kind, its standard deviation, and the largest weight that it may give.
fn kinds() -> [(Init, f64, f64); 6] {
    let (xavier, he) = ((2.0_f64 / 400.0).sqrt(), (2.0_f64 / 300.0).sqrt());
    let even = |sigma: f64| sigma * 3.0_f64.sqrt();
    [
        (Init::Gaussian { sigma: 0.25 }, 0.25, f64::INFINITY),
        (Init::Uniform { limit: 0.25 }, 0.25 / 3.0_f64.sqrt(), 0.25),
        (Init::XavierNormal, xavier, f64::INFINITY),
        (Init::XavierUniform, xavier, even(xavier)),
        (Init::HeNormal, he, f64::INFINITY),
        (Init::HeUniform, he, even(he)),
    ]
}

#[test]
fn moments_and_bounds_are_those_of_the_distribution() -> Result<()> {
    for (init, sigma, most) in kinds() {
        let w: Array2<f64> = init.weights(SHAPE, &mut rng(1))?;
        let count = w.len() as f64;
        let moment = |power| w.iter().map(|w| (w / sigma).powi(power)).sum::<f64>() / count;
        // Within five standard errors, of a normal distribution: an even one's are smaller.
        assert!(moment(1).abs() < 5.0 / count.sqrt(), "{init:?}: mean {}", moment(1));
        assert!((moment(2) - 1.0).abs() < 5.0 * (2.0 / count).sqrt(), "{init:?}: variance {}", moment(2));
        let (kurtosis, error) =
            if most.is_finite() { (1.8, 0.05) } else { (3.0, 5.0 * (96.0 / count).sqrt()) };
        assert!((moment(4) - kurtosis).abs() < error, "{init:?}: fourth moment {}", moment(4));
        let largest = w.iter().fold(0.0_f64, |largest, w| largest.max(w.abs()));
        assert!(largest <= most * (1.0 + 1e-15), "{init:?}: {largest}");
        if most.is_finite() {
            assert!(largest > 0.999 * most, "{init:?}: {largest}");
        } else {
            assert!((3.5 * sigma..6.0 * sigma).contains(&largest), "{init:?}: {largest}");
        }
    }
    Ok(())
}

#[test]
fn f32_gets_the_numbers_of_f64() -> Result<()> {
    for (init, ..) in kinds() {
        let single: Array2<f32> = init.weights((7, 5), &mut rng(2))?;
        let double: Array2<f64> = init.weights((7, 5), &mut rng(2))?;
        assert_eq!(single, double.mapv(|w| w as f32), "{init:?}");
        assert_ne!(double, init.weights::<f64, _>((7, 5), &mut rng(3))?, "{init:?}");
    }
    Ok(())
}

#[test]
fn a_kind_is_the_function_of_its_name() -> Result<()> {
    let check = |init: Init, by_name: Array2<f64>| -> Result<()> {
        assert_eq!(init.weights::<f64, _>((3, 5), &mut rng(4))?, by_name);
        Ok(())
    };
    let rng = &mut || rng(4);
    check(Init::Gaussian { sigma: 0.5 }, gaussian((3, 5), 0.5, &mut rng()))?;
    check(Init::Uniform { limit: 0.5 }, uniform((3, 5), 0.5, &mut rng()))?;
    check(Init::XavierNormal, xavier_normal((3, 5), &mut rng()))?;
    check(Init::XavierUniform, xavier_uniform((3, 5), &mut rng()))?;
    check(Init::HeNormal, he_normal((3, 5), &mut rng()))?;
    check(Init::HeUniform, he_uniform((3, 5), &mut rng()))?;
    Ok(())
}

#[test]
fn empty_weights_and_none_at_all() -> Result<()> {
    for (init, ..) in kinds() {
        for shape in [(0, 0), (0, 3), (3, 0)] {
            assert_eq!(init.weights::<f32, _>(shape, &mut rng(5))?.dim(), shape);
        }
    }
    for init in [Init::Gaussian { sigma: 0.0 }, Init::Uniform { limit: 0.0 }] {
        let w: Array2<f32> = init.weights((2, 3), &mut rng(6))?;
        assert_eq!(w, Array2::<f32>::zeros((2, 3)));
    }
    Ok(())
}

#[test]
fn a_spread_that_no_draw_can_have_is_an_error() {
    let expected = "expected a finite f32 that is not negative";
    for bad in [-0.1, f64::NAN, f64::INFINITY] {
        for (init, what) in
            [(Init::Gaussian { sigma: bad }, "sigma"), (Init::Uniform { limit: bad }, "the limit")]
        {
            let error = init.weights::<f32, _>((2, 2), &mut rng(7)).expect_err("no draw can have it");
            assert_eq!(error.to_string(), format!("{what} is {bad:?}, {expected}"));
        }
    }
}

#[cfg(feature = "lapack")]
#[test]
fn an_orthogonal_init_has_orthonormal_rows_or_columns() -> Result<()> {
    for (rows, columns) in [(5, 5), (7, 3), (3, 7), (0, 4)] {
        let w: Array2<f64> = Init::Orthogonal.weights((rows, columns), &mut rng(8))?;
        let products = if rows < columns { w.dot(&w.t()) } else { w.t().dot(&w) };
        assert!(products.abs_diff_eq(&Array2::eye(rows.min(columns)), 1e-12), "{rows} x {columns}");
    }
    Ok(())
}
