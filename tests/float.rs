//! Generic code over [`Float`]: no method that numbers have elsewhere is shadowed or made ambiguous by what the trait
//! is sealed with.

use blasnet::Float;
use ndarray::{Array1, Array2, NdFloat};

/// Each method, called on a value and by its path, gives what the type itself gives.
macro_rules! each {
    ($($method:ident($($argument:literal),*))*) => {
        #[test]
        fn methods_are_those_of_the_number() {
            fn check<A: Float>(number: fn(f64) -> A) {
                let x = A::of(0.75);
                $(
                    let (method, path) = (x.$method($(A::of($argument)),*), A::$method(x, $(A::of($argument)),*));
                    assert_eq!(method, path);
                    let expected = 0.75_f64.$method($($argument),*);
                    let close = (method.as_f64() - expected).abs() <= 1e-6 * expected.abs();
                    assert!(close, "{}: {method}, expected {expected}", stringify!($method));
                )*
                assert_eq!(number(0.75), x);
            }
            check::<f32>(f32::of);
            check::<f64>(f64::of);
        }
    };
}

each! {
    exp() exp2() exp_m1() ln() ln_1p() log2() log10() log(3.0) sqrt() cbrt() recip() powf(1.5)
    sin() cos() tan() asin() acos() atan() sinh() cosh() tanh() asinh() atanh() atan2(2.0) hypot(2.0)
    abs() signum() floor() ceil() round() trunc() fract() to_degrees() to_radians() copysign(-1.0)
    max(2.0) min(2.0) clamp(1.0, 2.0) mul_add(2.0, 3.0)
}

/// What has another signature, and constants and conversions.
fn others<A: Float>() {
    let x = A::of(1.5);
    assert_eq!(x.acosh(), A::acosh(x));
    assert_eq!((x.powi(2), A::powi(x, 2)), (A::of(2.25), A::of(2.25)));
    assert_eq!(x.sin_cos(), (x.sin(), x.cos()));
    assert!(x.is_finite() && x.is_normal() && x.is_sign_positive());
    assert!(!x.is_nan() && !x.is_infinite() && !x.is_sign_negative() && !x.is_subnormal());
    assert_eq!(x.classify(), std::num::FpCategory::Normal);
    assert_eq!(x.integer_decode().2, 1);
    assert_eq!((x.is_zero(), A::zero().is_zero(), A::one().is_one()), (false, true, true));
    assert!(A::nan().is_nan() && A::infinity() > A::max_value() && A::neg_infinity() < A::min_value());
    assert!(A::epsilon() > A::min_positive_value() && A::neg_zero() == A::default());
    assert_eq!((x.to_f64(), x.to_usize(), A::from(3)), (Some(1.5), Some(1), Some(A::of(3.0))));
    assert_eq!((x + x, x * x, -x, x % A::one()), (A::of(3.0), A::of(2.25), A::of(-1.5), A::of(0.5)));

    let mut sum = A::zero();
    sum += x;
    assert_eq!([x, x].into_iter().sum::<A>(), sum + x);
    assert_eq!(A::sum([x, x].into_iter()), sum + x);
    assert_eq!(format!("{x} {x:?} {x:e}"), "1.5 1.5 1.5e0");
}

#[test]
fn constants_and_conversions_are_those_of_the_number() {
    others::<f32>();
    others::<f64>();
}

/// An array's maths in generic code, as a user writes it.
fn softmax<A: Float>(z: &Array2<A>) -> Array1<A> {
    let power = z.exp();
    assert_eq!(power, z.mapv(A::exp));
    assert_eq!(z.tanh(), z.mapv(|z| z.tanh()));
    assert_eq!(z.dot(z).sum(), z.dot(z).iter().copied().sum());
    (&power / power.sum()).iter().copied().collect()
}

#[test]
fn arrays_in_generic_code() {
    let shares = softmax(&Array2::from_elem((2, 2), 0.5_f32));
    assert_eq!(shares, Array1::from_elem(4, 0.25));
    assert_eq!(softmax(&Array2::from_elem((2, 2), 0.5_f64)).sum(), 1.0);
}

/// The trait can stand where ndarray's is asked for.
#[test]
fn a_float_is_ndarrays() {
    fn logistic<A: NdFloat>(x: A) -> A {
        A::one() / (A::one() + (-x).exp())
    }
    fn generic<A: Float>() -> A {
        logistic(A::zero())
    }
    assert_eq!((generic::<f32>(), generic::<f64>()), (0.5, 0.5));
}
