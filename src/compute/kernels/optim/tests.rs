//! Updates against their formulas in f64, with each instruction set that this processor has.

use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

use super::super::on_each_isa;
use super::*;
use crate::compute::kernels::tests::random;

/// Around vectors, and none.
const LENGTHS: [usize; 9] = [0, 1, 2, 7, 15, 16, 17, 33, 100];

/// Settings without a round number among them.
const RATE: f64 = 0.013;
const DECAY: f64 = 0.21;
const MOMENTUM: f64 = 0.87;
const ALPHA: f64 = 0.93;
const BETA: f64 = 0.981;
const CORRECTION: f64 = 1.7;
const EPSILON: f64 = 1e-3;

/// Holds `kernel`, on slices of parameters, gradient and kept numbers, to `formula` on one of each in f64, and
/// to itself: every instruction set gives the same bits.
fn check<A: Float, const N: usize>(
    name: &str,
    kernel: impl Fn(&mut [A], &[A], [&mut [A]; N]),
    formula: impl Fn(f64, f64, [f64; N]) -> (f64, [f64; N]),
) {
    for length in LENGTHS {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(length as u64);
        let (w, dw) = (random::<A>(length, &mut rng), random::<A>(length, &mut rng));
        // What is kept is a square or as small as a velocity of the last steps, and a square is above a mean's.
        let kept: [Box<[A]>; N] = array::from_fn(|k| {
            random::<A>(length, &mut rng).iter().map(|&x| if k == 0 { x * x + A::one() } else { x }).collect()
        });
        let mut first = None;
        on_each_isa(|isa| {
            let (mut w_after, mut kept_after) = (w.clone(), kept.clone());
            kernel(&mut w_after, &dw, kept_after.each_mut().map(|kept| &mut **kept));
            for place in 0..length {
                let before = array::from_fn(|k| kept[k][place].as_f64());
                let (w, kept) = formula(w[place].as_f64(), dw[place].as_f64(), before);
                let found = [w_after[place]].into_iter().chain(kept_after.iter().map(|kept| kept[place]));
                for (found, expected) in found.zip([w].into_iter().chain(kept)) {
                    let error = (found.as_f64() - expected).abs() / expected.abs().max(1.0);
                    assert!(
                        error <= 8.0 * A::epsilon().as_f64(),
                        "{name}, {isa:?}, place {place} of {length}: {found}, expected {expected}"
                    );
                }
            }
            let after = (w_after, kept_after);
            assert!(*first.get_or_insert_with(|| after.clone()) == after, "{name}, {isa:?}, {length}");
        });
    }
}

fn sgd_is_its_formula<A: Float>() {
    check::<A, 0>(
        "sgd",
        |w, dw, []| sgd(w, dw, A::of(RATE), A::of(DECAY)),
        |w, dw, []| (w - RATE * (dw + DECAY * w), []),
    );
    for nesterov in [false, true] {
        let step =
            SgdStep { rate: A::of(RATE), weight_decay: A::of(DECAY), momentum: A::of(MOMENTUM), nesterov };
        check::<A, 1>(
            "sgd_with_momentum",
            |w, dw, [velocity]| sgd_with_momentum(w, dw, velocity, step),
            |w, dw, [velocity]| {
                let dw = dw + DECAY * w;
                let velocity = MOMENTUM * velocity + dw;
                let way = if nesterov { dw + MOMENTUM * velocity } else { velocity };
                (w - RATE * way, [velocity])
            },
        );
    }
}

fn ada_grad_is_its_formula<A: Float>() {
    let step = AdaGradStep { rate: A::of(RATE), weight_decay: A::of(DECAY), epsilon: A::of(EPSILON) };
    check::<A, 1>(
        "ada_grad",
        |w, dw, [sum]| ada_grad(w, dw, sum, step),
        |w, dw, [sum]| {
            let sum = sum + (dw + DECAY * w).powi(2);
            (w - RATE * (dw + DECAY * w) / (sum.sqrt() + EPSILON), [sum])
        },
    );
}

