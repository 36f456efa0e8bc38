//! No sparse input makes a training step panic, whatever it is and whatever was before it.

mod common;

use blasnet::sparse::Value;
use blasnet::{Float, NeuralNetwork, Scores, SparseMatrix};
use common::rng;
use ndarray::Array2;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// A matrix of so many columns, by the lists of CSR; some of its entries may be zeros.
fn matrix<A: Value>(
    columns: usize,
    value: impl Strategy<Value = A> + Clone,
) -> impl Strategy<Value = SparseMatrix<A>> {
    // Often few and short rows, sometimes more rows than a tile has, of which many are empty.
    let rows = prop_oneof![8 => 0..6_usize, 1 => 110..120_usize];
    rows.prop_flat_map(move |rows| {
        let entries = prop::collection::btree_map(0..columns, value.clone(), 0..=columns.min(6));
        prop::collection::vec(prop_oneof![3 => entries, 1 => Just(Default::default())], rows)
    })
    .prop_map(move |rows| {
        let (mut starts, mut places, mut values) = (vec![0], vec![], vec![]);
        for row in &rows {
            places.extend(row.keys());
            values.extend(row.values());
            starts.push(places.len());
        }
        SparseMatrix::from_csr([rows.len(), columns], starts, &places, values).expect("valid")
    })
}

/// Sizes of a network and batches for it, one after the other.
fn batches<A: Value>(
    value: impl Strategy<Value = A> + Clone,
) -> impl Strategy<Value = ([usize; 3], Vec<SparseMatrix<A>>)> {
    (1..10_usize, 1..7_usize, 1..5_usize).prop_flat_map(move |(inputs, hidden, outputs)| {
        // Now and then of a column too many.
        let columns = prop_oneof![7 => Just(inputs), 1 => Just(inputs + 1)];
        let value = value.clone();
        let batch = columns.prop_flat_map(move |columns| matrix(columns, value.clone()));
        (Just([inputs, hidden, outputs]), prop::collection::vec(batch, 1..5))
    })
}

fn labels<A: Float>(rows: usize, outputs: usize) -> Array2<A> {
    Array2::from_shape_fn((rows, outputs), |(row, k)| A::of(f64::from(u8::from(row % outputs == k))))
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(1500))]

    /// NaN, infinities and all: a step is made if shapes fit and the loss is finite, and else there is an error and the
    /// parameters stay.
    #[test]
    fn any_matrix_makes_a_step_or_an_error(
        (sizes, batches) in batches(any::<f32>()),
        rate in prop::sample::select(vec![0.0, 0.1, 1e30]),
    ) {
        let mut network = NeuralNetwork::<f32>::new(sizes, &mut rng(1)).expect("no size is 0");
        for x in &batches {
            let fits = x.ncols() == sizes[0];
            let t = labels(x.nrows(), sizes[2]);
            prop_assert_eq!(network.forward(x).is_ok(), fits);
            prop_assert_eq!(network.scores(x, &t).is_ok(), fits && x.nrows() > 0);
            let before = network.values().to_vec();
            let finite = (0..x.nrows()).all(|row| x.row(row).all(|(_, x)| x.is_finite()));
            let makes = finite && network.scores(x, &t).is_ok_and(|scores| scores.loss.is_finite());
            prop_assert_eq!(network.sgd(x, &t, rate).is_ok(), makes);
            let same = network.values().iter().zip(&before).all(|(a, b)| a.to_bits() == b.to_bits());
            prop_assert!(same || makes);
            prop_assert_eq!(network.backprop(x, &t).is_ok(), fits && x.nrows() > 0);
        }
        prop_assert_eq!(network.sizes(), sizes);
    }

    /// Numbers of an ordinary size give what they give in a dense array.
    #[test]
    fn ordinary_matrices_make_the_dense_step(
        (sizes, batches) in batches(prop_oneof![4 => -2.0..2.0_f64, 1 => Just(0.0)]),
    ) {
        let mut dense = NeuralNetwork::<f64>::new(sizes, &mut rng(2)).expect("no size is 0");
        let mut sparse = dense.clone();
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1.0);
        for x in &batches {
            let t = labels(x.nrows(), sizes[2]);
            match (sparse.sgd(x, &t, 0.05), dense.sgd(&x.to_dense(), &t, 0.05)) {
                (Ok(Scores { loss, .. }), Ok(expected)) => prop_assert!(near(loss, expected.loss)),
                (Err(found), Err(expected)) => prop_assert_eq!(found.to_string(), expected.to_string()),
                (found, expected) => prop_assert!(false, "{:?}, expected {:?}", found, expected),
            }
        }
        for ((name, found), (_, expected)) in sparse.parameters().zip(dense.parameters()) {
            prop_assert!(found.iter().zip(expected).all(|(&a, &b)| near(a, b)), "{}", name);
        }
    }
}
