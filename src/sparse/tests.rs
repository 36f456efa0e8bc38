//! Rows as the kernels want them, and products with them, on every instruction set.

use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

use super::*;
use crate::Float;
use crate::compute::kernels::on_each_isa;
use crate::compute::kernels::tests::{Exact, random};

/// Bytes of which about this share is not 0. Of three rows the second is empty.
fn bytes(rows: usize, columns: usize, density: f64, rng: &mut Xoshiro256PlusPlus) -> Array2<u8> {
    Array2::from_shape_fn((rows, columns), |(row, _)| {
        let there = row % 3 != 1 && rng.random_bool(density);
        if there { rng.random_range(1..=255) } else { 0 }
    })
}

fn floats<A: Float>(rows: usize, columns: usize, rng: &mut Xoshiro256PlusPlus) -> Array2<A> {
    Array2::from_shape_vec((rows, columns), random(rows * columns, rng).into()).expect("as many as that")
}

/// A tile of rows, and the same by columns, have the entries of `dense`, each once and in order.
fn check_tile<A: Float>(
    tile: &RowTile<A>,
    list: &PairList<A>,
    columns: ColumnTiles,
    dense: ArrayView2<'_, A>,
) {
    let rows = tile.view();
    assert_eq!(rows.rows, dense.nrows());
    assert_eq!(rows.bounds.len(), rows.rows * (columns.count + 1));
    let mut end = 0;
    for (row, bounds) in dense.rows().into_iter().zip(rows.bounds.chunks(columns.count + 1)) {
        assert_eq!(bounds[0], end, "a row begins where the one before ends");
        let mut expected = row.iter().copied().enumerate().filter(|&(_, x)| x != A::zero());
        for (number, bounds) in bounds.windows(2).enumerate() {
            for entry in bounds[0] as usize..bounds[1] as usize {
                let (place, value) = (rows.places[entry] as usize, rows.values[entry]);
                assert_eq!(place / columns.width, number, "an entry lies in its tile of columns");
                assert_eq!(Some((place, value)), expected.next());
            }
        }
        assert_eq!(expected.next(), None);
        end = bounds[columns.count];
    }

    let pairs = list.view();
    let mut found = Array2::zeros(dense.raw_dim());
    let (mut start, mut before) = (0, None);
    for head in pairs.heads {
        assert!(before < Some(head.pair), "pairs ascend");
        assert!(start < head.end, "no pair is without entries");
        let entries = &pairs.entries[start as usize..head.end as usize];
        assert!(entries.is_sorted_by(|a, b| a.row < b.row), "each row comes once, in order");
        for entry in entries {
            assert_ne!(entry.values, [A::zero(); 2]);
            let first = 2 * head.pair as usize;
            found[[entry.row as usize, first]] = entry.values[0];
            match found.get_mut([entry.row as usize, first + 1]) {
                Some(odd) => *odd = entry.values[1],
                None => assert_eq!(entry.values[1], A::zero(), "there is no column beside the last"),
            }
        }
        (start, before) = (head.end, Some(head.pair));
    }
    assert_eq!(found, dense);
    let pairs = dense.rows().into_iter().flat_map(|row| {
        row.axis_chunks_iter(Axis(0), 2).map(|two| two.iter().any(|&x| x != A::zero())).collect::<Vec<_>>()
    });
    assert_eq!(start as usize, pairs.filter(|&there| there).count());
}

/// All tiles of `x`, whose rows are those of `dense`, by way of buffers that others have used.
fn check_rows<A: Float>(x: SparseRows<'_, A>, dense: ArrayView2<'_, A>, tile: &mut RowTile<A>) {
    let mut list = PairList::new();
    tile.reserve(&x);
    list.reserve(&x, most_rows(x.len()));
    assert_eq!((x.len(), x.columns()), dense.dim());
    for rows in row_tiles(x.len()) {
        tile.gather(&x, rows.clone());
        list.sort(&x, rows.clone());
        check_tile(tile, &list, x.column_tiles(), dense.slice(s![rows, ..]));
    }
}

