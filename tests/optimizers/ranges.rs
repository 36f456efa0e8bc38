//! Steps in ranges, steps that are begun and given up, and optimisers inside each other.

use std::ops::Range;

use blasnet::{
    Activation, AdaGrad, Adam, AdamW, Averaged, Clipped, Error, Float, Layout, Loss, Memory, Mlp, Optimizer,
    Result, RmsProp, Schedule, Scheduled, Sgd,
};

use crate::common::{random, rng};
use crate::{numbers, warm_cosine};

fn scheduled<O>(optimizer: O) -> Scheduled<O> {
    Scheduled::new(optimizer, warm_cosine())
}

/// Every optimiser that takes ranges, and wrappers in each other; a new one each time.
fn optimizers<A: Float>() -> Vec<(&'static str, Box<dyn Optimizer<A>>)> {
    let momentum = || Sgd::new(0.05).momentum(0.9);
    let rms_prop = || RmsProp::new(0.01).alpha(0.9).epsilon(1e-3);
    let mut boxed: Box<dyn Optimizer<A>> = Box::new(Adam::new(0.05));
    boxed.set_learning_rate(0.02);
    vec![
        ("sgd", Box::new(Sgd::new(0.1))),
        ("sgd, decay", Box::new(Sgd::new(0.1).weight_decay(0.1))),
        ("sgd, momentum", Box::new(momentum())),
        ("sgd, nesterov", Box::new(momentum().nesterov().weight_decay(0.1))),
        ("adagrad", Box::new(AdaGrad::new(0.1))),
        ("rmsprop", Box::new(rms_prop())),
        ("rmsprop, momentum", Box::new(rms_prop().momentum(0.5))),
        ("rmsprop, centred", Box::new(rms_prop().centered())),
        ("rmsprop, centred, momentum", Box::new(rms_prop().centered().momentum(0.5))),
        ("adam", Box::new(Adam::new(0.05).weight_decay(0.1))),
        ("adamw", Box::new(AdamW::new(0.05).weight_decay(0.1).decay_only(|name| name == "w"))),
        ("clipped", Box::new(Clipped::by_value(Adam::new(0.05), 0.2))),
        ("scheduled", Box::new(scheduled(Sgd::new(0.1)))),
        ("scheduled adamw", Box::new(scheduled(AdamW::new(0.05)))),
        ("averaged", Box::new(Averaged::new(Sgd::new(0.1), 0.9))),
        ("averaged since step 3", Box::new(Averaged::new(Adam::new(0.05), 1.0).after(2))),
        ("all", Box::new(Averaged::new(scheduled(Clipped::by_value(Adam::new(0.05), 0.2)), 0.9))),
        ("otherwise", Box::new(scheduled(Clipped::by_value(Averaged::new(momentum(), 0.9), 0.2)))),
        ("boxed", Box::new(boxed)),
    ]
}

fn layout() -> Layout {
    Layout::new([("w", vec![5, 5]), ("none", vec![0]), ("b", vec![13])])
}

/// 38 elements in odd pieces and in no order; some cut arrays in two, one is empty.
pub(crate) const CUTS: [Range<usize>; 6] = [17..38, 0..1, 16..17, 16..16, 4..16, 1..4];

pub(crate) fn bits<A: Float>(values: &[A]) -> Vec<u64> {
    values.iter().map(|value| value.as_f64().to_bits()).collect()
}

/// All that is remembered, bit by bit.
fn remembered<A: Float>(optimizer: &dyn Optimizer<A>) -> Result<String> {
    let mut memory = Memory::default();
    optimizer.save(&mut memory)?;
    let arrays: Vec<_> = memory.arrays().map(|(name, array)| (name, bits(array))).collect();
    let numbers: Vec<_> = memory.numbers().map(|(name, number)| (name, number.to_bits())).collect();
    Ok(format!("{:?} {numbers:?} {arrays:?}", memory.counts().collect::<Vec<_>>()))
}

