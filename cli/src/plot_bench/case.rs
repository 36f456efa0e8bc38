//! [`Case`]: what is measured, by whichever name: so that a benchmark finds its limit.

use super::criterion::Benchmark;
use super::limits::Row;

/// A function on a size, by so many threads.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Small letters alone: `affineforward`.
    name: String,
    /// `f32`.
    number: String,
    shape: Vec<u64>,
    threads: usize,
}

impl Case {
    /// Of a row of limits: `Affine forward`, `f32 100x784x500`.
    pub fn of_row(row: &Row) -> Option<Self> {
        let (number, size) = row.size.split_once(' ')?;
        Self::new(&row.what, number, size, row.threads)
    }

    /// Of a benchmark of criterion: `affine`, `forward/f32/100x784x500`.
    pub fn of_benchmark(benchmark: &Benchmark) -> Option<Self> {
        let (rest, size) = benchmark.id.rsplit_once('/')?;
        let (part, number) = rest.rsplit_once('/').unwrap_or(("", rest));
        Self::new(&format!("{}{part}", benchmark.group), number, size, benchmark.threads?)
    }

    fn new(name: &str, number: &str, size: &str, threads: usize) -> Option<Self> {
        // What follows a comma is another case: it has to be in the name.
        let name = name.chars().filter(|sign| sign.is_alphanumeric() || *sign == ',').collect::<String>();
        let shape = size.split('x').map(|length| length.parse().ok()).collect::<Option<_>>()?;
        Some(Self { name: name.to_lowercase(), number: number.to_owned(), shape, threads })
    }

    /// Whether the row of limits is about this benchmark. Of elementwise nodes it has the elements in place of the
    /// shape, of whole steps the layers behind the batch.
    pub fn has_limit(&self, row: &Self) -> bool {
        let same = (&self.name, &self.number, self.threads) == (&row.name, &row.number, row.threads);
        let elements = self.shape.iter().try_fold(1_u64, |product, &length| product.checked_mul(length));
        same && (row.shape.starts_with(&self.shape)
            || elements.is_some_and(|elements| row.shape == [elements]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(what: &str, size: &str, threads: usize) -> Case {
        let (number, size) = size.split_once(' ').unwrap();
        Case::new(what, number, size, threads).unwrap()
    }

    fn benchmark(group: &str, id: &str) -> Option<Case> {
        let (id, group) = (id.into(), group.into());
        Case::of_benchmark(&Benchmark { group, id, threads: Some(2), median: 1.0, interval: (1.0, 1.0) })
    }

    #[test]
    fn benchmarks_find_their_limits() {
        let pairs = [
            ("affine", "forward/f32/100x784x500", "Affine forward", "f32 100x784x500"),
            (
                "softmax-cross-entropy",
                "backprop/f32/10000x1000",
                "SoftmaxCrossEntropy backprop",
                "f32 10000x1000",
            ),
            ("add", "forward/f32/4000x4000", "Add forward", "f32 16000000"),
            ("sgd", "f64/100", "sgd", "f64 100x784x500x10"),
        ];
        for (group, id, what, size) in pairs {
            let benchmark = benchmark(group, id).unwrap();
            assert!(benchmark.has_limit(&row(what, size, 2)), "{benchmark:?}");
            assert!(!benchmark.has_limit(&row(what, size, 1)), "{benchmark:?}");
        }
    }

    #[test]
    fn others_limits_are_not_theirs() {
        let forward = benchmark("add", "forward/f32/100x500").unwrap();
        for (what, size) in [
            ("Add forward, threaded", "f32 50000"),
            ("Add backprop", "f32 50000"),
            ("Add forward", "f64 50000"),
            ("Add forward", "f32 16000000"),
            ("Add forward", "f32 1000x500"),
        ] {
            assert!(!forward.has_limit(&row(what, size, 2)), "{what} {size}");
        }
        let sizes = format!("forward/f32/{max}x{max}", max = u64::MAX);
        assert!(!benchmark("add", &sizes).unwrap().has_limit(&row("Add forward", "f32 1", 2)));
        for id in ["", "f32", "forward/f32/large", "forward/f32/100xx500"] {
            assert_eq!(benchmark("add", id), None, "{id}");
        }
    }
}
