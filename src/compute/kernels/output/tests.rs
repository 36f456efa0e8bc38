//! The output layer against f64. Every buffer is as long as it must be.

use ndarray::{ArrayView2, ArrayViewMut2};
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

use super::super::{block_columns, on_each_isa};
use super::*;
use crate::compute::kernels::tests::{Exact, random};

/// The rows of a block.
fn strip<A>(block: usize, x: &[A]) -> Columns<'_, A> {
    Columns::of(ArrayView2::from_shape((x.len() / block, block), x).expect("whole rows"))
}

fn strip_mut<A>(block: usize, x: &mut [A]) -> ColumnsMut<'_, A> {
    ColumnsMut::of(ArrayViewMut2::from_shape((x.len() / block, block), x).expect("whole rows"))
}

/// What a block has: so many rows, so many outputs.
struct Case<A> {
    block: usize,
    rows: usize,
    outputs: usize,
    /// As ReLU leaves it: about half of it is 0.
    h: Box<[A]>,
    dz: Box<[A]>,
    w2: Box<[A]>,
}

/// `test` with 1 to 112 rows, around the [`ROWS`] that are worked on at once, and outputs of each number that
/// a classifier is likely to have.
fn on_cases<A: Float>(test: impl Fn(Isa, &Case<A>, &mut Xoshiro256PlusPlus)) {
    on_each_isa(|isa| {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(2);
        for (number, outputs) in (1..=12).chain([17, 40, 100]).enumerate() {
            let block = block_columns::<A>(isa) >> (number % 4);
            let all = [1, 2, 7, ROWS - 1, ROWS, ROWS + 1, 2 * ROWS, 2 * ROWS + 1, 112];
            for rows in [all[number % 9], all[(number + 4) % 9]] {
                let mut h = random::<A>(rows * block, &mut rng);
                h.iter_mut().for_each(|h| *h = h.max(A::zero()));
                let (dz, w2) = (random(rows * outputs, &mut rng), random(outputs * block, &mut rng));
                test(isa, &Case { block, rows, outputs, h, dz, w2 }, &mut rng);
            }
        }
    });
}

fn a_contribution_is_a_product<A: Float>() {
    on_cases::<A>(|isa, &Case { block, rows, outputs, ref h, ref w2, .. }, _| {
        let mut share = vec![A::of(0.5); rows * outputs];
        contribute(isa, strip(block, h), w2, &mut share);
        for (h, share) in h.chunks_exact(block).zip(share.chunks_exact(outputs)) {
            for (w2, &share) in w2.chunks_exact(block).zip(share) {
                let mut exact = Exact::of(A::of(0.5));
                h.iter().zip(w2).for_each(|(&h, &w2)| exact.add(h, w2));
                exact.check(share);
            }
        }
    });
}

#[test]
fn a_contribution_is_h_times_w2() {
    a_contribution_is_a_product::<f32>();
    a_contribution_is_a_product::<f64>();
}

fn the_hidden_gradient_is_gated_and_summed<A: Float>() {
    on_cases::<A>(|isa, &Case { block, rows, outputs, ref h, ref dz, ref w2 }, rng| {
        let before: Box<[A]> = random(block, rng);
        let slope: Box<[A]> = random(rows * block, rng);
        let gates = [Gate::Open, Gate::Positive(strip(block, h)), Gate::Slope(strip(block, &slope))];
        for gate in gates {
            let (mut dh, mut b) = (vec![A::nan(); rows * block], before.clone());
            hidden_gradient(isa, gate, dz, w2, strip_mut(block, &mut dh), &mut b);
            let mut sums: Vec<_> = before.iter().map(|&b| Exact::of(b)).collect();
            for (row, (dh, dz)) in dh.chunks_exact(block).zip(dz.chunks_exact(outputs)).enumerate() {
                for (k, &dh) in dh.iter().enumerate() {
                    let share = match gate {
                        Gate::Open => A::one(),
                        Gate::Positive(h) if h.row(row)[k] > A::zero() => A::one(),
                        Gate::Positive(_) => A::zero(),
                        Gate::Slope(slope) => slope.row(row)[k],
                    };
                    let mut exact = Exact::default();
                    for (w2, &dz) in w2.chunks_exact(block).zip(dz) {
                        exact.add(w2[k], dz);
                    }
                    exact.times(share).check(dh);
                    sums[k].add(dh, A::one());
                }
            }
            sums.into_iter().zip(&b).for_each(|(exact, &b)| exact.check(b));
        }
    });
}

#[test]
fn the_hidden_gradient_is_zero_where_h_is_and_its_rows_are_added_up() {
    the_hidden_gradient_is_gated_and_summed::<f32>();
    the_hidden_gradient_is_gated_and_summed::<f64>();
}

fn the_output_gradient_is_added<A: Float>() {
    on_cases::<A>(|isa, &Case { block, outputs, ref h, ref dz, ref w2, .. }, _| {
        let mut found = w2.clone();
        add_output_gradient(isa, strip(block, h), dz, &mut found);
        for (output, (before, found)) in w2.chunks_exact(block).zip(found.chunks_exact(block)).enumerate() {
            for (k, (&before, &found)) in before.iter().zip(found).enumerate() {
                let mut exact = Exact::of(before);
                for (h, dz) in h.chunks_exact(block).zip(dz.chunks_exact(outputs)) {
                    exact.add(h[k], dz[output]);
                }
                exact.check(found);
            }
        }
    });
}

#[test]
fn the_output_gradient_is_added_to_what_is_there() {
    the_output_gradient_is_added::<f32>();
    the_output_gradient_is_added::<f64>();
}

/// h is NaN where its row's x is: its gradient is 0, as the dense step's is, and its logits are NaN.
#[test]
fn nan_goes_on_to_the_logits_and_not_back() {
    on_each_isa(|isa| {
        let block = block_columns::<f64>(isa);
        let (outputs, rows) = (3, 2);
        let mut h = vec![1.0; rows * block];
        h[2 * block - 1] = f64::NAN;
        let w2 = vec![0.5; outputs * block];
        let mut share = vec![0.0; rows * outputs];
        contribute(isa, strip(block, &h), &w2, &mut share);
        assert_eq!(share[..outputs], vec![0.5 * block as f64; outputs]);
        assert!(share[outputs..].iter().all(|z| z.is_nan()));

        let (mut dh, mut b) = (vec![9.0; rows * block], vec![0.0; block]);
        let gate = Gate::Positive(strip(block, &h));
        hidden_gradient(isa, gate, &vec![2.0; rows * outputs], &w2, strip_mut(block, &mut dh), &mut b);
        assert_eq!(dh[..2 * block - 1], vec![3.0; 2 * block - 1]);
        assert_eq!((dh[2 * block - 1], b[block - 1], b[0]), (0.0, 3.0, 6.0));

        let mut changed = w2.clone();
        add_output_gradient(isa, strip(block, &h), &vec![1.0; rows * outputs], &mut changed);
        for changed in changed.chunks_exact(block) {
            assert_eq!(changed[..block - 1], vec![2.5; block - 1]);
            assert!(changed[block - 1].is_nan());
        }
    });
}
