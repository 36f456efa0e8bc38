//! Optimisers, schedules and clipping against PyTorch's, whose values optimizers/make.py makes, and what holds for
//! each optimiser whatever its formula.

mod common;
#[path = "optimizers/decay.rs"]
mod decay;
#[path = "optimizers/ranges.rs"]
mod ranges;

use blasnet::{
    AdaGrad, Adam, AdamW, Clipped, Error, Float, Layout, Optimizer, Result, RmsProp, Schedule, Scheduled, Sgd,
};
use common::{pool, random};

const VALUES: &str = include_str!("optimizers/values.txt");

/// The optimisers of make.py, by its names.
fn runs<A: Float>() -> Vec<(&'static str, Box<dyn Optimizer<A> + Send>)> {
    let step = Schedule::Step { every: 3, factor: 0.5 };
    let rms_prop = || RmsProp::new(0.01);
    vec![
        ("sgd", Box::new(Sgd::new(0.1))),
        ("sgd-decay", Box::new(Sgd::new(0.1).weight_decay(0.25))),
        ("sgd-momentum", Box::new(Sgd::new(0.1).momentum(0.9))),
        ("sgd-nesterov", Box::new(Sgd::new(0.1).momentum(0.9).nesterov().weight_decay(0.25))),
        ("adagrad", Box::new(AdaGrad::new(0.1))),
        ("adagrad-decay", Box::new(AdaGrad::new(0.1).weight_decay(0.25).epsilon(1e-2))),
        ("rmsprop", Box::new(rms_prop())),
        ("rmsprop-momentum", Box::new(rms_prop().alpha(0.9).momentum(0.9))),
        ("rmsprop-centered", Box::new(rms_prop().epsilon(1e-3).centered())),
        (
            "rmsprop-all",
            Box::new(rms_prop().alpha(0.9).epsilon(1e-3).momentum(0.5).weight_decay(0.25).centered()),
        ),
        ("adam", Box::new(Adam::new(0.1))),
        ("adam-decay", Box::new(Adam::new(0.1).betas(0.8, 0.95).epsilon(1e-4).weight_decay(0.25))),
        ("adamw", Box::new(AdamW::new(0.1))),
        ("adamw-decay", Box::new(AdamW::new(0.1).betas(0.8, 0.95).epsilon(1e-4).weight_decay(0.25))),
        ("sgd-clip-norm", Box::new(Clipped::by_norm(Sgd::new(0.1).momentum(0.9), 1.5))),
        ("adam-clip-value", Box::new(Clipped::by_value(Adam::new(0.1), 0.25))),
        ("sgd-step", Box::new(Scheduled::new(Sgd::new(0.1).momentum(0.9), step))),
        ("adamw-warm-cosine", Box::new(Scheduled::new(AdamW::new(0.1), warm_cosine()))),
    ]
}

fn warm_cosine() -> Schedule {
    Schedule::Cosine { steps: 6, floor: 0.1 }.after_warm_up(3)
}

/// The values of make.py's line that begins so.
fn values(beginning: &str) -> Vec<f64> {
    let line = VALUES.lines().find_map(|line| line.strip_prefix(beginning)?.strip_prefix(' '));
    let line = line.unwrap_or_else(|| panic!("no line for {beginning}"));
    line.split(' ').map(|value| value.parse().expect("a number")).collect()
}

/// make.py's function: its gradient by w: [2, 3] and b: [3] in this step.
fn gradient<A: Float>(parameters: &[A], step: usize) -> Vec<A> {
    let pull = |k| if k == 0 { 0.0 } else { ((7 * k + 3 * step) % 11) as f64 / 8.0 - 0.625 };
    let bent = |k: usize| A::of(pull(k)) + A::of((k % 4) as f64 / 4.0) * parameters[k];
    let link = [0.0, 0.5, -1.0].map(A::of);
    let by_w = (0..6).map(|k| bent(k) + link[k % 3] * parameters[6 + k % 3]);
    let by_b = (0..3).map(|k| bent(6 + k) + link[k] * (parameters[k] + parameters[3 + k]));
    by_w.chain(by_b).collect()
}