/// A step in these ranges.
pub(crate) fn in_ranges<A: Float>(
    optimizer: &mut dyn Optimizer<A>,
    parameters: &mut [A],
    gradient: &[A],
    layout: &Layout,
    ranges: &[Range<usize>],
) -> Result<()> {
    let mut gradient = gradient.to_vec();
    optimizer.begin(layout)?;
    for range in ranges.iter().cloned() {
        optimizer.update(range.clone(), &mut parameters[range.clone()], &mut gradient[range])?;
    }
    optimizer.commit();
    Ok(())
}

fn ranges_make_the_same_step<A: Float>() -> Result<()> {
    let layout = layout();
    let element_by_element: Vec<_> = (0..layout.len()).rev().map(|place| place..place + 1).collect();
    for ranges in [&CUTS[..], &element_by_element] {
        for (number, (name, mut whole)) in optimizers::<A>().into_iter().enumerate() {
            let (_, mut parts) = optimizers::<A>().swap_remove(number);
            assert!(parts.takes_ranges(), "{name}");
            let (mut expected, mut found) = (numbers::<A>(layout.len(), 1), numbers::<A>(layout.len(), 1));
            for step in 0..6 {
                let gradient = numbers::<A>(layout.len(), 10 + step);
                whole.step(&mut expected, &mut gradient.clone(), &layout)?;
                in_ranges(&mut *parts, &mut found, &gradient, &layout, ranges)?;
                assert_eq!(bits(&found), bits(&expected), "{name}, step {step}");
                assert_eq!(remembered(&*parts)?, remembered(&*whole)?, "{name}, step {step}");
                assert_eq!(parts.learning_rate(), whole.learning_rate(), "{name}, step {step}");
            }
        }
    }
    Ok(())
}

#[test]
fn ranges_make_the_same_step_of_f32() -> Result<()> {
    ranges_make_the_same_step::<f32>()
}

#[test]
fn ranges_make_the_same_step_of_f64() -> Result<()> {
    ranges_make_the_same_step::<f64>()
}

/// Between steps, others are begun and given up, plain rates are asked for, and wrong ranges are refused.
#[test]
fn a_step_that_is_begun_and_given_up_was_never_made() -> Result<()> {
    let layout = layout();
    for (number, (name, mut steady)) in optimizers::<f64>().into_iter().enumerate() {
        let (_, mut fickle) = optimizers::<f64>().swap_remove(number);
        let rate = fickle.learning_rate();
        // Not even the layout of a first step counts.
        fickle.begin(&Layout::new([("other", vec![3])]))?;
        assert_eq!(fickle.learning_rate(), rate, "{name}");
        let (mut expected, mut found) = (numbers(layout.len(), 1), numbers(layout.len(), 1));
        for step in 0..6 {
            fickle.begin(&layout)?;
            fickle.begin(&layout)?;
            fickle.plain_rate()?;
            for (range, length) in [(0..39, 39), (0..4, 3), (39..39, 0)] {
                let refused = fickle.update(range, &mut vec![1.0; length], &mut vec![1.0; length]);
                assert!(refused.is_err(), "{name}");
            }
            assert_eq!(fickle.learning_rate(), steady.learning_rate(), "{name}, step {step}");
            if step > 0 {
                assert_eq!(remembered(&*fickle)?, remembered(&*steady)?, "{name}, step {step}");
            }
            let gradient = numbers(layout.len(), 10 + step);
            steady.step(&mut expected, &mut gradient.clone(), &layout)?;
            fickle.step(&mut found, &mut gradient.clone(), &layout)?;
            assert_eq!(bits(&found), bits(&expected), "{name}, step {step}");
            assert_eq!(remembered(&*fickle)?, remembered(&*steady)?, "{name}, step {step}");
        }
    }
    Ok(())
}

