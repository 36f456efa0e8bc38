//! Kernels against plain references in f64, with each instruction set that this processor has.

mod exact;

use super::exp::Exp;
use super::*;
use crate::Float;
use rand::{Rng, RngExt};

pub(crate) use exact::Exact;

/// How far `found` is from `exact`, in units of the last place that a number of this type has there.
pub(crate) fn ulps<A: Float>(found: A, exact: f64) -> f64 {
    let found = found.as_f64();
    if found.is_nan() || exact.is_nan() {
        return if found.is_nan() && exact.is_nan() { 0.0 } else { f64::INFINITY };
    }
    // An exact result beyond the largest number rounds to infinity.
    let exact = if A::of(exact).is_infinite() { A::of(exact).as_f64() } else { exact };
    if found == exact {
        return 0.0;
    }
    // Below every power of two the places are half as large.
    let size = exact.abs();
    let unit = if size_of::<A>() == 8 {
        size.next_up() - size
    } else {
        f64::from((size as f32).next_up()) - f64::from(size as f32)
    };
    (found - exact).abs() / unit
}

const SPECIAL: [f64; 16] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MIN_POSITIVE,
    5e-324,
    1e-40,
    -1e-40,
    1e-45,
    88.722_83,
    -87.336_55,
    709.782_712_893_384,
    -745.133_219_101_941_2,
];

/// Numbers of every sign, exponent and kind: every so many of all there are, and the special ones.
pub(crate) fn everywhere<A: Float>() -> Vec<A> {
    let special = SPECIAL.map(A::of);
    if size_of::<A>() == 4 {
        let patterns = (0..=u32::MAX).step_by(10_007);
        patterns.map(|bits| A::of(f64::from(f32::from_bits(bits)))).chain(special).collect()
    } else {
        let patterns = (0..=u64::MAX).step_by((u64::MAX / 400_000) as usize);
        patterns.map(|bits| A::of(f64::from_bits(bits))).chain(special).collect()
    }
}

/// Numbers where e^x is neither 0 nor infinite.
pub(crate) fn within<A: Float>() -> impl Iterator<Item = A> {
    let largest = if size_of::<A>() == 4 { 104.0 } else { 746.0 };
    (-100_000..=100_000).map(move |step| A::of(f64::from(step) / 100_000.0 * largest))
}

/// Whether a multiply-add is rounded once.
pub(crate) fn fused<A: Float>(isa: Isa) -> bool {
    isa.mul_add(A::one() + A::epsilon(), A::one() - A::epsilon(), -A::one()) != A::zero()
}

fn exp_is_right<A: Float>(most: f64) {
    on_each_isa(|isa| {
        let most = if fused::<A>(isa) { most } else { 2.0 * most };
        let numbers = everywhere::<A>().into_iter().chain(within());
        let errors = numbers.map(|x| (ulps(Exp::exp_on(x, isa), x.as_f64().exp()), x));
        let (worst, x) = errors.max_by(|a, b| a.0.total_cmp(&b.0)).expect("there are numbers");
        assert!(worst <= most, "{isa:?}: e^{x} is {worst} ULP off");
    });
}

#[test]
fn exp_of_f32_is_within_a_ulp_and_a_quarter() {
    exp_is_right::<f32>(1.25);
}

#[test]
fn exp_of_f64_is_within_1_ulp_of_std() {
    exp_is_right::<f64>(1.0);
}

/// Of f64 against the standard library's, which is within one.
fn exp_m1_is_right<A: Float>() {
    on_each_isa(|isa| {
        let most = if fused::<A>(isa) { 1.25 } else { 2.5 };
        for x in everywhere::<A>().into_iter().chain(within()).map(|x| -x.abs()) {
            let error = ulps(Exp::exp_m1_on(x, isa), x.as_f64().exp_m1());
            assert!(error <= most, "{isa:?}: e^{x} − 1 is {error} ULP off");
        }
    });
}

#[test]
fn exp_m1_of_f32_is_within_a_ulp_and_a_quarter() {
    exp_m1_is_right::<f32>();
}

#[test]
fn exp_m1_of_f64_is_within_a_ulp_and_a_quarter_of_std() {
    exp_m1_is_right::<f64>();
}

