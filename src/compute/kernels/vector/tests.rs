//! Registers against single numbers, in every lane.

use super::super::isa::kernels;
use super::*;
use crate::compute::kernels::on_each_isa;

// Kernels, as whatever uses registers must be one.
kernels! {
    /// positive_part of `from`, in whole registers.
    fn positive_parts<A>(isa: Isa, from: &[A], to: &mut [A]) {
        with_registers!(isa, positive_parts_in::<A>(from, to));
    }

    /// `from` where `gate` is positive.
    fn gated<A>(isa: Isa, from: &[A], gate: &[A], to: &mut [A]) {
        with_registers!(isa, gated_in::<A>(from, gate, to));
    }

    /// a · b + c in `product`, and c + a in `sum`.
    fn arithmetic<A>(isa: Isa, a: A, b: &[A], c: &[A], product: &mut [A], sum: &mut [A]) {
        with_registers!(isa, arithmetic_in::<A>(a, b, c, product, sum));
    }

    /// The sum of a register.
    fn sum_of<A>(isa: Isa, from: &[A]) -> A {
        with_registers!(isa, sum_in::<A>(from))
    }
}

#[inline(always)]
fn positive_parts_in<A: Float, V: Vector<A>>(from: &[A], to: &mut [A]) {
    for (from, to) in from.chunks_exact(V::LANES).zip(to.chunks_exact_mut(V::LANES)) {
        V::load(from).positive_part().store(to);
    }
}

#[inline(always)]
fn gated_in<A: Float, V: Vector<A>>(from: &[A], gate: &[A], to: &mut [A]) {
    let chunks = from.chunks_exact(V::LANES).zip(gate.chunks_exact(V::LANES));
    for ((from, gate), to) in chunks.zip(to.chunks_exact_mut(V::LANES)) {
        V::load(from).where_positive(V::load(gate)).store(to);
    }
}

#[inline(always)]
fn arithmetic_in<A: Float, V: Vector<A>>(a: A, b: &[A], c: &[A], product: &mut [A], sum: &mut [A]) {
    let (a, b, c) = (V::splat(a), V::load(b), V::load(c));
    a.mul_add(b, c).store(product);
    c.add(a).store(sum);
}

#[inline(always)]
fn sum_in<A: Float, V: Vector<A>>(from: &[A]) -> A {
    V::load(from).sum()
}

/// Numbers of every sign and kind, the smallest and the largest ones among them.
fn special<A: Float>() -> Vec<A> {
    let smallest = A::min_positive_value() * A::epsilon();
    assert!(smallest > A::zero(), "subnormal numbers are numbers");
    let positive = [A::zero(), smallest, A::min_positive_value(), A::one(), A::max_value(), A::infinity()];
    positive.into_iter().flat_map(|x| [x, -x]).chain([A::nan(), -A::nan()]).collect()
}

/// Each of these in each lane, with others beside it.
fn in_each_lane<A: Float>(isa: Isa, numbers: &[A]) -> Box<[A]> {
    let lanes = lanes::<A>(isa);
    let length = (numbers.len() * lanes).next_multiple_of(lanes);
    // One more a register, so that all come past each lane.
    (0..length).map(|place| numbers[(place % lanes + place / lanes) % numbers.len()]).collect()
}

fn positive_part_is_right<A: Float>() {
    on_each_isa(|isa| {
        let from = in_each_lane(isa, &special::<A>());
        let mut to = vec![A::one(); from.len()];
        positive_parts(isa, &from, &mut to);
        for (&from, &to) in from.iter().zip(&to) {
            if from.is_nan() {
                assert!(to.is_nan(), "{isa:?}: NaN is swallowed");
            } else {
                assert_eq!(to, if from > A::zero() { from } else { A::zero() }, "{isa:?}");
            }
        }
    });
}

#[test]
fn the_positive_part_of_nan_is_nan() {
    positive_part_is_right::<f32>();
    positive_part_is_right::<f64>();
}