fn ten_steps_as_in_pytorch<A: Float>(type_name: &str, tolerance: f64) -> Result<()> {
    let layout = Layout::new([("w", vec![2, 3]), ("b", vec![3])]);
    for (name, mut optimizer) in runs::<A>() {
        let mut parameters: Vec<A> = (0..9).map(|k| A::of((5 * k % 9) as f64 / 4.0 - 1.0)).collect();
        for step in 0..10 {
            let mut gradient = gradient(&parameters, step);
            optimizer.step(&mut parameters, &mut gradient, &layout)?;
            if [0, 1, 9].contains(&step) {
                let expected = values(&format!("{name} {type_name} {}", step + 1));
                assert_eq!(expected.len(), parameters.len());
                for (place, (found, expected)) in parameters.iter().zip(expected).enumerate() {
                    let error = (found.as_f64() - expected).abs() / expected.abs().max(1.0);
                    assert!(
                        error <= tolerance,
                        "{name}, {type_name}, step {step}, place {place}: {found}, PyTorch has {expected}"
                    );
                }
            }
        }
    }
    Ok(())
}

#[test]
fn ten_steps_in_f64_as_in_pytorch() -> Result<()> {
    ten_steps_as_in_pytorch::<f64>("f64", 1e-13)
}

#[test]
fn ten_steps_in_f32_as_in_pytorch() -> Result<()> {
    ten_steps_as_in_pytorch::<f32>("f32", 1e-6)
}

#[test]
fn every_run_of_pytorch_is_compared() {
    let names = runs::<f32>().into_iter().map(|(name, _)| name);
    let lines = 6 * names.count() + 4;
    assert_eq!(VALUES.lines().count(), lines);
}

#[test]
fn rates_are_those_of_pytorch() -> Result<()> {
    let schedules = [
        ("step rates 12", Schedule::Step { every: 3, factor: 0.5 }),
        ("linear rates 12", Schedule::Linear { steps: 7, floor: 0.25 }),
        ("cosine rates 12", Schedule::Cosine { steps: 11, floor: 0.1 }),
        ("warm-cosine rates 10", warm_cosine()),
    ];
    let layout = Layout::new([("w", vec![1])]);
    for (line, schedule) in schedules {
        let mut optimizer = Scheduled::new(Adam::new(2.0), schedule.clone());
        for (step, expected) in values(line).into_iter().enumerate() {
            let factor = schedule.factor(step as u64);
            assert!((factor - expected).abs() < 1e-14, "{line}: {factor}, PyTorch has {expected}");
            assert_eq!(optimizer.learning_rate(), 2.0 * factor);
            optimizer.step(&mut [0.0], &mut [1.0], &layout)?;
        }
    }
    Ok(())
}

/// Beyond its last step a schedule stays where it is.
#[test]
fn schedules_end_at_their_floor() {
    for schedule in [Schedule::Cosine { steps: 6, floor: 0.125 }, Schedule::Linear { steps: 6, floor: 0.125 }]
    {
        assert_eq!([6, 7, u64::MAX].map(|step| schedule.factor(step)), [0.125; 3]);
        assert!(schedule.factor(5) > 0.125);
    }
    assert_eq!(Schedule::default().factor(u64::MAX), 1.0);
    assert_eq!(Schedule::Constant.after_warm_up(0).factor(0), 1.0);
}

/// Parameters after three steps by gradients that change.
fn three_steps<A: Float>(optimizer: &mut dyn Optimizer<A>, start: &[A], gradients: &[Vec<A>]) -> Vec<A> {
    let layout = Layout::new([("w", vec![start.len()])]);
    let mut parameters = start.to_vec();
    for gradient in gradients {
        optimizer.step(&mut parameters, &mut gradient.clone(), &layout).expect("all fits");
    }
    parameters
}

fn numbers<A: Float>(length: usize, seed: u64) -> Vec<A> {
    random(1, length, seed).into_raw_vec_and_offset().0
}