/// What was begun and never made can be kept, too: what is restored goes on as if it had not been begun.
#[test]
fn a_step_that_is_begun_is_not_kept() -> Result<()> {
    let layout = layout();
    for made in [0, 1, 2, 3] {
        for (number, (name, mut first)) in optimizers::<f32>().into_iter().enumerate() {
            let (_, mut second) = optimizers::<f32>().swap_remove(number);
            let mut w = numbers(layout.len(), 1);
            for step in 0..made {
                first.step(&mut w, &mut numbers(layout.len(), 10 + step), &layout)?;
            }
            first.begin(&layout)?;
            let mut memory = Memory::default();
            first.save(&mut memory)?;
            second.restore(&memory, &layout)?;
            let mut resumed = w.clone();
            first.step(&mut w, &mut numbers(layout.len(), 20), &layout)?;
            second.step(&mut resumed, &mut numbers(layout.len(), 20), &layout)?;
            assert_eq!(bits(&resumed), bits(&w), "{name}");
            assert_eq!(remembered(&*second)?, remembered(&*first)?, "{name}");
        }
    }
    Ok(())
}

/// A number type that was only begun with is not the optimiser's yet.
#[test]
fn the_first_step_that_is_made_decides_the_number_type() -> Result<()> {
    let layout = Layout::new([("w", vec![2])]);
    let mut adam = Adam::new(0.1);
    Optimizer::<f64>::begin(&mut adam, &layout)?;
    adam.step(&mut [1.0_f32; 2], &mut [1.0; 2], &layout)?;
    let mut w = [1.0_f64; 2];
    let before = "expected f32, as in this optimiser's steps before";
    let says = |error: Result<()>| error.expect_err("it is the other type").to_string();
    assert_eq!(says(adam.step(&mut w, &mut [1.0; 2], &layout)), format!("the number type is f64, {before}"));
    assert_eq!(
        says(Optimizer::<f64>::begin(&mut adam, &layout)),
        format!("the number type is f64, {before}")
    );
    assert_eq!(says(adam.save(&mut Memory::<f64>::default())), format!("the number type is f64, {before}"));
    Optimizer::<f32>::begin(&mut adam, &layout)?;
    let update = adam.update(0..1, &mut w[..1], &mut [1.0]);
    assert_eq!(says(update), format!("the number type is f64, {before}"));
    assert_eq!(w, [1.0; 2]);
    adam.step(&mut [1.0_f32; 2], &mut [1.0; 2], &layout)?;

    let mut averaged = Averaged::new(Sgd::new(0.1), 0.5);
    averaged.step(&mut [1.0_f32; 2], &mut [1.0; 2], &layout)?;
    assert_eq!(averaged.average::<f32>()?, [0.9; 2]);
    let average = averaged.average::<f64>().map(drop);
    assert_eq!(says(average), format!("the number type is f64, {before}"));
    assert_eq!(
        says(averaged.step(&mut w, &mut [1.0; 2], &layout)),
        format!("the number type is f64, {before}")
    );
    assert_eq!(w, [1.0; 2]);

    // One that remembers nothing takes either.
    let mut sgd = Sgd::new(0.5);
    sgd.step(&mut [1.0_f32; 2], &mut [1.0; 2], &layout)?;
    sgd.step(&mut w, &mut [1.0; 2], &layout)?;
    assert_eq!(w, [0.5; 2]);
    Ok(())
}

