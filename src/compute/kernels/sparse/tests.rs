//! Products with a sparse matrix against f64. Every buffer is as long as it must be, and its end is reached.

use ndarray::{Array2, ArrayView2, s};
use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

use super::*;
use crate::compute::kernels::on_each_isa;
use crate::compute::kernels::pairs::{Head, Pair};
use crate::compute::kernels::tests::{Exact, random};

/// A matrix, zeros and all: row after row.
struct Matrix<A> {
    rows: usize,
    columns: usize,
    x: Box<[A]>,
}

impl<A: Float> Matrix<A> {
    /// About this share is not zero. Of three rows the second is empty; the last entry of all is there.
    fn random(rows: usize, columns: usize, density: f64, rng: &mut Xoshiro256PlusPlus) -> Self {
        let mut x = random(rows * columns, rng);
        for (row, x) in x.chunks_exact_mut(columns).enumerate() {
            for x in x {
                if row % 3 == 1 || !rng.random_bool(density) {
                    *x = A::zero();
                }
            }
        }
        if density > 0.0 {
            x[rows * columns - 1] = A::of(0.75);
        }
        Self { rows, columns, x }
    }

    fn entries(&self, row: usize) -> impl Iterator<Item = (usize, A)> {
        let row = &self.x[row * self.columns..(row + 1) * self.columns];
        row.iter().copied().enumerate().filter(|&(_, x)| x != A::zero())
    }

    /// x·W + b, as the kernel makes it with so many tiles of columns, for a W of `columns` in a block as wide as b.
    fn product(&self, isa: Isa, tiles: usize, w: &[A], b: &[A], relu: bool) -> Vec<A> {
        let columns = w.len() / self.columns;
        let width = self.columns.div_ceil(tiles);
        let (mut places, mut values, mut bounds) = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..self.rows {
            for tile in 0..tiles {
                bounds.push(places.len() as u32);
                for (column, x) in self.entries(row).filter(|(column, _)| column / width == tile) {
                    places.push(column as u32);
                    values.push(x);
                }
            }
            bounds.push(places.len() as u32);
        }
        let (places, values, bounds): (Box<_>, Box<_>, Box<_>) =
            (places.into(), values.into(), bounds.into());
        let rows = Rows { rows: self.rows, places: &places, values: &values, bounds: &bounds };
        let mut h = Array2::from_elem((self.rows, b.len()), A::nan());
        let w = ArrayView2::from_shape((self.columns, columns), w).expect("whole rows");
        for number in 0..tiles {
            let (first, last) = (number * width, number + 1 == tiles);
            let begin = (number == 0).then_some(b);
            let tile = Tile { number, first, begin, relu: relu && last };
            let w = w.slice(s![first.min(self.columns)..(first + width).min(self.columns), ..]);
            multiply_rows(isa, rows, tile, Columns::of(w), ColumnsMut::of(h.view_mut()));
        }
        h.into_raw_vec_and_offset().0
    }

    /// By pairs of columns, in the plainest way.
    fn pairs(&self) -> (Box<[Head]>, Box<[Pair<A>]>) {
        let (mut heads, mut entries) = (Vec::new(), Vec::new());
        for pair in 0..self.columns.div_ceil(2) {
            let before = entries.len();
            for row in 0..self.rows {
                let x = |column| {
                    if column < self.columns { self.x[row * self.columns + column] } else { A::zero() }
                };
                let values = [x(2 * pair), x(2 * pair + 1)];
                if values != [A::zero(); 2] {
                    entries.push(Pair { values, row: row as u32 });
                }
            }
            if entries.len() > before {
                heads.push(Head { pair: pair as u32, end: entries.len() as u32 });
            }
        }
        (heads.into(), entries.into())
    }
}

const SHAPES: [(usize, usize); 10] =
    [(1, 1), (1, 2), (2, 1), (4, 3), (5, 17), (31, 64), (32, 65), (57, 30), (111, 9), (112, 129)];

/// `test` with matrices of every shape, empty to full, and numbers to multiply them with.
fn on_matrices<A: Float>(test: impl Fn(Isa, &Matrix<A>, &mut Xoshiro256PlusPlus)) {
    on_each_isa(|isa| {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        for (number, (rows, columns)) in SHAPES.into_iter().enumerate() {
            for half in [0, 3] {
                let density = [0.0, 0.05, 0.2, 0.5, 0.9, 1.0][(number + half) % 6];
                test(isa, &Matrix::random(rows, columns, density, &mut rng), &mut rng);
            }
        }
    });
}