/// Vectors, what is left of them, and pieces: none of them shows.
fn each_parameter_changes_as_it_would_alone<A: Float>() {
    for length in [0, 1, 2, 7, 15, 16, 17, 63, 65] {
        let start = numbers::<A>(length, 1);
        let gradients = [2, 3, 4].map(|seed| numbers::<A>(length, seed));
        // The norm is that of all parameters.
        for (number, (name, mut optimizer)) in runs::<A>().into_iter().enumerate() {
            if name == "sgd-clip-norm" {
                continue;
            }
            let found = three_steps(&mut optimizer, &start, &gradients);
            for place in 0..length {
                let (_, mut alone) = runs::<A>().swap_remove(number);
                let gradients = gradients.clone().map(|gradient| vec![gradient[place]]);
                let expected = three_steps(&mut alone, &start[place..=place], &gradients);
                assert_eq!(found[place], expected[0], "{name}, place {place} of {length}");
            }
        }
    }
}

#[test]
fn each_parameter_of_f64_changes_as_it_would_alone() {
    each_parameter_changes_as_it_would_alone::<f64>();
}

#[test]
fn each_parameter_of_f32_changes_as_it_would_alone() {
    each_parameter_changes_as_it_would_alone::<f32>();
}

fn any_number_of_threads_gives_the_same_bits<A: Float>() {
    // Enough for three pieces, and two more.
    let length = 3 << 17 | 5;
    let start = numbers::<A>(length, 1);
    let gradients = [2, 3].map(|seed| numbers::<A>(length, seed));
    for (number, (name, mut optimizer)) in runs::<A>().into_iter().enumerate() {
        let expected = pool(1).install(|| three_steps(&mut optimizer, &start, &gradients));
        for threads in [2, 3, 7] {
            let (_, mut optimizer) = runs::<A>().swap_remove(number);
            let found = pool(threads).install(|| three_steps(&mut optimizer, &start, &gradients));
            assert!(found == expected, "{name} on {threads} threads");
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits_of_f32() {
    any_number_of_threads_gives_the_same_bits::<f32>();
}

/// Here a norm's last bit shows.
#[test]
fn any_number_of_threads_gives_the_same_bits_of_f64() {
    any_number_of_threads_gives_the_same_bits::<f64>();
}

/// A norm is that of the exact sum, and a gradient within the limit stays as it is.
#[test]
fn clipping_shrinks_to_the_norm_and_leaves_smaller_gradients_alone() -> Result<()> {
    for length in [1, 15, 16, 17, 1000, 3 << 17] {
        let layout = Layout::new([("w", vec![length])]);
        let gradient = numbers::<f32>(length, 5);
        let norm = |x: &[f32]| x.iter().map(|x| x.as_f64().powi(2)).sum::<f64>().sqrt();
        let whole = norm(&gradient);
        let clipped = |max: f64| -> Result<Vec<f32>> {
            let mut clipped = gradient.clone();
            let mut parameters = vec![0.0; length];
            Clipped::by_norm(Sgd::new(1.0), max).step(&mut parameters, &mut clipped, &layout)?;
            Ok(parameters.into_iter().map(|w| -w).collect())
        };
        let found = norm(&clipped(0.5 * whole)?);
        assert!((found / (0.5 * whole) - 1.0).abs() < 2e-6, "{found}, expected half of {whole}");
        assert!(clipped(whole + 2e-6)? == gradient);
    }
    Ok(())
}

#[test]
fn clipping_by_value_keeps_nan_and_the_sign() -> Result<()> {
    let layout = Layout::new([("w", vec![6])]);
    let mut w = [0.0_f64; 6];
    let mut gradient = [f64::INFINITY, f64::NEG_INFINITY, 2.5, -2.0, 0.5, f64::NAN];
    Clipped::by_value(Sgd::new(1.0), 2.0).step(&mut w, &mut gradient, &layout)?;
    assert_eq!(w[..5], [-2.0, 2.0, -2.0, 2.0, -0.5]);
    assert!(w[5].is_nan());
    Ok(())
}

/// A constant gradient has a variance of 0, which rounding must not make negative.
#[test]
fn centered_rms_prop_of_a_constant_gradient_stays_finite() -> Result<()> {
    let layout = Layout::new([("w", vec![40])]);
    let mut w = [0.0_f32; 40];
    let mut rms_prop = RmsProp::new(1e-9).alpha(0.5).centered();
    for _ in 0..100 {
        let mut gradient = [0.0; 40];
        gradient.iter_mut().enumerate().for_each(|(k, dw)| *dw = 0.1 * k as f32);
        rms_prop.step(&mut w, &mut gradient, &layout)?;
    }
    assert!(w.iter().all(|w| w.is_finite()));
    Ok(())
}

#[test]
fn only_plain_sgd_has_a_plain_rate() -> Result<()> {
    assert_eq!(Sgd::new(0.5).plain_rate()?, Some(0.5_f32));
    assert_eq!(Optimizer::<f32>::plain_rate(&&mut Sgd::new(0.5))?, Some(0.5));
    for (name, optimizer) in runs::<f64>() {
        assert_eq!(optimizer.plain_rate()?, (name == "sgd").then_some(0.1), "{name}");
    }
    let mut scheduled = Scheduled::new(Sgd::new(8.0), Schedule::Step { every: 2, factor: 0.5 });
    let rates = [(); 5].map(|()| {
        let rate = scheduled.plain_rate();
        Optimizer::<f64>::commit(&mut scheduled);
        rate
    });
    assert_eq!(rates.into_iter().collect::<Result<Vec<_>>>()?, [8.0, 8.0, 4.0, 4.0, 2.0].map(Some));
    // What is no plain step is not counted before it is made.
    let scheduled = Scheduled::new(Sgd::new(8.0).momentum(0.5), Schedule::Step { every: 1, factor: 0.5 });
    assert_eq!([scheduled.plain_rate()?, scheduled.plain_rate()?], [None::<f64>; 2]);
    assert_eq!(scheduled.learning_rate(), 8.0);
    Ok(())
}

#[test]
fn a_rate_that_is_set_is_the_next_steps() -> Result<()> {
    let layout = Layout::new([("w", vec![1])]);
    for (name, mut optimizer) in runs::<f64>() {
        optimizer.set_learning_rate(0.0);
        let mut w = [1.0];
        optimizer.step(&mut w, &mut [1.0], &layout)?;
        assert_eq!(w, [1.0], "{name}");
        assert_eq!(optimizer.learning_rate(), 0.0, "{name}");
    }
    let mut scheduled = Scheduled::new(Sgd::new(1.0), Schedule::Step { every: 1, factor: 0.5 });
    Optimizer::<f64>::plain_rate(&scheduled)?;
    Optimizer::<f64>::commit(&mut scheduled);
    scheduled.set_learning_rate(8.0);
    assert_eq!((scheduled.learning_rate(), scheduled.plain_rate()?), (4.0, Some(4.0)));
    Ok(())
}

/// The message of the error that a step gives, after which no parameter has changed.
fn refusal<A: Float>(mut optimizer: impl Optimizer<A>) -> String {
    let mut w = [A::one(); 2];
    let error = optimizer.step(&mut w, &mut [A::one(); 2], &Layout::new([("w", vec![2])]));
    assert_eq!(w, [A::one(); 2]);
    error.expect_err("a setting is wrong").to_string()
}

#[test]
fn settings_that_no_step_can_be_made_with_are_named() {
    let not_negative = "expected a finite f64 that is not negative";
    let below_1 = "expected a number from 0 to below 1";
    for (found, expected) in [
        (refusal::<f64>(Sgd::new(-0.1)), format!("the learning rate is -0.1, {not_negative}")),
        (refusal::<f64>(Sgd::new(f64::NAN)), format!("the learning rate is NaN, {not_negative}")),
        (
            refusal::<f64>(Sgd::new(0.1).weight_decay(-1.0)),
            format!("the weight decay is -1.0, {not_negative}"),
        ),
        (refusal::<f64>(Sgd::new(0.1).momentum(1.0)), format!("the momentum is 1.0, {below_1}")),
        (
            refusal::<f64>(Sgd::new(0.1).nesterov()),
            "Nesterov's momentum is 0.0, expected a number above 0 and below 1".into(),
        ),
        (refusal::<f64>(AdaGrad::new(f64::INFINITY)), format!("the learning rate is inf, {not_negative}")),
        (refusal::<f64>(AdaGrad::new(0.1).epsilon(-1e-8)), format!("epsilon is -1e-8, {not_negative}")),
        (
            refusal::<f64>(AdaGrad::new(0.1).weight_decay(-1.0)),
            format!("the weight decay is -1.0, {not_negative}"),
        ),
        (refusal::<f64>(RmsProp::new(-1.0)), format!("the learning rate is -1.0, {not_negative}")),
        (refusal::<f64>(RmsProp::new(0.1).alpha(1.5)), format!("alpha is 1.5, {below_1}")),
        (refusal::<f64>(RmsProp::new(0.1).epsilon(f64::NAN)), format!("epsilon is NaN, {not_negative}")),
        (refusal::<f64>(RmsProp::new(0.1).momentum(-0.5)), format!("the momentum is -0.5, {below_1}")),
        (
            refusal::<f64>(RmsProp::new(0.1).weight_decay(-1.0)),
            format!("the weight decay is -1.0, {not_negative}"),
        ),
        (refusal::<f64>(Adam::new(-1.0)), format!("the learning rate is -1.0, {not_negative}")),
        (refusal::<f64>(Adam::new(0.1).betas(1.0, 0.5)), format!("beta1 is 1.0, {below_1}")),
        (refusal::<f64>(Adam::new(0.1).betas(0.5, f64::NAN)), format!("beta2 is NaN, {below_1}")),
        (refusal::<f64>(Adam::new(0.1).epsilon(-1.0)), format!("epsilon is -1.0, {not_negative}")),
        (
            refusal::<f64>(Adam::new(0.1).weight_decay(-1.0)),
            format!("the weight decay is -1.0, {not_negative}"),
        ),
        (
            refusal::<f64>(AdamW::new(0.1).weight_decay(-1.0)),
            format!("the weight decay is -1.0, {not_negative}"),
        ),
        // What f64 has a number for, f32 may not.
        (
            refusal::<f32>(Adam::new(1e39)),
            "the learning rate is 1e39, expected a finite f32 that is not negative".into(),
        ),
        (
            refusal::<f32>(Clipped::by_norm(Sgd::new(0.1), 0.0)),
            "the largest norm is 0.0, expected a finite f32 above 0".into(),
        ),
        (
            refusal::<f64>(Clipped::by_value(Sgd::new(0.1), f64::NAN)),
            "the largest value is NaN, expected a finite f64 above 0".into(),
        ),
        (
            refusal::<f64>(Scheduled::new(Sgd::new(0.1), Schedule::Step { every: 0, factor: 0.5 })),
            "the schedule's `every` is 0, expected at least 1 step".into(),
        ),
        (
            refusal::<f64>(Scheduled::new(Sgd::new(0.1), Schedule::Step { every: 1, factor: -0.5 })),
            "the schedule's factor is -0.5, expected a finite f64 above 0".into(),
        ),
        (
            refusal::<f64>(Scheduled::new(Sgd::new(0.1), Schedule::Cosine { steps: 0, floor: 0.5 })),
            "the schedule's length is 0, expected at least 1 step".into(),
        ),
        (
            refusal::<f64>(Scheduled::new(
                Sgd::new(0.1),
                Schedule::Linear { steps: 1, floor: 1.5 }.after_warm_up(3),
            )),
            "the schedule's floor is 1.5, expected a number from 0 to 1".into(),
        ),
    ] {
        assert_eq!(found, expected);
    }
}

/// A network asks for the plain rate first: it is checked there too.
#[test]
fn a_plain_rate_is_checked() {
    assert!(Optimizer::<f32>::plain_rate(&Sgd::new(-0.1)).is_err());
    let every_0 = Schedule::Step { every: 0, factor: 0.5 };
    assert!(Optimizer::<f32>::plain_rate(&Scheduled::new(Sgd::new(0.1), every_0)).is_err());
}

#[test]
fn a_norm_that_is_not_finite_is_an_error() {
    for bad in [f64::NAN, f64::INFINITY] {
        let mut w = [1.0; 2];
        let step = Clipped::by_norm(Sgd::new(0.1), 1.0).step(
            &mut w,
            &mut [0.0, bad],
            &Layout::new([("w", vec![2])]),
        );
        let message = step.expect_err("the norm is not finite").to_string();
        assert_eq!(message, format!("the gradient's norm is {bad:?}, expected a finite number"));
        assert_eq!(w, [1.0; 2]);
    }
}

#[test]
fn slices_that_are_not_as_long_as_the_layout_are_refused() {
    let layout = Layout::new([("w", vec![2, 2]), ("b", vec![2])]);
    for (name, mut optimizer) in runs::<f32>() {
        for (parameters, gradient, what, found) in [(5, 6, "parameters", 5), (6, 7, "gradient", 7)] {
            let (mut parameters, mut gradient) = (vec![1.0; parameters], vec![1.0; gradient]);
            let step = optimizer.step(&mut parameters, &mut gradient, &layout);
            let Err(Error::Shape { what: named, found: length, expected, .. }) = step else {
                panic!("{name}: {step:?}");
            };
            assert_eq!((named, length, &*expected), (what, vec![found], "[6], the elements of the layout"));
            assert!(parameters.iter().all(|&w| w == 1.0));
        }
    }
}

#[test]
fn another_layout_needs_another_optimiser() -> Result<()> {
    let layout = Layout::new([("w", vec![2, 2]), ("b", vec![2])]);
    let mut adam = Adam::new(0.1);
    adam.step(&mut [1.0; 6], &mut [1.0; 6], &layout)?;
    let before = "as in this optimiser's steps before; other parameters need a new optimiser";
    for (other, difference) in [
        (vec![("w", vec![2, 2]), ("b", vec![1, 2])], "`b` of shape [1, 2], expected `b` of shape [2]"),
        (vec![("v", vec![2, 2]), ("b", vec![2])], "`v` of shape [2, 2], expected `w` of shape [2, 2]"),
        (vec![("w", vec![2, 2])], "missing, expected `b` of shape [2]"),
        (vec![("w", vec![2, 2]), ("b", vec![2]), ("c", vec![0])], "`c` of shape [0], expected none"),
    ] {
        let other = Layout::new(other);
        let mut w = vec![1.0; other.len()];
        let step = adam.step(&mut w, &mut vec![1.0; other.len()], &other);
        let message = step.expect_err("the state is for other parameters").to_string();
        assert_eq!(message, format!("the first array that differs is {difference}, {before}"));
        assert!(w.iter().all(|&w| w == 1.0));
    }
    // An equal one is as good as the same.
    let equal = Layout::new([("w", vec![2, 2]), ("b", vec![2])]);
    adam.step(&mut [1.0; 6], &mut [1.0; 6], &equal)
}

#[test]
fn a_layout_says_where_its_arrays_lie() {
    let layout = Layout::new([("w", vec![2, 3]), ("none", vec![4, 0]), ("scalar", vec![]), ("b", vec![3])]);
    let places: Vec<_> = layout.arrays().map(|(name, _, elements)| (name, elements)).collect();
    assert_eq!(places, [("w", 0..6), ("none", 6..6), ("scalar", 6..7), ("b", 7..10)]);
    assert_eq!(layout.len(), 10);
    assert!(Layout::new([("none", vec![0, 2])]).is_empty() && Layout::new::<&str>([]).is_empty());
}
