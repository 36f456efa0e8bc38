//! f64 against forty digits (references.txt, made by references.py), f32 against f64.

use super::*;
use crate::compute::kernels::tests::{LENGTHS, everywhere, fused, numbers, ulps, within};
use crate::compute::kernels::{multiply, on_each_isa, relu, relu_inplace, sigmoid, sigmoid_inplace};

const REFERENCES: &str = include_str!("references.txt");

/// x, tanh x, gelu(x) and gelu′(x).
fn references() -> Vec<[f64; 4]> {
    let numbers =
        |line: &str| -> Vec<f64> { line.split(' ').map(|x| x.parse().expect("a number")).collect() };
    REFERENCES.lines().map(|line| numbers(line).try_into().expect("four on a line")).collect()
}

/// f(x) and f′(x) of a kernel.
type WithSlope<A> = fn(&mut [A], &mut [A]);

fn with_slope<A: Float>(kernel: WithSlope<A>, x: &[A]) -> (Vec<A>, Vec<A>) {
    let (mut z, mut slope) = (x.to_vec(), vec![A::nan(); x.len()]);
    kernel(&mut z, &mut slope);
    (z, slope)
}

/// What gelu′ is off in units of the larger of its two terms, Φ(x) and the whole: they cancel near −0.75. Where
/// e^(−x²/2) is denormal, its rounding counts sixteenfold.
fn slope_ulps<A: Float>(found: A, exact: f64, x: f64, gelu: f64) -> f64 {
    if exact.is_nan() || found.is_nan() {
        return ulps(found, exact);
    }
    let cdf = if x == 0.0 { 0.5 } else { (gelu / x).abs() };
    let size = A::of(cdf.max(exact.abs())).max(A::of(16.0) * A::min_positive_value());
    (found.as_f64() - exact).abs() / (size * A::epsilon()).as_f64()
}

/// What a GELU may be off: without a fused multiply-add twice as much, and what rounding x² costs.
fn gelu_tolerance<A: Float>(isa: Isa, x: f64) -> f64 {
    if fused::<A>(isa) || x.is_nan() { 5.0 } else { 10.0 + x.min(0.0).max(-A::END.as_f64()).powi(2) / 2.0 }
}

#[test]
fn tanh_and_gelu_of_f64_are_those_of_forty_digits() {
    let references = references();
    let x: Vec<f64> = references.iter().map(|reference| reference[0]).collect();
    assert!(x.len() > 300 && x[0] < -38.5, "there are references");
    on_each_isa(|isa| {
        let (tanh, _) = with_slope(tanh_with_slope, &x);
        let (gelu, slope) = with_slope(gelu_with_slope, &x);
        for (k, &[x, exact_tanh, exact_gelu, exact_slope]) in references.iter().enumerate() {
            let error = ulps(tanh[k], exact_tanh);
            assert!(error <= 2.5, "{isa:?}: tanh({x}) is {error} ULP off");
            let most = gelu_tolerance::<f64>(isa, x);
            let error = ulps(gelu[k], exact_gelu);
            assert!(error <= most, "{isa:?}: gelu({x}) is {error} ULP off");
            let error = slope_ulps(slope[k], exact_slope, x, exact_gelu);
            assert!(error <= most, "{isa:?}: gelu′({x}) is {error} ULP off");
        }
    });
}

/// Numbers of every kind, and closely where the functions are neither 0 nor a line.
fn dense<A: Float>() -> Vec<A> {
    let near = (-120_000..=120_000).map(|step| A::of(f64::from(step) / 8000.0));
    everywhere::<A>().into_iter().chain(near).collect()
}

#[test]
fn gelu_of_f32_is_within_5_ulp_of_f64() {
    let x = dense::<f32>();
    let wide: Vec<f64> = x.iter().map(|&x| x.into()).collect();
    // By the best instructions: the reference must not be worse where this is not.
    let (exact, exact_slope) = with_slope(gelu_with_slope, &wide);
    on_each_isa(|isa| {
        let (gelu, slope) = with_slope(gelu_with_slope, &x);
        for (k, &x) in wide.iter().enumerate() {
            let most = gelu_tolerance::<f32>(isa, x);
            let error = ulps(gelu[k], exact[k]);
            assert!(error <= most, "{isa:?}: gelu({x}) is {error} ULP off");
            let error = slope_ulps(slope[k], exact_slope[k], x, exact[k]);
            assert!(error <= most, "{isa:?}: gelu′({x}) is {error} ULP off");
        }
    });
}

