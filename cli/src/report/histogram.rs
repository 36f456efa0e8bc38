//! [`Histogram`]: how numbers are spread.

use serde::Serialize;

/// Counts of numbers in intervals of equal width.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Histogram {
    /// Where the first interval begins.
    pub from: f32,
    /// How wide each is.
    pub width: f32,
    pub counts: Vec<u64>,
    /// Numbers that are exactly 0: beside ReLU's many, all others would vanish, so that none of these is counted above.
    pub zeros: u64,
}

impl Histogram {
    /// Of finite numbers, in so many intervals between the smallest and the largest.
    pub fn of<'a>(numbers: impl ExactSizeIterator<Item = &'a f32> + Clone, intervals: usize) -> Self {
        let not_zero = numbers.clone().copied().filter(|&number| number != 0.0);
        let (least, most) = not_zero
            .clone()
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(least, most), x| (least.min(x), most.max(x)));
        let (from, width) = match most - least {
            width if width > 0.0 => (least, width / intervals as f32),
            // One number, or none, in the middle of an interval.
            _ if least.is_finite() => (least - 0.5, 1.0 / intervals as f32),
            _ => (0.0, 1.0 / intervals as f32),
        };
        let mut counts = vec![0; intervals];
        for number in not_zero {
            counts[(((number - from) / width) as usize).min(intervals - 1)] += 1;
        }
        let zeros = numbers.len() as u64 - counts.iter().sum::<u64>();
        Self { from, width, counts, zeros }
    }

    /// Each interval's beginning, end and count.
    pub fn bars(&self) -> impl Iterator<Item = (f32, f32, u64)> {
        let edge = |interval: usize| self.from + self.width * interval as f32;
        self.counts.iter().enumerate().map(move |(at, &count)| (edge(at), edge(at + 1), count))
    }

    /// All numbers, those that are 0 too.
    pub fn total(&self) -> u64 {
        self.zeros + self.counts.iter().sum::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_counted_once() {
        let histogram = Histogram::of([0.0, 1.0, 1.5, 2.0, 3.0, 0.0, 5.0].iter(), 4);
        assert_eq!(histogram, Histogram { from: 1.0, width: 1.0, counts: vec![2, 1, 1, 1], zeros: 2 });
        assert_eq!(histogram.total(), 7);
        assert_eq!(histogram.bars().last(), Some((4.0, 5.0, 1)));
    }

    #[test]
    fn equal_numbers_zeros_and_none() {
        assert_eq!(Histogram::of([3.0, 3.0].iter(), 2).counts.iter().sum::<u64>(), 2);
        assert_eq!(Histogram::of([0.0; 5].iter(), 2).total(), 5);
        assert_eq!(Histogram::of([].iter(), 2).total(), 0);
        assert_eq!(Histogram::of([f32::MIN, f32::MAX].iter(), 3).total(), 2);
    }
}