#[test]
fn a_plain_rate_counts_once_it_is_committed() -> Result<()> {
    let halving = || Schedule::Step { every: 1, factor: 0.5 };
    let mut inside = Scheduled::new(Sgd::new(8.0), halving());
    let optimizers: [(Box<dyn Optimizer<f32>>, [f32; 3]); 4] = [
        (Box::new(Sgd::new(8.0)), [8.0, 8.0, 8.0]),
        (Box::new(Scheduled::new(Sgd::new(8.0), halving())), [8.0, 4.0, 2.0]),
        (Box::new(&mut inside), [8.0, 4.0, 2.0]),
        (Box::new(Scheduled::new(Own::new(8.0), halving())), [8.0, 4.0, 2.0]),
    ];
    for (mut optimizer, rates) in optimizers {
        for rate in rates {
            assert_eq!([optimizer.plain_rate()?, optimizer.plain_rate()?], [Some(rate); 2]);
            assert_eq!(optimizer.learning_rate(), rate.as_f64());
            optimizer.commit();
        }
    }
    // What counts is the rate inside, after a plain step and after any other.
    assert_eq!((inside.learning_rate(), inside.inner().learning_rate()), (1.0, 1.0));

    // A schedule inside another one has its say, too.
    let mut twice = Scheduled::new(Scheduled::new(Sgd::new(8.0), halving()), halving());
    for rate in [8.0_f32, 2.0, 0.5] {
        assert_eq!(twice.plain_rate()?, Some(rate));
        Optimizer::<f32>::commit(&mut twice);
    }

    // A rate that the number type has no number for is refused, if the schedule makes it so.
    let grows = Schedule::Step { every: 1, factor: 1e30 };
    let mut scheduled = Scheduled::new(Sgd::new(1e30), grows);
    assert_eq!(scheduled.plain_rate()?, Some(1e30_f32));
    Optimizer::<f32>::commit(&mut scheduled);
    let error = Optimizer::<f32>::plain_rate(&scheduled).expect_err("it is too large").to_string();
    assert!(error.contains("expected a finite f32 that is not negative"), "{error}");
    // The rate inside may be one that no step is made at.
    let mut scheduled = Scheduled::new(Sgd::new(f64::NAN), Schedule::Constant);
    scheduled.set_learning_rate(0.5);
    assert_eq!(scheduled.plain_rate()?, Some(0.5_f32));
    Ok(())
}

/// W ← W − rate · ∇W in whole steps and plain ones, and how many were made.
struct Own {
    rate: f64,
    steps: usize,
}

impl Own {
    fn new(rate: f64) -> Self {
        Self { rate, steps: 0 }
    }
}

impl<A: Float> Optimizer<A> for Own {
    fn step(&mut self, parameters: &mut [A], gradient: &mut [A], _: &Layout) -> Result<()> {
        self.steps += 1;
        for (w, dw) in parameters.iter_mut().zip(gradient) {
            *w -= A::of(self.rate) * *dw;
        }
        Ok(())
    }

    fn learning_rate(&self) -> f64 {
        self.rate
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.rate = rate;
    }

    fn plain_rate(&self) -> Result<Option<A>> {
        Ok(Some(A::of(self.rate)))
    }
}

#[test]
fn an_optimiser_that_makes_only_whole_steps_can_be_inside_of_any_other() -> Result<()> {
    let layout = Layout::new([("w", vec![2])]);
    let halving = Schedule::Step { every: 1, factor: 0.5 };
    let (mut w, mut own) = ([1.0_f64, 2.0], Scheduled::new(Own::new(0.5), halving));
    own.step(&mut w, &mut [1.0, 2.0], &layout)?;
    own.step(&mut w, &mut [1.0, 2.0], &layout)?;
    assert_eq!((w, Optimizer::<f64>::learning_rate(&own)), ([0.25, 0.5], 0.125));
    assert_eq!(own.inner().steps, 2);

    let (mut w, mut own) = ([1.0_f64, 2.0], Clipped::by_value(Own::new(0.5), 1.0));
    own.step(&mut w, &mut [1.0, 2.0], &layout)?;
    assert_eq!((w, own.into_inner().steps), ([0.5, 1.5], 1));

    let (mut w, mut own) = ([1.0_f64, 2.0], Clipped::by_norm(Own::new(0.5), 2.5 + 1e-6));
    own.step(&mut w, &mut [-3.0, 4.0], &layout)?;
    assert!((w[0] - 1.75).abs() < 1e-5 && (w[1] - 1.0).abs() < 1e-5, "{w:?}");

    let (mut w, mut own) = ([1.0_f64, 2.0], Averaged::new(Own::new(0.5), 1.0));
    own.step(&mut w, &mut [1.0, 2.0], &layout)?;
    own.step(&mut w, &mut [1.0, 2.0], &layout)?;
    assert_eq!((w, own.average()?), ([0.0, 0.0], &[0.25, 0.5][..]));
    Ok(())
}

