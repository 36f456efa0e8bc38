use super::*;
use ndarray::{Array1, ArrayView2, array, s};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

/// A matrix of which about this share is not zero.
fn random<V: Value>((rows, columns): (usize, usize), density: f64, value: impl Fn(u8) -> V) -> Array2<V> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    Array2::from_shape_simple_fn((rows, columns), || {
        let x = value(rng.random_range(1..=255));
        if rng.random_bool(density) { x } else { V::default() }
    })
}

/// The entries as the three lists of CSR, found in the plainest way.
fn lists<V: Value>(x: ArrayView2<'_, V>) -> (Vec<usize>, Vec<usize>, Vec<V>) {
    let (mut starts, mut places, mut values) = (vec![0], vec![], vec![]);
    for row in x.rows() {
        for (column, &value) in row.iter().enumerate() {
            if value != V::default() {
                places.push(column);
                values.push(value);
            }
        }
        starts.push(values.len());
    }
    (starts, places, values)
}

/// A sparse matrix that has all of `x` and no more, and that its lists give again.
fn check<V: Value>(x: ArrayView2<'_, V>) -> SparseMatrix<V> {
    let sparse = SparseMatrix::from_dense(&x);
    let (starts, places, values) = lists(x);
    assert_eq!((sparse.dim(), sparse.entries()), (x.dim(), values.len()));
    assert_eq!(matches!(sparse.pairs, Pairs::Narrow(_)), x.ncols() <= 131_072);
    for (row, ends) in starts.windows(2).enumerate() {
        let found: Vec<_> = sparse.row(row).collect();
        let expected: Vec<_> = (ends[0]..ends[1]).map(|k| (places[k], values[k])).collect();
        assert_eq!(found, expected, "row {row}");
    }
    let shape = [x.nrows(), x.ncols()];
    assert!(SparseMatrix::from_csr(shape, starts, &places, values).expect("the lists are right") == sparse);
    sparse
}

fn check_float<A: Float + ValueAs<A>>(x: ArrayView2<'_, A>) {
    assert_eq!(check(x).to_dense(), x);
}

fn check_bytes(x: ArrayView2<'_, u8>) {
    let sparse = check(x);
    assert_eq!(sparse.to_dense::<f32>(), x.mapv(|x| f32::from(x) / 255.0));
    assert_eq!(sparse.to_dense::<f64>(), x.mapv(|x| f64::from(x) / 255.0));
}

#[test]
fn what_is_dense_comes_back() {
    for shape in [(0, 0), (0, 5), (4, 0), (1, 1), (7, 1), (1, 1024), (3, 1025), (30, 129), (2, 2500)] {
        for density in [0.0, 0.01, 0.2, 0.9, 1.0] {
            check_bytes(random(shape, density, |x| x).view());
            check_float(random(shape, density, f32::from).view());
            check_float(random(shape, density, |x| -f64::from(x)).view());
        }
    }
}

/// From 131,073 columns on, the numbers of their pairs need more than two bytes.
#[test]
fn the_last_of_many_columns_is_found() {
    for columns in [131_071, 131_072, 131_073] {
        let mut x = random((2, columns), 0.01, |x| x);
        x[[1, columns - 1]] = 9;
        let sparse = check(x.view());
        assert_eq!(sparse.row(1).last(), Some((columns - 1, 9)));
        assert_eq!(sparse.to_dense::<f32>(), x.mapv(|x| f32::from(x) / 255.0));
    }
}

#[test]
fn any_view_will_do() {
    let x = random((40, 300), 0.3, f32::from);
    for view in [
        x.t(),
        x.slice(s![.., ..;2]),
        x.slice(s![..;-3, ..;-1]),
        x.slice(s![5..17, 3..250]),
        x.slice(s![.., 7..;7]).reversed_axes(),
    ] {
        check_float(view);
    }
    let row: Array1<f32> = x.row(0).to_owned();
    check_float(row.broadcast((5, 300)).expect("a row can be repeated"));
}

/// Large enough to be shared out, in parts that are not equal.
#[test]
fn any_number_of_threads_gives_the_same() {
    let x = random((301, 1500), 0.2, |x| x);
    let expected = check(x.view());
    for threads in [1, 2, 3, 7] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        assert!(pool.install(|| SparseMatrix::from_dense(&x)) == expected);
    }
}

#[test]
fn nan_is_an_entry_and_zeros_are_none() {
    let x = SparseMatrix::from_dense(&array![[0.0, -0.0, f64::NAN, 5e-324, f64::INFINITY]]);
    assert_eq!(x.row(0).map(|(column, _)| column).collect::<Vec<_>>(), [2, 3, 4]);
    assert!(x.row(0).next().expect("an entry").1.is_nan());
}