fn sigmoid_is_right<A: Float>(most: f64) {
    let x: Vec<A> = everywhere::<A>().into_iter().chain(within()).collect();
    let exact = |x: A| match x.as_f64() {
        x if x < 0.0 => x.exp() / (1.0 + x.exp()),
        x => 1.0 / (1.0 + (-x).exp()),
    };
    on_each_isa(|isa| {
        let (mut z, mut kept) = (vec![A::nan(); x.len()], vec![A::nan(); x.len()]);
        sigmoid_and_copy(&x, &mut z, &mut kept);
        let errors = x.iter().zip(&z).map(|(&x, &z)| (ulps(z, exact(x)), x));
        let (worst, at) = errors.max_by(|a, b| a.0.total_cmp(&b.0)).expect("there are numbers");
        assert!(worst <= most, "{isa:?}: sigmoid({at}) is {worst} ULP off");
        let same = |a: &[A], b: &[A]| a.iter().zip(b).all(|(a, b)| a == b || a.is_nan() && b.is_nan());
        assert!(same(&z, &kept));
        let mut again = vec![A::nan(); x.len()];
        sigmoid(&x, &mut again);
        assert!(same(&z, &again));
        again.copy_from_slice(&x);
        sigmoid_inplace(&mut again);
        assert!(same(&z, &again));
    });
}

#[test]
fn sigmoid_of_f32_is_within_two_ulp_and_a_half() {
    sigmoid_is_right::<f32>(2.5);
}

#[test]
fn sigmoid_of_f64_is_within_two_ulp_and_a_half_of_std() {
    sigmoid_is_right::<f64>(2.5);
}

/// So many numbers from −1 to 1, in exactly as much memory.
pub(crate) fn random<A: Float>(length: usize, rng: &mut impl Rng) -> Box<[A]> {
    (0..length).map(|_| A::of(rng.random_range(-1.0..=1.0))).collect()
}

/// Lengths around those of vectors, words and cache lines, and one that is streamed past the caches.
pub(crate) const LENGTHS: [usize; 12] = [0, 1, 2, 15, 16, 17, 31, 33, 64, 100, 1025, (4 << 20) / 4 + 77];

/// Some numbers of both signs, no two neighbours alike.
pub(crate) fn numbers<A: Float>(length: usize, seed: usize) -> Vec<A> {
    (0..length).map(|place| A::of((((place * 31 + seed * 17) % 1009) as f64 - 504.0) / 64.0)).collect()
}

/// Arithmetic that is exact or rounded once gives the very same numbers as a plain loop, at any alignment.
fn plain_arithmetic<A: Float>() {
    on_each_isa(|_| {
        for (length, shift) in LENGTHS.into_iter().flat_map(|length| [(length, 0), (length, 1), (length, 3)])
        {
            let memory: Vec<Vec<A>> = (0..3).map(|seed| numbers(length + shift, seed)).collect();
            let [x, y, dz] = [0, 1, 2].map(|k| &memory[k][shift..]);
            let mut results = vec![vec![A::nan(); length + shift]; 3];
            let [a, b, c] = &mut results[..] else { unreachable!() };
            let [a, b, c] = [a, b, c].map(|result| &mut result[shift..]);
            let check = |found: &[A], f: &dyn Fn(usize) -> A| {
                assert!(
                    found.iter().enumerate().all(|(place, &found)| found == f(place)),
                    "{length} {shift}"
                );
            };
            add(x, y, a);
            check(a, &|k| x[k] + y[k]);
            accumulate(x, a);
            check(a, &|k| x[k] + y[k] + x[k]);
            multiply(x, y, a);
            check(a, &|k| x[k] * y[k]);
            copy_twice(x, a, b);
            check(a, &|k| x[k]);
            check(b, &|k| x[k]);
            multiply_and_copy(x, y, a, b, c);
            check(a, &|k| x[k] * y[k]);
            check(b, &|k| x[k]);
            check(c, &|k| y[k]);
            multiply_backprop(dz, x, y, a, b);
            check(a, &|k| dz[k] * y[k]);
            check(b, &|k| dz[k] * x[k]);
            scaled_difference(A::of(0.5), x, y, a);
            check(a, &|k| A::of(0.5) * (x[k] - y[k]));
            sigmoid_backprop(dz, x, a);
            check(a, &|k| dz[k] * x[k] * (A::one() - x[k]));
            relu(x, a);
            check(a, &|k| x[k].max(A::zero()));

            let mut mask = vec![u32::MAX; length.div_ceil(MASK_WORD)];
            relu_and_mask(x, b, &mut mask);
            check(b, &|k| x[k].max(A::zero()));
            relu_backprop(dz, &mask, c);
            check(c, &|k| if x[k] > A::zero() { dz[k] } else { A::zero() });
            let mut sum = vec![A::one(); length];
            a.copy_from_slice(dz);
            gate_and_sum(b, a, &mut sum);
            check(a, &|k| c[k]);
            check(&sum, &|k| A::one() + c[k]);
            relu_inplace(b);
            check(b, &|k| x[k].max(A::zero()));
        }
    });
}

#[test]
fn arithmetic_is_that_of_a_plain_loop() {
    plain_arithmetic::<f32>();
    plain_arithmetic::<f64>();
}