fn tiles_have_the_entries<A: Float>() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut tile = RowTile::new();
    let shapes = [(1, 1), (5, 1), (3, 2), (0, 7), (112, 7), (113, 113), (250, 785), (2, 131_073)];
    for (number, (rows, columns)) in shapes.into_iter().enumerate() {
        for density in [[0.0, 0.5, 1.0], [0.01, 0.2, 0.9]][number % 2] {
            let bytes = bytes(rows, columns, density, &mut rng);
            let of_bytes = SparseMatrix::from_dense(&bytes);
            let dense = of_bytes.to_dense::<A>();
            check_rows((&of_bytes).into(), dense.view(), &mut tile);
            let of_floats = SparseMatrix::from_dense(&dense.mapv(|x| -x));
            check_rows((&of_floats).into(), dense.mapv(|x| -x).view(), &mut tile);
            // Rows in any order, some of them again and again, more than there are.
            if let Some(last) = rows.checked_sub(1) {
                let listed: Vec<_> =
                    (0..=rows).map(|k| if k % 4 == 0 { last } else { k * k % rows }).collect();
                let x = SparseRows::listed(&of_bytes, &listed);
                check_rows(x, dense.select(Axis(0), &listed).view(), &mut tile);
                assert!(x.to_matrix() == of_bytes.to_floats().select(&listed).expect("they are there"));
            }
        }
    }
}

#[test]
fn tiles_have_exactly_the_entries_of_their_rows() {
    tiles_have_the_entries::<f32>();
    tiles_have_the_entries::<f64>();
}

#[test]
fn tiles_of_rows_cover_all_rows_once() {
    for rows in (0..700).chain([100_000]) {
        let mut end = 0;
        for tile in row_tiles(rows) {
            assert_eq!(tile.start, end);
            assert!((1..=112).contains(&tile.len()), "{rows}: {tile:?}");
            assert!(tile.len() <= most_rows(rows));
            end = tile.end;
        }
        assert_eq!(end, rows);
    }
}

#[test]
fn tiles_of_columns_cover_all_columns() {
    for columns in (0..500).chain([784, 1029, 1030, 131_073]) {
        for entries in [0, 1, 15, 16, 31, 32, 157, 784, 1030, columns].into_iter().filter(|&n| n <= columns) {
            let tiles = ColumnTiles::of(columns, entries);
            assert!(tiles.count >= 1 && tiles.count * tiles.width >= columns, "{columns}: {tiles:?}");
            assert!(tiles.count == 1 || tiles.width <= columns, "{columns}: {tiles:?}");
        }
    }
}

/// x·W + b and xᵀ·d, into arrays of any layout.
fn products_are_right<A: Float>() {
    on_each_isa(|_| {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
        let shapes =
            [(1, 1, 1), (3, 2, 5), (7, 17, 31), (113, 57, 33), (20, 129, 128), (30, 9, 129), (0, 3, 2)];
        for ((rows, columns, outputs), density) in
            shapes.into_iter().zip([1.0, 0.5, 0.0, 0.2, 0.9, 0.05, 0.5])
        {
            let x = SparseMatrix::from_dense(&bytes(rows, columns, density, &mut rng));
            let dense = x.to_dense::<A>();
            let w: Array2<A> = floats(columns, outputs, &mut rng);
            let b: Array1<A> = floats(1, outputs, &mut rng).remove_axis(Axis(0));
            let mut z = Array2::from_elem((outputs, rows), A::nan()).reversed_axes();
            multiply((&x).into(), &w, &b, &mut z);
            for ((row, k), &z) in z.indexed_iter() {
                let mut exact = Exact::of(b[k]);
                (0..columns).for_each(|column| exact.add(dense[[row, column]], w[[column, k]]));
                exact.check(z);
            }
            let d: Array2<A> = floats(rows, outputs, &mut rng);
            let mut product = Array2::from_elem((outputs, columns), A::nan()).reversed_axes();
            transposed_multiply((&x).into(), &d, &mut product);
            for ((column, k), &product) in product.indexed_iter() {
                let mut exact = Exact::default();
                (0..rows).for_each(|row| exact.add(dense[[row, column]], d[[row, k]]));
                exact.check(product);
            }
        }
    });
}

#[test]
fn products_are_those_of_the_dense_matrix() {
    products_are_right::<f32>();
    products_are_right::<f64>();
}
