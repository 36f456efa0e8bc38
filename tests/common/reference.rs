//! The network in f64, formula by formula, and how far from it others are.

use blasnet::{Float, Parameters};
use ndarray::{Array2, Axis, Zip};

/// The same parameters, exactly.
pub fn in_f64<A: Float>(parameters: &Parameters<A>) -> Parameters<f64> {
    Parameters {
        w1: parameters.w1.mapv(A::as_f64),
        b1: parameters.b1.mapv(A::as_f64),
        w2: parameters.w2.mapv(A::as_f64),
        b2: parameters.b2.mapv(A::as_f64),
    }
}

/// x·W1 + b1: what comes before the ReLU.
pub fn hidden(parameters: &Parameters<f64>, x: &Array2<f64>) -> Array2<f64> {
    x.dot(&parameters.w1) + &parameters.b1
}

/// One step on the batch's summed loss. Gives the mean loss from before it.
pub fn step(parameters: &mut Parameters<f64>, x: &Array2<f64>, t: &Array2<f64>, rate: f64) -> f64 {
    let before_relu = hidden(parameters, x);
    let h = before_relu.mapv(|h| h.max(0.0));
    let mut log_y = h.dot(&parameters.w2) + &parameters.b2;
    for mut z in log_y.rows_mut() {
        let max = z.fold(f64::NEG_INFINITY, |max, &z| max.max(z));
        let log_sum = z.fold(0.0, |sum, &z| sum + (z - max).exp()).ln();
        z -= max + log_sum;
    }
    let dz = log_y.exp() - t;
    let mut dh = dz.dot(&parameters.w2.t());
    Zip::from(&mut dh).and(&before_relu).for_each(|dh, &h| {
        if h <= 0.0 {
            *dh = 0.0;
        }
    });
    parameters.w1.scaled_add(-rate, &x.t().dot(&dh));
    parameters.b1.scaled_add(-rate, &dh.sum_axis(Axis(0)));
    parameters.w2.scaled_add(-rate, &h.t().dot(&dz));
    parameters.b2.scaled_add(-rate, &dz.sum_axis(Axis(0)));
    -(log_y * t).sum() / x.nrows() as f64
}

/// How far parameters are from what they should be: the worst of the four arrays.
#[derive(Debug, Clone, Copy, Default)]
pub struct Distance {
    /// The largest error in an array relative to the largest value in it.
    pub of_value: f64,
    /// The largest error in an array relative to the largest change in it, without what rounding has a right to.
    pub of_change: f64,
}

impl Distance {
    /// Of what `before` has become from what it should have become, where so many numbers were added to each.
    ///
    /// Each of these sums is rounded, to half a unit in the last place of the values, be what is added as small
    /// as it may.
    #[track_caller]
    pub fn of<A: Float>(
        found: &Parameters<A>,
        before: &Parameters<f64>,
        after: &Parameters<f64>,
        added: usize,
    ) -> Self {
        let (found, rounding) = (in_f64(found), added as f64 * A::epsilon().as_f64() / 2.0);
        let mut worst = Self::default();
        macro_rules! look_at {
            ($name:ident) => {{
                assert_eq!(found.$name.shape(), after.$name.shape());
                let largest = |numbers: &mut dyn Iterator<Item = f64>| {
                    numbers.fold(0.0, |largest, x| if x.abs() <= largest { largest } else { x.abs() })
                };
                let error = largest(&mut found.$name.iter().zip(&after.$name).map(|(a, b)| a - b));
                let value = largest(&mut after.$name.iter().copied());
                let change = largest(&mut after.$name.iter().zip(&before.$name).map(|(a, b)| a - b));
                // What is right is right even where nothing is or changes.
                let relative = |error: f64, size| if error <= 0.0 { 0.0 } else { error / size };
                worst = worst.or(Self {
                    of_value: relative(error, value),
                    of_change: relative(error - rounding * value, change),
                });
            }};
        }
        look_at!(w1);
        look_at!(b1);
        look_at!(w2);
        look_at!(b2);
        worst
    }

    /// The larger of both; NaN is larger than anything.
    pub fn or(self, other: Self) -> Self {
        let larger = |a: f64, b: f64| if a <= b || b.is_nan() { b } else { a };
        Self {
            of_value: larger(self.of_value, other.of_value),
            of_change: larger(self.of_change, other.of_change),
        }
    }
}

/// All parameters, bit by bit: those of f32 are those of the f64 that they are exactly.
pub fn bits<A: Float>(parameters: &Parameters<A>) -> Vec<u64> {
    let Parameters { w1, b1, w2, b2 } = parameters;
    let all = w1.iter().chain(b1).chain(w2).chain(b2);
    all.map(|x| x.as_f64().to_bits()).collect()
}