/// Of f64 against the standard library's, which is within one.
fn tanh_is_right<A: Float>(most: f64) {
    let x: Vec<A> = dense::<A>().into_iter().chain(within()).collect();
    on_each_isa(|isa| {
        let (z, slope) = with_slope(tanh_with_slope, &x);
        for ((&x, &z), &slope) in x.iter().zip(&z).zip(&slope) {
            let exact = x.as_f64().tanh();
            let error = ulps(z, exact);
            assert!(error <= most, "{isa:?}: tanh({x}) is {error} ULP off");
            let error = (slope.as_f64() - (1.0 - exact * exact)).abs() / A::epsilon().as_f64();
            assert!(error <= 2.5 || x.is_nan() && slope.is_nan(), "{isa:?}: tanh′({x}) is {slope}");
        }
    });
}

#[test]
fn tanh_of_f32_is_within_two_ulp_and_a_half() {
    tanh_is_right::<f32>(2.5);
}

#[test]
fn tanh_of_f64_is_within_3_ulp_of_std() {
    tanh_is_right::<f64>(3.0);
}

/// NaN stays NaN, infinities give the limits, and nothing overflows on the way.
fn limits<A: Float>() {
    let (infinity, max) = (A::infinity(), A::max_value());
    let (zero, one) = (A::zero(), A::one());
    let large = [infinity, max, -max, -infinity];
    let expected: [(WithSlope<A>, [A; 4], [A; 4]); 4] = [
        (relu_with_slope, [infinity, max, zero, zero], [one, one, zero, zero]),
        (sigmoid_with_slope, [one, one, zero, zero], [zero; 4]),
        (tanh_with_slope, [one, one, -one, -one], [zero; 4]),
        (gelu_with_slope, [infinity, max, zero, zero], [one, one, zero, zero]),
    ];
    on_each_isa(|isa| {
        for (number, (kernel, z, slopes)) in expected.iter().enumerate() {
            assert_eq!(with_slope(*kernel, &large), (z.to_vec(), slopes.to_vec()), "{isa:?}, {number}");
            let (z, slope) = with_slope(*kernel, &[A::nan()]);
            assert!(z[0].is_nan(), "{isa:?}, {number}");
            // ReLU lets no gradient back through it.
            assert_eq!(slope[0].is_nan(), number != 0, "{isa:?}, {number}");
        }
        let leaky: WithSlope<A> = |x, slope| leaky_relu_with_slope(A::of(0.25), x, slope);
        let quarter = A::of(0.25);
        let z = vec![infinity, max, -max * quarter, -infinity];
        assert_eq!(with_slope(leaky, &large), (z, vec![one, one, quarter, quarter]));
        assert!(with_slope(leaky, &[A::nan()]).0[0].is_nan());
    });
}

#[test]
fn nan_infinities_and_the_largest_numbers() {
    limits::<f32>();
    limits::<f64>();
}

/// At 0 of either sign.
#[test]
fn at_zero() {
    let zero = [0.0, -0.0];
    on_each_isa(|_| {
        let leaky: WithSlope<f64> = |x, slope| leaky_relu_with_slope(0.25, x, slope);
        let expected: [(WithSlope<f64>, f64, f64); 5] = [
            (relu_with_slope, 0.0, 0.0),
            (leaky, 0.0, 0.25),
            (sigmoid_with_slope, 0.5, 0.25),
            (tanh_with_slope, 0.0, 1.0),
            (gelu_with_slope, 0.0, 0.5),
        ];
        for (kernel, z, slope) in expected {
            assert_eq!(with_slope(kernel, &zero), (vec![z; 2], vec![slope; 2]));
        }
        let (tanh, _) = with_slope(tanh_with_slope, &zero);
        assert!(tanh[0].is_sign_positive() && tanh[1].is_sign_negative());
    });
}

/// One activation: out of place, in place and with its slope.
struct Forms<A> {
    fresh: fn(&[A], &mut [A]),
    inplace: fn(&mut [A]),
    with_slope: WithSlope<A>,
}