#[test]
fn zeros_are_dropped() {
    let x = SparseMatrix::from_csr([1, 3], vec![0, 2], &[0, 2], vec![0.0, 1.0]).expect("valid");
    assert_eq!(x.entries(), 1);
    assert_eq!(x.to_dense(), array![[0.0, 0.0, 1.0]]);
}

#[test]
fn every_byte_is_bit_equal_to_the_pixel() {
    let bytes = Array2::from_shape_fn((1, 256), |(_, column)| column as u8);
    let x = SparseMatrix::from_dense(&bytes);
    let pixels = crate::Dataset::new(bytes, vec![0], 1).expect("valid");
    let bits = |floats: Array2<f32>| floats.mapv(f32::to_bits);
    assert_eq!(bits(x.to_dense()), bits(pixels.to_floats()));
    let bits = |floats: Array2<f64>| floats.mapv(f64::to_bits);
    assert_eq!(bits(x.to_dense()), bits(pixels.to_floats()));
}

#[test]
fn rows_can_be_selected_again_and_again() {
    for columns in [30, 131_073] {
        let x = random((9, columns), 0.3, f32::from);
        let sparse = SparseMatrix::from_dense(&x);
        for rows in [&[][..], &[8], &[3, 3, 0, 8, 3], &[8, 7, 6, 5, 4, 3, 2, 1, 0]] {
            let selected = sparse.select(rows).expect("the rows are there");
            assert!(selected == SparseMatrix::from_dense(&x.select(ndarray::Axis(0), rows)));
        }
    }
}

#[test]
fn a_selected_row_must_be_there() {
    let x = SparseMatrix::from_dense(&array![[1_u8], [2]]);
    let error = x.select(&[0, 2]).unwrap_err().to_string();
    assert_eq!(error, "a row to select is 2, expected one below 2");
}

#[test]
fn density_is_the_share_of_entries() {
    assert_eq!(SparseMatrix::from_dense(&array![[0_u8, 1], [2, 0], [0, 0], [0, 0]]).density(), 0.25);
    for shape in [(0, 0), (0, 3), (3, 0)] {
        assert_eq!(SparseMatrix::from_dense(&Array2::<f32>::zeros(shape)).density(), 0.0);
    }
}

#[test]
fn debug_prints_sizes() {
    let x = SparseMatrix::from_dense(&array![[0_u8, 1], [2, 0], [0, 0]]);
    assert_eq!(format!("{x:?}"), "SparseMatrix { shape: [3, 2], entries: 2, .. }");
}

#[test]
#[should_panic(expected = "SparseMatrix: row 2 was asked for, expected rows below 2")]
fn a_row_that_is_not_there_panics() {
    let _ = SparseMatrix::from_dense(&array![[1_u8], [2]]).row(2);
}

#[test]
#[cfg(target_pointer_width = "64")]
#[should_panic(expected = "4294967297 columns, expected as many as a u32 can number")]
fn too_many_dense_columns_panic() {
    let _ = SparseMatrix::from_dense(&Array2::<u8>::zeros((0, (1 << 32) + 1)));
}

#[test]
fn what_is_wrong_with_the_lists_is_named() {
    let error = |shape, starts: &[usize], places: &[usize]| {
        let values = vec![1_u8; places.len()];
        SparseMatrix::from_csr(shape, starts.to_vec(), places, values).unwrap_err().to_string()
    };
    let starts = "SparseMatrix::from_csr: `starts` has shape ";
    assert_eq!(error([2, 3], &[0, 1], &[0]), format!("{starts}[2], expected [2 + 1], for 2 rows"));
    assert_eq!(error([0, 3], &[], &[]), format!("{starts}[0], expected [0 + 1], for 0 rows"));
    let most = usize::MAX;
    assert_eq!(error([most, 3], &[], &[]), format!("{starts}[0], expected [{most} + 1], for {most} rows"));
    let too_few = SparseMatrix::from_csr([1, 3], vec![0, 2], &[0, 1], vec![1_u8]).unwrap_err();
    assert_eq!(
        too_few.to_string(),
        "SparseMatrix::from_csr: `places` has shape [2], expected [1], as `values`"
    );
    for (shape, starts, places, problem) in [
        ([1, 3], &[1, 1][..], &[0][..], "row 0 starts at entry 1, expected 0"),
        (
            [3, 3],
            &[0, 2, 1, 2],
            &[0, 1],
            "row 1 starts at entry 2 and ends before 1, expected an end of at least 2",
        ),
        ([2, 3], &[0, 1, 3], &[0, 1], "row 1, the last, ends before entry 3, expected 2"),
        ([2, 3], &[0, 1, 1], &[0, 1], "row 1, the last, ends before entry 1, expected 2"),
        ([0, 3], &[0], &[0, 1], "there is no row, and there are 2 entries, expected none"),
        ([2, 3], &[0, 1, 2], &[0, 3], "row 1 has column 3, expected columns below 3"),
        ([1, 0], &[0, 1], &[0], "row 0 has column 0, expected columns below 0"),
        ([2, 3], &[0, 1, 3], &[2, 2, 1], "row 1 has column 1 after column 2, expected ascending columns"),
        ([2, 3], &[0, 0, 2], &[1, 1], "row 1 has column 1 twice, expected each once"),
    ] {
        assert_eq!(error(shape, starts, places), format!("SparseMatrix::from_csr: {problem}"));
    }
    #[cfg(target_pointer_width = "64")]
    {
        assert_eq!(
            error([0, (1 << 32) + 1], &[0], &[]),
            "the number of columns is 4294967297, expected at most 4294967296, as many as a u32 can number"
        );
        let last =
            SparseMatrix::from_csr([1, 1 << 32], vec![0, 1], &[(1 << 32) - 1], vec![1_u8]).expect("valid");
        assert_eq!(last.row(0).collect::<Vec<_>>(), [((1 << 32) - 1, 1)]);
    }
}