#[test]
fn what_takes_no_ranges_says_so() {
    let layout = layout();
    let by_norm = || Clipped::by_norm(Adam::new(0.1), 1.0);
    let optimizers: [Box<dyn Optimizer<f32>>; 7] = [
        Box::new(Own::new(0.1)),
        Box::new(by_norm()),
        Box::new(scheduled(by_norm())),
        Box::new(Averaged::new(Own::new(0.1), 0.5)),
        Box::new(Clipped::by_value(Own::new(0.1), 0.5)),
        Box::new(Clipped::by_norm(Own::new(0.1), 0.5)),
        Box::new(Box::new(scheduled(Own::new(0.1)))),
    ];
    for mut optimizer in optimizers {
        assert!(!optimizer.takes_ranges());
        let Err(Error::Invalid { what: "the optimiser", found, expected }) = optimizer.begin(&layout) else {
            panic!("it took a range");
        };
        assert!(found.ends_with(", which takes no ranges"), "{found}");
        assert_eq!(expected, "one that does; call `step` with the whole gradient");
        assert!(optimizer.update(0..1, &mut [1.0], &mut [1.0]).is_err());
    }
}

#[test]
fn ranges_that_cannot_be_updated_are_refused() -> Result<()> {
    let layout = layout();
    let says = |error: Result<()>| error.expect_err("it cannot be").to_string();
    for (name, mut optimizer) in optimizers::<f32>() {
        let begin_first = "the optimiser's step is not begun, expected `begin` before `update`";
        let mut w = [1.0; 3];
        assert_eq!(says(optimizer.update(0..3, &mut w, &mut [1.0; 3])), begin_first, "{name}");
        optimizer.begin(&layout)?;
        let outside =
            "the range of parameters is 36..39, expected one within 0..38, the elements of the layout";
        assert_eq!(says(optimizer.update(36..39, &mut w, &mut [1.0; 3])), outside, "{name}");
        #[expect(clippy::reversed_empty_ranges, reason = "it is to be refused")]
        let reversed = optimizer.update(3..0, &mut w, &mut [1.0; 3]);
        assert!(says(reversed).starts_with("the range of parameters is 3..0"), "{name}");
        assert_eq!(
            says(optimizer.update(0..3, &mut w, &mut [1.0; 2])),
            "Optimizer::update: `gradient` has shape [2], expected [3], the elements of the range",
            "{name}"
        );
        assert!(says(optimizer.update(0..4, &mut w, &mut [1.0; 4])).contains("`parameters` has shape [3]"));
        assert_eq!(w, [1.0; 3], "{name}");
        optimizer.commit();
        assert_eq!(says(optimizer.update(0..3, &mut w, &mut [1.0; 3])), begin_first, "{name}");
    }
    Ok(())
}

/// The gradient is as it was, too: nothing is scaled for a step that cannot be made.
#[test]
fn clipping_changes_no_gradient_of_a_step_that_is_refused() -> Result<()> {
    let layout = Layout::new([("w", vec![2])]);
    let other = Layout::new([("v", vec![2])]);
    for mut clipped in [Clipped::by_norm(Adam::new(0.1), 1.0), Clipped::by_value(Adam::new(0.1), 1.0)] {
        clipped.step(&mut [1.0; 2], &mut [1.0; 2], &layout)?;
        let mut gradient = [30.0, -40.0];
        assert!(clipped.step(&mut [1.0; 2], &mut gradient, &other).is_err());
        assert!(clipped.step(&mut [1.0; 3], &mut gradient, &layout).is_err());
        clipped.set_learning_rate(f64::NAN);
        assert!(clipped.step(&mut [1.0; 2], &mut gradient, &layout).is_err());
        assert_eq!(gradient, [30.0, -40.0]);
    }
    Ok(())
}