impl<A: Float> Forms<A> {
    const LEAK: f64 = -0.375;

    fn all() -> [Self; 5] {
        [
            Self { fresh: relu, inplace: relu_inplace, with_slope: relu_with_slope },
            Self {
                fresh: |x, z| leaky_relu(A::of(Self::LEAK), x, z),
                inplace: |x| leaky_relu_inplace(A::of(Self::LEAK), x),
                with_slope: |x, slope| leaky_relu_with_slope(A::of(Self::LEAK), x, slope),
            },
            Self { fresh: sigmoid, inplace: sigmoid_inplace, with_slope: sigmoid_with_slope },
            Self { fresh: tanh, inplace: tanh_inplace, with_slope: tanh_with_slope },
            Self { fresh: gelu, inplace: gelu_inplace, with_slope: gelu_with_slope },
        ]
    }
}

/// The very same numbers, at any length and alignment: whatever the compiler does with a loop's ends.
fn forms_agree<A: Float>() {
    // The length that is streamed takes long enough at one alignment.
    let cases = LENGTHS.into_iter().flat_map(|length| [(length, 1), (length, 0), (length, 3)]);
    let cases: Vec<_> = cases.filter(|&(length, shift)| length < 2000 || shift == 1).collect();
    on_each_isa(|isa| {
        for &(length, shift) in &cases {
            let x: Vec<A> = numbers(length + shift, 1);
            let x = &x[shift..];
            for (number, Forms { fresh, inplace, with_slope: trained }) in
                Forms::all().into_iter().enumerate()
            {
                let case = format!("{isa:?}, {number}: {length} + {shift}");
                let mut results = vec![A::nan(); length + shift];
                fresh(x, &mut results[shift..]);
                let (z, slope) = with_slope(trained, x);
                assert!(z == results[shift..], "{case}");
                results[shift..].copy_from_slice(x);
                inplace(&mut results[shift..]);
                assert!(z == results[shift..], "{case}");
                // Each one alone; of a long slice the last ones, which no whole register holds.
                for place in length.saturating_sub(40)..length {
                    let (one_z, one_slope) = with_slope(trained, &x[place..=place]);
                    assert!(one_z[0] == z[place] && one_slope[0] == slope[place], "{case}, at {place}");
                }
            }
        }
    });
}

#[test]
fn every_form_gives_the_same_numbers() {
    forms_agree::<f32>();
    forms_agree::<f64>();
}

/// Arithmetic that is exact or rounded once gives the very same numbers as a plain loop.
fn plain_arithmetic<A: Float>() {
    let (zero, one, leak) = (A::zero(), A::one(), A::of(Forms::<A>::LEAK));
    on_each_isa(|_| {
        for length in LENGTHS {
            let [x, dz]: [Vec<A>; 2] = [1, 2].map(|seed| numbers(length, seed));
            let is = |found: &[A], f: &dyn Fn(usize) -> A| found.iter().enumerate().all(|(k, &z)| z == f(k));

            let (z, slope) = with_slope(relu_with_slope, &x);
            assert!(is(&z, &|k| x[k].max(zero)), "{length}");
            assert!(is(&slope, &|k| if x[k] > zero { one } else { zero }), "{length}");
            let (z, slope) = with_slope(Forms::all()[1].with_slope, &x);
            assert!(is(&z, &|k| if x[k] > zero { x[k] } else { leak * x[k] }), "{length}");
            assert!(is(&slope, &|k| if x[k] > zero { one } else { leak }), "{length}");
            let (z, slope) = with_slope(sigmoid_with_slope, &x);
            assert!(is(&slope, &|k| z[k] * (one - z[k])), "{length}");

            let (mut dx, mut sum) = (vec![A::nan(); length], vec![one; length]);
            multiply(&dz, &x, &mut dx);
            assert!(is(&dx, &|k| dz[k] * x[k]), "{length}");
            let mut gated = dz.clone();
            multiply_and_sum(&x, &mut gated, &mut sum);
            assert!(gated == dx && is(&sum, &|k| one + dx[k]), "{length}");
        }
    });
}

#[test]
fn arithmetic_is_that_of_a_plain_loop() {
    plain_arithmetic::<f32>();
    plain_arithmetic::<f64>();
}
