//! [`Exact`]: sums in f64, and how far off a sum of the same terms may be.

use crate::Float;

/// A sum in f64 of terms that are products of two numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Exact {
    sum: f64,
    /// The sum of the terms' magnitudes.
    size: f64,
    terms: u32,
}

impl Exact {
    pub(crate) fn of<A: Float>(first: A) -> Self {
        let mut exact = Self::default();
        exact.add(first, A::one());
        exact
    }

    pub(crate) fn add<A: Float>(&mut self, a: A, b: A) {
        let product = a.as_f64() * b.as_f64();
        self.sum += product;
        self.size += product.abs();
        self.terms += 1;
    }

    /// max(0, the sum): no further off than the sum.
    pub(crate) fn positive_part(self) -> Self {
        Self { sum: self.sum.max(0.0), ..self }
    }

    /// This many times the sum, which is rounded once more.
    pub(crate) fn times<A: Float>(self, factor: A) -> Self {
        let factor = factor.as_f64();
        Self { sum: self.sum * factor, size: self.size * factor.abs(), terms: self.terms + 1 }
    }

    /// Panics unless `found` is the sum but for rounding: half a unit of `size` for each term's product and
    /// for each addition, in whatever order, and as much for f64's own.
    #[track_caller]
    pub(crate) fn check<A: Float>(self, found: A) {
        let Self { sum, size, terms } = self;
        let most = 2.0 * f64::from(terms) * A::epsilon().as_f64() * size;
        assert!((found.as_f64() - sum).abs() <= most, "{found}, expected {sum} within {most:e}");
    }
}