/// w, s, m and v after RMSProp's step; m is 0 where it is not centred.
fn rms_prop_in_f64(w: f64, dw: f64, [square, mean, velocity]: [f64; 3], centered: bool) -> [f64; 4] {
    let dw = dw + DECAY * w;
    let square = ALPHA * square + (1.0 - ALPHA) * dw * dw;
    let mean = if centered { ALPHA * mean + (1.0 - ALPHA) * dw } else { 0.0 };
    let velocity = MOMENTUM * velocity + dw / ((square - mean * mean).sqrt() + EPSILON);
    [w - RATE * velocity, square, mean, velocity]
}

fn rms_prop_is_its_formula<A: Float>() {
    let step = RmsPropStep {
        rate: A::of(RATE),
        weight_decay: A::of(DECAY),
        momentum: A::of(MOMENTUM),
        mean: Mean::new(ALPHA),
        epsilon: A::of(EPSILON),
    };
    check::<A, 1>(
        "rms_prop",
        |w, dw, [square]| rms_prop(w, dw, square, step),
        |w, dw, [square]| {
            let [w, square, ..] = rms_prop_in_f64(w, dw, [square, 0.0, 0.0], false);
            (w, [square])
        },
    );
    check::<A, 2>(
        "rms_prop_with_momentum",
        |w, dw, [square, velocity]| rms_prop_with_momentum(w, dw, square, velocity, step),
        |w, dw, [square, velocity]| {
            let [w, square, _, velocity] = rms_prop_in_f64(w, dw, [square, 0.0, velocity], false);
            (w, [square, velocity])
        },
    );
    check::<A, 2>(
        "centered_rms_prop",
        |w, dw, [square, mean]| centered_rms_prop(w, dw, square, mean, step),
        |w, dw, [square, mean]| {
            let [w, square, mean, _] = rms_prop_in_f64(w, dw, [square, mean, 0.0], true);
            (w, [square, mean])
        },
    );
    check::<A, 3>(
        "centered_rms_prop_with_momentum",
        |w, dw, [square, mean, velocity]| {
            centered_rms_prop_with_momentum(w, dw, square, mean, velocity, step);
        },
        |w, dw, kept| {
            let [w, square, mean, velocity] = rms_prop_in_f64(w, dw, kept, true);
            (w, [square, mean, velocity])
        },
    );
}

fn adam_is_its_formula<A: Float>() {
    let step = AdamStep {
        rate: A::of(RATE),
        weight_decay: A::of(DECAY),
        shrink: A::of(1.0 - RATE * DECAY),
        first: Mean::new(ALPHA),
        second: Mean::new(BETA),
        correction: A::of(CORRECTION),
        epsilon: A::of(EPSILON),
    };
    // The kept number that is a square comes first there.
    check::<A, 2>(
        "adam",
        |w, dw, [second, first]| adam(w, dw, first, second, step),
        |w, dw, [second, first]| {
            let dw = dw + DECAY * w;
            let first = ALPHA * first + (1.0 - ALPHA) * dw;
            let second = BETA * second + (1.0 - BETA) * dw * dw;
            let size = second.sqrt() * CORRECTION + EPSILON;
            ((1.0 - RATE * DECAY) * w - RATE * first / size, [second, first])
        },
    );
}

#[test]
fn updates_of_f32_are_their_formulas() {
    sgd_is_its_formula::<f32>();
    ada_grad_is_its_formula::<f32>();
    rms_prop_is_its_formula::<f32>();
    adam_is_its_formula::<f32>();
}

#[test]
fn updates_of_f64_are_their_formulas() {
    sgd_is_its_formula::<f64>();
    ada_grad_is_its_formula::<f64>();
    rms_prop_is_its_formula::<f64>();
    adam_is_its_formula::<f64>();
}

