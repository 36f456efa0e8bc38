//! [`Scale`]: a logarithmic axis.

/// Maps numbers above 0 to places from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Decimal logarithms.
    start: f64,
    end: f64,
}

/// Marks at 1, 2 and 5 of each power of ten up to so many powers, and then at the powers alone.
const FINE: f64 = 2.5;

/// So wide that two marks are on it wherever it begins.
const LEAST_SPAN: f64 = 0.8;

/// At most about so many marks.
const MARKS: f64 = 10.0;

impl Scale {
    /// An axis that has room for all of these.
    pub fn over(numbers: impl IntoIterator<Item = f64>) -> Self {
        let logarithms = numbers.into_iter().map(f64::log10);
        let (least, most) = logarithms
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), x| (least.min(x), most.max(x)));
        let air = (0.04 * (most - least)).max((LEAST_SPAN - (most - least)) / 2.0);
        Self { start: least - air, end: most + air }
    }

    /// From one decimal logarithm to another.
    pub fn between(start: f64, end: f64) -> Self {
        Self { start, end }
    }

    /// Where a number is; those outside are at the end.
    pub fn place(self, number: f64) -> f64 {
        ((number.max(0.0).log10() - self.start) / (self.end - self.start)).clamp(0.0, 1.0)
    }

    /// Round numbers on the axis, in their order.
    pub fn marks(self) -> Vec<f64> {
        let span = self.end - self.start;
        let leading: &[f64] = if span <= FINE { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let step = (span / MARKS).ceil().max(1.0) as usize;
        let powers = (self.start.floor() as i32..=self.end.ceil() as i32).step_by(step);
        let marks = powers.flat_map(|power| leading.iter().map(move |leading| leading * 10_f64.powi(power)));
        marks.filter(|mark| (self.start..=self.end).contains(&mark.log10())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_numbers_have_a_place() {
        let scale = Scale::over([1.0, 10.0, 100.0]);
        assert!((scale.place(10.0) - 0.5).abs() < 1e-9);
        assert!(scale.place(1.0) > 0.0 && scale.place(100.0) < 1.0);
        assert_eq!([0.0, -1.0, 1e9].map(|number| scale.place(number)), [0.0, 0.0, 1.0]);
        let same = Scale::over([3.0]);
        assert!((same.place(3.0) - 0.5).abs() < 1e-9);
        assert!(same.marks().len() >= 2);
    }

    #[test]
    fn marks_are_round_and_few() {
        let marks = |numbers: &[f64]| Scale::over(numbers.iter().copied()).marks();
        let near = |found: Vec<f64>, expected: &[f64]| {
            assert_eq!(found.len(), expected.len(), "{found:?}");
            assert!(found.iter().zip(expected).all(|(a, b)| (a / b - 1.0).abs() < 1e-9), "{found:?}");
        };
        near(marks(&[0.09, 4.7]), &[0.1, 0.2, 0.5, 1.0, 2.0, 5.0]);
        near(marks(&[1e-6, 1e-2]), &[1e-6, 1e-5, 1e-4, 1e-3, 1e-2]);
        for numbers in [[1e-300, 1e300], [1e-9, 1e9]] {
            assert!((3..=12).contains(&marks(&numbers).len()), "{:?}", marks(&numbers));
        }
    }
}