/// No number type is to be named where there is none.
#[test]
fn learning_rates_are_known_without_a_number_type() {
    fn all_at<const N: usize>(rates: [f64; N]) {
        assert_eq!(rates, [0.5; N]);
    }
    let (mut sgd, mut adam) = (Sgd::new(0.1), Adam::new(0.1));
    sgd.set_learning_rate(0.5);
    adam.set_learning_rate(0.5);
    all_at([sgd.learning_rate(), adam.learning_rate(), AdamW::new(0.5).learning_rate()]);
    all_at([RmsProp::new(0.5).learning_rate(), AdaGrad::new(0.5).learning_rate()]);
    let mut clipped = Clipped::by_norm(Adam::new(0.1), 1.0);
    let mut averaged = Averaged::new(Box::new(Adam::new(0.1)), 0.9);
    let mut scheduled = Scheduled::new(&mut sgd, Schedule::Constant);
    all_at([scheduled.learning_rate()]);
    clipped.set_learning_rate(0.5);
    averaged.set_learning_rate(0.5);
    scheduled.set_learning_rate(0.5);
    all_at([clipped.learning_rate(), averaged.learning_rate(), scheduled.learning_rate()]);
    // The schedule's first factor.
    assert_eq!(self::scheduled(Adam::new(0.5)).learning_rate(), 0.125);
}

#[test]
fn what_is_inside_can_be_reached() -> Result<()> {
    let layout = Layout::new([("w", vec![2])]);
    let averaged = Averaged::new(Clipped::by_value(Adam::new(1.0), 1.0), 0.5);
    let mut optimizer = Scheduled::new(averaged, Schedule::Step { every: 1, factor: 0.5 });
    let mut w = [1.0_f64; 2];
    optimizer.step(&mut w, &mut [1.0; 2], &layout)?;
    assert_eq!(optimizer.inner().average::<f64>()?, w);
    assert_eq!(optimizer.inner().inner().inner().learning_rate(), 0.5);
    optimizer.inner_mut().inner_mut().inner_mut().set_learning_rate(8.0);
    assert_eq!(optimizer.inner().learning_rate(), 8.0);
    assert_eq!(optimizer.learning_rate(), 0.5);
    optimizer.step(&mut w, &mut [1.0; 2], &layout)?;
    assert_eq!(optimizer.into_inner().into_inner().into_inner().learning_rate(), 0.25);
    Ok(())
}

/// Neither the schedule nor the average counts a batch that a network refuses, nor does Adam.
#[test]
fn a_batch_that_a_network_refuses_advances_nothing() -> Result<()> {
    let (x, t) = (random::<f64>(4, 3, 1), random::<f64>(4, 1, 2));
    let spoilt = x.mapv(|x| if x > 0.0 { f64::NAN } else { x });
    let halving = || Schedule::Step { every: 1, factor: 0.5 };
    let optimizers: [Box<dyn Optimizer<f64>>; 3] = [
        Box::new(Scheduled::new(Sgd::new(0.5), halving())),
        Box::new(Scheduled::new(Adam::new(0.5), halving())),
        Box::new(Averaged::new(Scheduled::new(Sgd::new(0.5), halving()), 0.5)),
    ];
    for mut optimizer in optimizers {
        let builder = Mlp::<f64>::builder(3).hidden(2, Activation::Tanh);
        let mut network = builder.output(1, Loss::MeanSquaredError).build(&mut rng(1))?;
        network.train(&x, &t, &mut *optimizer)?;
        let before = remembered(&*optimizer)?;
        assert!(network.train(&spoilt, &t, &mut *optimizer).is_err());
        assert_eq!((remembered(&*optimizer)?, optimizer.learning_rate()), (before, 0.25));
        network.train(&x, &t, &mut *optimizer)?;
        assert_eq!(optimizer.learning_rate(), 0.125);
    }
    Ok(())
}
