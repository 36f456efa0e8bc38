//! Data from which its mean is taken away, and the products of that: in f64, a block of rows at a time.

use std::ops::Range;

use ndarray::{Array1, Array2, ArrayRef2, ArrayViewMut2, Axis, Zip, s};

use crate::compute::flat::write_elements;
use crate::compute::kernels;
use crate::compute::linalg::gemm;
use crate::data::Dataset;
use crate::error::finite::check_finite;
use crate::{Error, Float, Result};

/// Rows of a block: with a thousand columns 8 MB, and products near their full speed.
const BLOCK: usize = 1024;

/// Columns of a product that are computed together where only a triangle is wanted.
const TILE: usize = 256;

/// Rows of numbers that can be read as f64.
pub(super) trait Rows {
    fn dim(&self) -> (usize, usize);

    /// Writes these rows to `block`.
    fn read(&self, rows: Range<usize>, block: &mut ArrayRef2<f64>);

    /// An error unless all are finite.
    fn check(&self, op: &'static str, what: &str) -> Result<()>;
}

impl<A: Float> Rows for ArrayRef2<A> {
    fn dim(&self) -> (usize, usize) {
        (self.nrows(), self.ncols())
    }

    fn read(&self, rows: Range<usize>, block: &mut ArrayRef2<f64>) {
        Zip::from(block).and(&self.slice(s![rows, ..])).for_each(|to, from| *to = from.as_f64());
    }

    fn check(&self, op: &'static str, what: &str) -> Result<()> {
        check_finite(op, what, self)
    }
}

/// Its images, as floats in [0, 1].
impl Rows for Dataset {
    fn dim(&self) -> (usize, usize) {
        self.images().dim()
    }

    fn read(&self, rows: Range<usize>, block: &mut ArrayRef2<f64>) {
        let pixels = self.images();
        let pixels = pixels.slice(s![rows, ..]);
        write_elements(block, |block| {
            kernels::pixels(pixels.as_slice().expect("rows are contiguous"), block);
        });
    }

    fn check(&self, _: &'static str, _: &str) -> Result<()> {
        Ok(())
    }
}

/// Rows, and the mean of each column.
pub(super) struct Centred<'a, R: ?Sized> {
    rows: &'a R,
    pub(super) mean: Array1<f64>,
}

impl<'a, R: Rows + ?Sized> Centred<'a, R> {
    /// An error unless all are finite, and there is a row.
    pub(super) fn new(op: &'static str, what: &str, rows: &'a R) -> Result<Self> {
        rows.check(op, what)?;
        let (count, columns) = rows.dim();
        if count == 0 {
            return Err(Error::empty_batch());
        }
        // The first row, and the mean of what is left without it: exact where a column is constant.
        let mut first = Array2::zeros((1, columns));
        rows.read(0..1, &mut first);
        let mut centred = Self { rows, mean: first.row(0).to_owned() };
        let mut sum = Array1::zeros(columns);
        centred.each_block(|_, block| sum += &block.sum_axis(Axis(0)));
        centred.mean.scaled_add(1.0 / count as f64, &sum);
        Ok(centred)
    }

    /// Writes these rows to `block`, their means taken away.
    pub(super) fn read(&self, rows: Range<usize>, block: &mut ArrayRef2<f64>) {
        self.rows.read(rows, block);
        let mut block = block.view_mut();
        block -= &self.mean;
    }

    pub(super) fn dim(&self) -> (usize, usize) {
        self.rows.dim()
    }

    /// All rows at once.
    pub(super) fn to_array(&self) -> Array2<f64> {
        let mut all = Array2::zeros(self.rows.dim());
        self.read(0..all.nrows(), &mut all);
        all
    }

    /// xᵀ·x, `[columns, columns]`.
    pub(super) fn squares(&self) -> Array2<f64> {
        let columns = self.mean.len();
        let mut squares = Array2::zeros((columns, columns));
        self.each_block(|_, block| add_squares(&block, &mut squares));
        for (row, column) in (1..columns).flat_map(|row| (0..row).map(move |column| (row, column))) {
            squares[(row, column)] = squares[(column, row)];
        }
        squares
    }

    /// `f` with all rows, a block at a time.
    pub(super) fn each_block(&self, mut f: impl FnMut(Range<usize>, ArrayViewMut2<'_, f64>)) {
        let (count, columns) = self.rows.dim();
        let mut memory = Array2::zeros((count.min(BLOCK), columns));
        for start in (0..count).step_by(BLOCK) {
            let end = count.min(start + BLOCK);
            let mut block = memory.slice_mut(s![..end - start, ..]);
            self.read(start..end, &mut block);
            f(start..end, block);
        }
    }
}

/// Adds xᵀ·x to the upper triangle of `sums`, and what it likes below.
pub(super) fn add_squares(x: &ArrayRef2<f64>, sums: &mut ArrayRef2<f64>) {
    let columns = x.ncols();
    for start in (0..columns).step_by(TILE) {
        let end = columns.min(start + TILE);
        let (tile, right) = (x.slice(s![.., start..end]), x.slice(s![.., start..]));
        gemm(1.0, &tile.t(), &right, 1.0, &mut sums.slice_mut(s![start..end, start..]));
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Axis;
    use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

    use super::*;
    use crate::nn::init;

    /// More rows than a block, more columns than a tile, neither a multiple.
    #[test]
    fn blocks_and_tiles_are_the_whole() -> Result<()> {
        let (rows, columns) = (2 * BLOCK + 5, TILE + 3);
        let x =
            init::gaussian::<f64, _>((rows, columns), 1.0, &mut Xoshiro256PlusPlus::seed_from_u64(1)) + 3.0;
        let centred = Centred::new("a test", "x", &*x)?;
        let mut seen = 0;
        centred.each_block(|rows, block| {
            assert_eq!((rows.start, rows.len()), (seen, block.nrows()));
            seen = rows.end;
        });
        assert_eq!(seen, rows);

        let mean = x.mean_axis(Axis(0)).expect("there are rows");
        assert!(centred.mean.abs_diff_eq(&mean, 1e-13));
        let expected = centred.to_array();
        assert!(expected.abs_diff_eq(&(&x - &mean), 1e-12));
        assert!(centred.squares().abs_diff_eq(&expected.t().dot(&expected), 1e-10));
        Ok(())
    }
}