fn rows_are_multiplied<A: Float>() {
    on_matrices::<A>(|isa, x, rng| {
        let block = block_columns::<A>(isa);
        let (w, b) = (random(x.columns * block, rng), random(block, rng));
        let [h, positive] = [false, true].map(|relu| x.product(isa, 1, &w, &b, relu));
        for row in 0..x.rows {
            for k in 0..block {
                let mut exact = Exact::of(b[k]);
                x.entries(row).for_each(|(column, x)| exact.add(x, w[column * block + k]));
                exact.check(h[row * block + k]);
                exact.positive_part().check(positive[row * block + k]);
            }
        }
        // W may have fewer columns than the block: the others are 0.
        for columns in [1, block / 8 + 1, block - 1] {
            let narrow: Box<[A]> = w.chunks_exact(block).flat_map(|w| w[..columns].to_vec()).collect();
            let found = x.product(isa, 1, &narrow, &b, false);
            for (found, h) in found.chunks_exact(block).zip(h.chunks_exact(block)) {
                assert_eq!(found[..columns], h[..columns], "{isa:?}, {columns} of {block} columns");
                assert_eq!(found[columns..], b[columns..]);
            }
        }
        // Between two tiles sums go to memory and come back, which changes no bit.
        for tiles in [2, 3, 7].into_iter().filter(|&tiles| tiles <= x.columns) {
            assert_eq!(x.product(isa, tiles, &w, &b, false), h, "{isa:?}, {tiles} tiles");
            assert_eq!(x.product(isa, tiles, &w, &b, true), positive, "{isa:?}, {tiles} tiles");
        }
    });
}

#[test]
fn rows_are_multiplied_in_any_number_of_tiles() {
    rows_are_multiplied::<f32>();
    rows_are_multiplied::<f64>();
}

/// W = W + xᵀ·d or W = xᵀ·d, by the kernel.
fn added<A: Float>(isa: Isa, x: &Matrix<A>, d: &[A], put: Put, w: &mut Array2<A>) {
    let (heads, entries) = x.pairs();
    let d = ArrayView2::from_shape((x.rows, d.len() / x.rows), d).expect("whole rows");
    add_columns(
        isa,
        Pairs { heads: &heads, entries: &entries },
        Columns::of(d),
        put,
        ColumnsMut::of(w.view_mut()),
    );
}

fn columns_are_added<A: Float>() {
    on_matrices::<A>(|isa, x, rng| {
        let largest = block_columns::<A>(isa);
        for columns in [1, 2, largest / 8, largest / 4 + 1, largest / 2, largest - 1, largest] {
            let block = columns_of_block::<A>(isa, columns);
            let d = random(x.rows * block, rng);
            let before =
                Array2::from_shape_vec((x.columns, columns), random(x.columns * columns, rng).into_vec());
            let before = before.expect("as many as there are places");
            for put in [Put::Add, Put::Replace] {
                let mut w = before.clone();
                added(isa, x, &d, put, &mut w);
                let begin = |&w: &A| if put == Put::Add { Exact::of(w) } else { Exact::default() };
                let mut exact: Vec<_> = before.iter().map(begin).collect();
                for row in 0..x.rows {
                    for (column, x) in x.entries(row) {
                        for k in 0..columns {
                            exact[column * columns + k].add(x, d[row * block + k]);
                        }
                    }
                }
                exact.into_iter().zip(&w).for_each(|(exact, &w)| exact.check(w));
            }
        }
    });
}

#[test]
fn columns_are_added_to_what_is_there() {
    columns_are_added::<f32>();
    columns_are_added::<f64>();
}

/// A row's entries are added in the order of its columns, fused where there is an instruction for it: nothing
/// else has the same bits everywhere.
fn order_is_that_of_the_entries<A: Float>() {
    on_matrices::<A>(|isa, x, rng| {
        let block = block_columns::<A>(isa);
        let (w, b) = (random(x.columns * block, rng), random(block, rng));
        let h = x.product(isa, 1, &w, &b, false);
        for (row, h) in h.chunks_exact(block).enumerate() {
            for (k, &h) in h.iter().enumerate() {
                let add = |sum, (column, x): (usize, A)| isa.mul_add(w[column * block + k], x, sum);
                assert_eq!(h, x.entries(row).fold(b[k], add), "{isa:?}");
            }
        }
    });
}

#[test]
fn sums_are_made_in_the_order_of_the_entries() {
    order_is_that_of_the_entries::<f32>();
    order_is_that_of_the_entries::<f64>();
}

/// NaN and infinities go where they are multiplied to, and nowhere else.
#[test]
fn what_is_no_number_stays_in_its_row_and_column() {
    on_each_isa(|isa| {
        let block = block_columns::<f32>(isa);
        let (rows, columns) = (3, 4);
        let mut x = Matrix { rows, columns, x: vec![0.0; rows * columns].into() };
        (x.x[0], x.x[columns + 3], x.x[2 * columns + 3]) = (1.0, f32::NAN, 1.0);
        let mut w = vec![1.0; columns * block];
        w[block - 1] = f32::INFINITY;
        let h = x.product(isa, 2, &w, &vec![0.5; block], true);
        assert_eq!(h[..block - 1], vec![1.5; block - 1]);
        assert_eq!(h[block - 1], f32::INFINITY);
        assert!(h[block..2 * block].iter().all(|h| h.is_nan()), "{isa:?}: ReLU swallows NaN");
        assert_eq!(h[2 * block..], vec![1.5; block]);

        let mut w = Array2::ones((columns, block));
        added(isa, &x, &vec![1.0; rows * block], Put::Add, &mut w);
        assert!(w.row(0).iter().all(|&w| w == 2.0));
        assert!(w.slice(s![1..3, ..]).iter().all(|&w| w == 1.0));
        assert!(w.row(3).iter().all(|w| w.is_nan()));
    });
}