fn what_has_faded_is_0<A: Float>() {
    let small = A::min_positive_value();
    let (momentum, mean) = (A::of(0.5), Mean::new(0.5));
    let (rate, weight_decay, epsilon) = (A::one(), A::zero(), A::one());
    on_each_isa(|isa| {
        for (before, after) in
            [(small, A::zero()), (-small, A::zero()), (small + small, small), (A::nan(), A::nan())]
        {
            let check = |name: &str, kernel: &dyn Fn(&mut [A], &mut [A])| {
                // As many as are done in vectors, and one more.
                let (mut kept, mut square) = ([before; 33], [A::one(); 33]);
                kernel(&mut kept, &mut square);
                let right = |kept: A| kept == after || kept.is_nan() && after.is_nan();
                assert!(kept.into_iter().all(right), "{name}, {isa:?}: {before:e} to {kept:?}");
            };
            let (w, dw) = ([A::zero(); 33], [A::zero(); 33]);
            let sgd = SgdStep { rate, weight_decay, momentum, nesterov: false };
            check("sgd", &|velocity, _| sgd_with_momentum(&mut w.clone(), &dw, velocity, sgd));
            let rms_prop = RmsPropStep { rate, weight_decay, momentum, mean, epsilon };
            check("velocity", &|velocity, square| {
                rms_prop_with_momentum(&mut w.clone(), &dw, square, velocity, rms_prop);
            });
            check("mean", &|mean, square| centered_rms_prop(&mut w.clone(), &dw, square, mean, rms_prop));
            let (shrink, correction) = (A::one(), A::one());
            let adam_step =
                AdamStep { rate, weight_decay, shrink, first: mean, second: mean, correction, epsilon };
            check("adam", &|first, second| adam(&mut w.clone(), &dw, first, second, adam_step));
        }
    });
}

#[test]
fn means_and_velocities_of_both_types_do_not_end_among_the_denormals() {
    what_has_faded_is_0::<f32>();
    what_has_faded_is_0::<f64>();
}

/// In f64 for both types, and the same bits with every instruction set.
fn squares_are_added_up_in_f64<A: Float>() {
    for length in LENGTHS {
        let x = random::<A>(length, &mut Xoshiro256PlusPlus::seed_from_u64(length as u64));
        let expected: f64 = x.iter().map(|x| x.as_f64().powi(2)).sum();
        let mut first = None;
        on_each_isa(|isa| {
            let found = sum_of_squares(&x);
            assert!((found - expected).abs() <= 1e-15 * expected * length as f64, "{isa:?}, {length}");
            assert_eq!(*first.get_or_insert(found), found, "{isa:?}, {length}");
        });
    }
}

#[test]
fn squares_of_both_types_are_added_up_in_f64() {
    squares_are_added_up_in_f64::<f32>();
    squares_are_added_up_in_f64::<f64>();
}

/// Rounded one by one: the same bits with every instruction set.
#[test]
fn approach_is_that_of_a_plain_loop() {
    on_each_isa(|isa| {
        for length in LENGTHS {
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(length as u64);
            let (x, target) = (random::<f32>(length, &mut rng), random::<f32>(length, &mut rng));
            let mut found = x.clone();
            approach(&mut found, &target, 0.3);
            let expected: Box<[f32]> =
                x.iter().zip(&target).map(|(&x, &target)| x + 0.3 * (target - x)).collect();
            assert_eq!(found, expected, "{isa:?}");
        }
    });
}

#[test]
fn scale_and_clamp_are_those_of_a_plain_loop() {
    on_each_isa(|isa| {
        for length in LENGTHS {
            let x = random::<f32>(length, &mut Xoshiro256PlusPlus::seed_from_u64(length as u64));
            let after = |kernel: &dyn Fn(&mut [f32])| {
                let mut after = x.clone();
                kernel(&mut after);
                after
            };
            let scaled: Box<[f32]> = x.iter().map(|x| 0.3 * x).collect();
            assert_eq!(after(&|x| scale(x, 0.3)), scaled, "{isa:?}");
            let clamped: Box<[f32]> = x.iter().map(|x| x.clamp(-0.5, 0.5)).collect();
            assert_eq!(after(&|x| clamp(x, 0.5)), clamped, "{isa:?}");
        }
    });
}