fn where_positive_is_right<A: Float>() {
    on_each_isa(|isa| {
        for gate in special::<A>() {
            let from = in_each_lane(isa, &special::<A>());
            let mut to = vec![A::one(); from.len()];
            gated(isa, &from, &vec![gate; from.len()], &mut to);
            for (&from, &to) in from.iter().zip(&to) {
                if gate > A::zero() {
                    assert!(to == from || to.is_nan() && from.is_nan(), "{isa:?}: {to} is {from}");
                } else {
                    assert_eq!(to, A::zero(), "{isa:?}: {from} is let through by {gate}");
                }
            }
        }
        // Lane by lane, not all or nothing.
        let lanes = lanes::<A>(isa);
        for lane in 0..lanes {
            let mut gate = vec![-A::one(); lanes];
            gate[lane] = A::one();
            let mut to = vec![A::nan(); lanes];
            gated(isa, &vec![A::of(7.0); lanes], &gate, &mut to);
            assert!((0..lanes).all(|l| to[l] == if l == lane { A::of(7.0) } else { A::zero() }), "{isa:?}");
        }
    });
}

#[test]
fn nothing_passes_a_gate_that_is_not_positive() {
    where_positive_is_right::<f32>();
    where_positive_is_right::<f64>();
}

fn arithmetic_is_that_of_single_numbers<A: Float>() {
    on_each_isa(|isa| {
        let lanes = lanes::<A>(isa);
        let number = |k: usize| A::of(1.0 / (k as f64 + 3.0));
        let (a, b) = (number(0), (1..=lanes).map(number).collect::<Box<_>>());
        // What is left of a product when its rounded value is taken away: 0 unless both are one operation.
        let c: Box<_> = b.iter().map(|&b| -(a * b)).collect();
        let (mut product, mut sum) = (vec![A::nan(); lanes], vec![A::nan(); lanes]);
        arithmetic(isa, a, &b, &c, &mut product, &mut sum);
        for l in 0..lanes {
            assert_eq!(product[l], isa.mul_add(a, b[l], c[l]), "{isa:?}");
            assert_eq!(sum[l], c[l] + a, "{isa:?}");
        }
    });
}

#[test]
fn registers_compute_as_single_numbers_do() {
    arithmetic_is_that_of_single_numbers::<f32>();
    arithmetic_is_that_of_single_numbers::<f64>();
}

fn sums_are_right<A: Float>() {
    on_each_isa(|isa| {
        let lanes = lanes::<A>(isa);
        let count: Box<_> = (1..=lanes).map(|lane| A::of(lane as f64)).collect();
        assert_eq!(sum_of(isa, &count), A::of((lanes * (lanes + 1) / 2) as f64), "{isa:?}");
        for lane in 0..lanes {
            let mut numbers = vec![A::zero(); lanes];
            numbers[lane] = A::of(0.3);
            assert_eq!(sum_of(isa, &numbers), A::of(0.3), "{isa:?}, lane {lane}");
            numbers[lane] = A::infinity();
            assert_eq!(sum_of(isa, &numbers), A::infinity(), "{isa:?}, lane {lane}");
            numbers[(lane + 1) % lanes] = A::neg_infinity();
            assert!(sum_of(isa, &numbers).is_nan(), "{isa:?}, lane {lane}");
            numbers.fill(A::one());
            numbers[lane] = A::nan();
            assert!(sum_of(isa, &numbers).is_nan(), "{isa:?}, lane {lane}");
        }
    });
}

#[test]
fn a_sum_has_every_lane_once() {
    sums_are_right::<f32>();
    sums_are_right::<f64>();
}

#[test]
#[should_panic(expected = "range end index")]
#[cfg(target_arch = "x86_64")]
fn a_slice_that_fills_no_register_panics() {
    let isa = Isa::best();
    if isa == Isa::Baseline {
        panic!("range end index: there is nothing to be tested on this processor");
    }
    sum_of(isa, &vec![1.0_f32; lanes::<f32>(isa) - 1]);
}
