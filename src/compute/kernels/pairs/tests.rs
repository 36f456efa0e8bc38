//! What [`unpack`] makes of a row: exactly its entries, in order.

use super::*;
use crate::sparse::ValueAs;

/// A row by pairs of columns: the pair's number, and what is in it.
type Row<V> = Vec<(u32, [V; 2])>;

/// Unpacks a row where there is room for just its pairs, and compares.
fn check<A: Float, P: Copy + TryFrom<u32> + Into<u32>, V: ValueAs<A>>(row: &Row<V>) {
    let numbers: Box<[P]> = row.iter().filter_map(|&(pair, _)| P::try_from(pair).ok()).collect();
    let both: Box<[_]> = row.iter().map(|&(_, both)| both).collect();
    let mut places = vec![0; 2 * row.len()].into_boxed_slice();
    let mut values = vec![A::zero(); 2 * row.len()].into_boxed_slice();
    let found = unpack(&numbers, &both, V::float, &mut places, &mut values);
    let columns = row.iter().flat_map(|&(pair, both)| [2 * pair, 2 * pair + 1].into_iter().zip(both));
    let expected = columns.map(|(place, value)| (place, value.float())).filter(|&(_, x)| x != A::zero());
    let found = places[..found].iter().copied().zip(values[..found].iter().copied());
    assert!(found.eq(expected));
}

fn entries_are_exactly_those<A: Float>() {
    let cases: [Row<u8>; 7] = [
        vec![],
        vec![(0, [9, 0])],
        vec![(0, [0, 255])],
        vec![(0, [1, 2])],
        vec![(0, [0, 1]), (2, [3, 0]), (3, [4, 5])],
        vec![(0, [1, 2]), (1, [3, 4]), (2, [5, 6])],
        vec![(0, [1, 0]), (65_535, [2, 3])],
    ];
    for row in &cases {
        check::<A, u16, _>(row);
        check::<A, u32, _>(row);
        let signed: Row<A> =
            row.iter().map(|&(pair, both)| (pair, both.map(|x| A::of(-f64::from(x))))).collect();
        check::<A, u32, A>(&signed);
    }
    // A pair that two bytes cannot number.
    check::<A, u32, u8>(&vec![(0, [0, 3]), (65_537, [4, 0])]);
}

#[test]
fn rows_that_are_unpacked_give_their_entries_in_order() {
    entries_are_exactly_those::<f32>();
    entries_are_exactly_those::<f64>();
}

#[test]
fn zeros_in_a_pair_are_no_entries_and_nan_is_one() {
    let (mut places, mut values) = ([0; 6], [0.0; 6]);
    let both = [[0.0, -0.0], [-0.0, f32::NAN], [f32::INFINITY, 1e-45]];
    assert_eq!(unpack(&[0_u16, 1, 2], &both, |x| x, &mut places, &mut values), 3);
    assert_eq!(places[..3], [3, 4, 5]);
    assert!(values[0].is_nan());
    assert_eq!(values[1..3], [f32::INFINITY, 1e-45]);
}

#[test]
#[should_panic(expected = "range end index 4 out of range for slice of length 3")]
fn a_row_without_room_panics() {
    unpack(&[0_u16, 1], &[[1.0_f32, 2.0]; 2], |x| x, &mut [0; 3], &mut [0.0; 3]);
}

#[test]
#[should_panic(expected = "as many pairs as values")]
fn pairs_without_values_panic() {
    unpack(&[0_u16, 1], &[[1.0_f32, 2.0]], |x| x, &mut [0; 4], &mut [0.0; 4]);
}