type Lists = ([usize; 2], Vec<usize>, Vec<usize>, Vec<u8>);

/// The rules of CSR, word by word.
fn valid(([rows, columns], starts, places, values): &Lists) -> bool {
    let ends: Vec<_> = starts.windows(2).map(|ends| (ends[0], ends[1])).collect();
    u64::try_from(*columns).is_ok_and(|columns| columns <= 1 << 32)
        && !starts.is_empty()
        && ends.len() == *rows
        && starts[0] == 0
        && ends.iter().all(|(start, end)| start <= end)
        && *starts.last().expect("not empty") == values.len()
        && places.len() == values.len()
        && ends.iter().all(|&(start, end)| {
            let row = &places[start..end];
            row.iter().all(|column| column < columns) && row.windows(2).all(|two| two[0] < two[1])
        })
}

fn number() -> impl Strategy<Value = usize> {
    prop_oneof![8 => 0..8_usize, 1 => prop::sample::select(vec![131_071, 131_072, u32::MAX as usize, usize::MAX])]
}

fn valid_lists() -> impl Strategy<Value = Lists> {
    let columns = prop_oneof![0..8_usize, prop::sample::select(vec![131_072, 131_073, u32::MAX as usize])];
    (0..5_usize, columns).prop_flat_map(|(rows, columns)| {
        let row = prop::collection::btree_set(0..columns.max(1), 0..=columns.min(4));
        prop::collection::vec(row, rows).prop_map(move |rows| {
            let starts = std::iter::once(0).chain(rows.iter().scan(0, |end, row| {
                *end += row.len();
                Some(*end)
            }));
            let starts = starts.collect();
            let places: Vec<_> = rows.iter().flatten().copied().collect();
            let values = (1..).take(places.len()).collect();
            ([rows.len(), columns], starts, places, values)
        })
    })
}

/// Lists that were valid before somebody changed them, in so many places.
fn changed_lists() -> impl Strategy<Value = Lists> {
    let change = (0..6_u8, any::<prop::sample::Index>(), number());
    (valid_lists(), prop::collection::vec(change, 0..3)).prop_map(|(mut lists, changes)| {
        let (shape, starts, places, values) = &mut lists;
        for (kind, at, number) in changes {
            match kind {
                0 => *at.get_mut(shape) = number,
                1 if !starts.is_empty() => *at.get_mut(starts) = number,
                2 if !places.is_empty() => *at.get_mut(places) = number,
                3 => starts.resize(number.min(8), number),
                4 => places.resize(number.min(8), 0),
                _ => values.resize(number.min(8), 0),
            }
        }
        lists
    })
}

fn arbitrary_lists() -> impl Strategy<Value = Lists> {
    let list = || prop::collection::vec(number(), 0..6);
    (prop::array::uniform2(number()), list(), list(), prop::collection::vec(any::<u8>(), 0..6))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1000,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0),
        ..ProptestConfig::default()
    })]

    #[test]
    fn exactly_the_valid_lists_make_a_matrix(
        lists in prop_oneof![valid_lists(), changed_lists(), arbitrary_lists()],
    ) {
        let expected = valid(&lists);
        let (shape, starts, places, values) = lists;
        match SparseMatrix::from_csr(shape, starts.clone(), &places, values.clone()) {
            Err(error) => prop_assert!(!expected, "{error}"),
            Ok(x) => {
                prop_assert!(expected);
                prop_assert_eq!(x.dim(), shape.into());
                for row in 0..x.nrows() {
                    let entries = (starts[row]..starts[row + 1]).map(|k| (places[k], values[k]));
                    let entries = entries.filter(|&(_, value)| value != 0);
                    prop_assert!(x.row(row).eq(entries));
                }
            }
        }
    }
}
