//! [`ridge`]: a last layer in closed form.

use ndarray::{Array2, ArrayRef2, Axis, OwnedRepr, Zip};
use ndarray_linalg::{CholeskyFactorized, FactorizeCInto, SolveC, UPLO};

use super::centred::{Centred, add_squares};
use super::{call, check_sums, rounding};
use crate::compute::linalg::gemm;
use crate::error::settings;
use crate::{Affine, Error, Float, Result};

const OP: &str = "lapack::ridge";

/// The affine layer with the least squared error on `features: [rows, in]` and `targets: [rows, out]`, large
/// weights counted as errors, too:
///
/// W, b = argmin Σ‖x·W + b − t‖² + λ‖W‖²
///
/// The sum is over the rows. Biases are not counted. They make up for the means x̄ and t̄, so that with
/// X and T less these
///
/// W = (XᵀX + λI)⁻¹ XᵀT, b = t̄ − x̄·W,
///
/// computed in f64 by a Cholesky factorisation, whatever the features' type. Source: Hoerl and Kennard, *Ridge
/// Regression: Biased Estimation for Nonorthogonal Problems*, 1970.
///
/// With a network's hidden units as features and one-hot targets it is a last layer without training: the largest
/// of x·W + b is the answer.
///
/// # Errors
///
/// If λ (`lambda`) is negative or not finite; if the rows differ in number or there are none; if there are no
/// features, or a number is not finite, or so large that a sum of squares is not.
///
/// If XᵀX + λI is not positive definite, as when λ is 0 and a feature is constant or a combination of others: then
/// raise λ.
///
/// ```
/// use blasnet::lapack::ridge;
/// use ndarray::array;
///
/// // t = 2·x₀ − x₁ + 5
/// let x = array![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [3.0, 2.0]];
/// let t = array![[5.0], [7.0], [4.0], [9.0]];
/// let layer = ridge(&x, &t, 0.0)?;
/// assert!(layer.w().abs_diff_eq(&array![[2.0], [-1.0]], 1e-12));
/// assert!(layer.b().abs_diff_eq(&array![5.0], 1e-12));
/// # Ok::<(), blasnet::Error>(())
/// ```
pub fn ridge<A: Float>(features: &ArrayRef2<A>, targets: &ArrayRef2<A>, lambda: f64) -> Result<Affine<A>> {
    check(features, targets, lambda)?;
    let (x, t) = (Centred::new(OP, "features", features)?, Centred::new(OP, "targets", targets)?);
    let (inputs, outputs) = (features.ncols(), targets.ncols());

    let mut squares = Array2::zeros((inputs, inputs));
    // [out, in], so that each output's weights lie side by side.
    let mut weights = Array2::zeros((outputs, inputs));
    x.each_block(|rows, x| {
        let mut t_block = Array2::zeros((rows.len(), outputs));
        t.read(rows, &mut t_block);
        add_squares(&x, &mut squares);
        gemm(1.0, &t_block.t(), &x, 1.0, &mut weights);
    });
    squares.diag_mut().map_inplace(|square| *square += lambda);
    check_sums(&squares)?;
    check_sums(&weights)?;

    let factor = factorise(squares, rounding(features.nrows(), inputs), lambda)?;
    for mut w in weights.rows_mut() {
        call(OP, || factor.solvec_inplace(&mut w).map(|_| ()))?;
    }
    let mut b = t.mean.insert_axis(Axis(1));
    gemm(-1.0, &weights, &x.mean.insert_axis(Axis(1)), 1.0, &mut b);
    let w = Array2::from_shape_fn((inputs, outputs), |(i, k)| A::of(weights[(k, i)]));
    Affine::new(w, b.column(0).mapv(A::of))
}

fn check<A: Float>(features: &ArrayRef2<A>, targets: &ArrayRef2<A>, lambda: f64) -> Result<()> {
    settings::not_negative::<f64>("lambda", lambda)?;
    let wrong = |what, found: &ArrayRef2<A>, expected| {
        Err(Error::Shape { op: OP, what, found: found.shape().to_vec(), expected })
    };
    if features.ncols() == 0 {
        return wrong("features", features, "at least one column".into());
    }
    if features.nrows() != targets.nrows() {
        let expected = format!("[{}, out], as `features` is {:?}", features.nrows(), features.shape());
        return wrong("targets", targets, expected);
    }
    Ok(())
}

/// The Cholesky factor of the matrix whose upper triangle this is.
///
/// LAPACK itself complains of pivots that are not positive. One that is, but no larger than what rounding leaves of the
/// number that it comes from, would make weights of nothing but rounding.
fn factorise(squares: Array2<f64>, rounding: f64, lambda: f64) -> Result<CholeskyFactorized<OwnedRepr<f64>>> {
    let before = squares.diag().to_owned();
    let factor = call(OP, || squares.factorizec_into(UPLO::Upper)).ok();
    factor
        .filter(|factor| Zip::from(factor.factor.diag()).and(&before).all(|&u, &a| u * u > rounding * a))
        .ok_or_else(|| Error::Invalid {
            what: "lambda",
            found: lambda.to_string(),
            expected:
                "a larger number: features are constant or combinations of others, so that XᵀX + λI is not \
                       positive definite"
                    .into(),
        })
}