#[test]
fn relu_keeps_nan_and_lets_no_gradient_back_through_it() {
    on_each_isa(|_| {
        let x = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e-45, -1e-45, -0.0, 0.0];
        let (mut z, mut dx, mut mask) = ([9.0; 7], [9.0; 7], [0]);
        relu_and_mask(&x, &mut z, &mut mask);
        assert!(z[0].is_nan());
        assert_eq!(z[1..], [f32::INFINITY, 0.0, 1e-45, 0.0, 0.0, 0.0]);
        relu_backprop(&[f32::NAN; 7], &mask, &mut dx);
        assert_eq!(dx.map(f32::is_nan), [false, true, false, true, false, false, false]);
    });
}

/// softmax and loss of one row in f64.
fn softmax_reference<A: Float>(x: &[A], t: &[A]) -> (Vec<f64>, f64) {
    let max = x.iter().map(|x| x.as_f64()).fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = x.iter().map(|x| (x.as_f64() - max).exp()).sum();
    let y = x.iter().map(|x| (x.as_f64() - max).exp() / sum).collect();
    let terms = x.iter().zip(t).filter(|(_, t)| t.as_f64() != 0.0);
    (y, terms.map(|(x, t)| t.as_f64() * (sum.ln() - (x.as_f64() - max))).sum())
}

/// Rounding x − max costs half an ULP of it, which e^ turns into as many ULP as x − max is large; e^, the sum
/// and the division by it cost a few more.
fn softmax_is_right<A: Float>() {
    let shapes = [(1, 1), (3, 2), (16, 10), (37, 10), (15, 32), (5, 33), (4, 100), (3, 1000), (1050, 1000)];
    on_each_isa(|isa| {
        for (rows, columns) in shapes {
            let x = numbers::<A>(rows * columns, 1);
            for soft in [false, true] {
                let label = |place: usize| match soft {
                    true => 1.0 / columns as f64,
                    false => f64::from(u8::from(place % columns == place / columns % columns)),
                };
                let t: Vec<A> = (0..x.len()).map(|place| A::of(label(place))).collect();
                let (mut y, mut kept) = (vec![A::nan(); x.len()], vec![A::nan(); x.len()]);
                let loss = softmax_cross_entropy_and_copy(&x, &t, &mut y, &mut kept, columns);
                assert_eq!(kept, t);
                let mut expected_loss = 0.0;
                for ((x, t), y) in x.chunks(columns).zip(t.chunks(columns)).zip(y.chunks(columns)) {
                    let (expected, loss) = softmax_reference(x, t);
                    expected_loss += loss;
                    for (&y, expected) in y.iter().zip(expected) {
                        let error = ulps(y, expected);
                        let most = 8.0 + columns as f64 / 32.0;
                        assert!(error <= most, "{isa:?}, {rows} x {columns}: {error} ULP");
                    }
                }
                let tolerance = 8.0 * A::epsilon().as_f64() * expected_loss.abs().max(1.0);
                assert!(
                    (loss - expected_loss).abs() <= tolerance,
                    "{isa:?}: {loss}, expected {expected_loss}"
                );

                let mut again = vec![A::nan(); x.len()];
                assert_eq!(softmax_cross_entropy(&x, &t, &mut again, columns), loss);
                assert!(again == y);
                again.copy_from_slice(&x);
                softmax_inplace(&mut again, columns);
                assert!(again == y);
            }
        }
    });
}

#[test]
fn softmax_and_its_loss_are_those_of_f64() {
    softmax_is_right::<f32>();
    softmax_is_right::<f64>();
}

#[test]
fn a_row_that_has_no_softmax_is_nan_and_leaves_the_others_alone() {
    on_each_isa(|_| {
        for columns in [3, 40] {
            for bad in [f32::NAN, f32::INFINITY] {
                let mut x = vec![1.0; 3 * columns];
                x[columns + 1] = bad;
                softmax_inplace(&mut x, columns);
                assert!(x[columns..2 * columns].iter().all(|y| y.is_nan()));
                let others = x[..columns].iter().chain(&x[2 * columns..]);
                assert!(others.into_iter().all(|y| (y * columns as f32 - 1.0).abs() < 1e-6));
            }
        }
    });
}

/// A label of 0 asks for nothing, be its logit −∞; and the loss of a tiny probability is finite.
#[test]
fn an_impossible_class_without_a_label_costs_nothing() {
    on_each_isa(|_| {
        for columns in [3, 40] {
            let (mut x, mut t) = (vec![0.0_f32; columns], vec![0.0; columns]);
            x[1] = f32::NEG_INFINITY;
            x[2] = 500.0;
            t[0] = 1.0;
            let loss = softmax_cross_entropy(&x, &t, &mut vec![0.0; columns], columns);
            assert_eq!(loss, 500.0);
        }
    });
}
