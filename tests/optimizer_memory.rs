//! What an optimiser remembers can be kept and given back: what is resumed goes on bit for bit.

mod common;

use std::ops::Range;

use blasnet::parallel::SingleThreadedBlas;
use blasnet::{
    Activation, AdaGrad, Adam, AdamW, Averaged, Clipped, Error, Float, Layout, Loss, Memory, Mlp, Optimizer,
    Result, RmsProp, Schedule, Scheduled, Sgd,
};
use common::{random, rng};

fn warm_cosine() -> Schedule {
    Schedule::Cosine { steps: 6, floor: 0.1 }.after_warm_up(3)
}

fn scheduled<O>(optimizer: O) -> Scheduled<O> {
    Scheduled::new(optimizer, warm_cosine())
}

/// Every optimiser, with every part that it can have, and optimisers inside each other; a new one each time.
fn optimizers<A: Float>() -> Vec<(&'static str, Box<dyn Optimizer<A>>)> {
    let momentum = || Sgd::new(0.05).momentum(0.9);
    let rms_prop = || RmsProp::new(0.01).alpha(0.9).epsilon(1e-3);
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
        ("adam", Box::new(Adam::new(0.05))),
        ("adamw", Box::new(AdamW::new(0.05).weight_decay(0.1))),
        ("clipped", Box::new(Clipped::by_norm(momentum(), 0.5))),
        ("scheduled", Box::new(scheduled(Sgd::new(0.1)))),
        ("scheduled adamw", Box::new(scheduled(AdamW::new(0.05)))),
        ("averaged", Box::new(Averaged::new(Sgd::new(0.1), 0.9))),
        ("averaged late", Box::new(Averaged::new(Adam::new(0.05), 1.0).after(7))),
        ("averaged since step 4", Box::new(Averaged::new(Adam::new(0.05), 1.0).after(3))),
        ("all", Box::new(Averaged::new(scheduled(Clipped::by_norm(Adam::new(0.05), 0.5)), 0.9))),
        ("otherwise", Box::new(scheduled(Clipped::by_value(Averaged::new(momentum(), 0.9), 0.2)))),
    ]
}

fn layout() -> Layout {
    Layout::new([("w", vec![5, 7]), ("none", vec![0]), ("b", vec![3])])
}

fn start<A: Float>() -> Vec<A> {
    random(1, layout().len(), 1).into_raw_vec_and_offset().0
}

/// Makes the steps of these numbers, each by a gradient that depends on the parameters and the number.
fn steps<A: Float>(
    parameters: &mut [A],
    optimizer: &mut dyn Optimizer<A>,
    numbers: Range<u64>,
) -> Result<()> {
    for number in numbers {
        let noise = random::<A>(1, parameters.len(), 10 + number);
        let mut gradient: Vec<A> = parameters.iter().zip(&noise).map(|(&w, &noise)| w * w + noise).collect();
        optimizer.step(parameters, &mut gradient, &layout())?;
    }
    Ok(())
}

fn saved<A: Float>(optimizer: &dyn Optimizer<A>) -> Result<Memory<A>> {
    let mut memory = Memory::default();
    optimizer.save(&mut memory)?;
    Ok(memory)
}

/// Every bit of it, to be compared.
fn bits<A: Float>(values: &[A]) -> Vec<u64> {
    values.iter().map(|value| value.as_f64().to_bits()).collect()
}

/// Every bit of a memory: as text, which is another one for each number.
fn text<A: Float>(memory: &Memory<A>) -> String {
    let arrays: Vec<_> = memory.arrays().map(|(name, array)| (name, bits(array))).collect();
    let counts: Vec<_> = memory.counts().collect();
    let numbers: Vec<_> = memory.numbers().map(|(name, number)| (name, number.to_bits())).collect();
    format!("{counts:?} {numbers:?} {arrays:?}")
}

/// As a file's reader would build it.
fn rebuilt<A: Float>(memory: &Memory<A>) -> Result<Memory<A>> {
    let mut other = Memory::default();
    memory.arrays().try_for_each(|(name, array)| other.set_array(name, array))?;
    memory.numbers().try_for_each(|(name, number)| other.set_number(name, number))?;
    memory.counts().try_for_each(|(name, count)| other.set_count(name, count))?;
    Ok(other)
}

fn what_is_resumed_goes_on_bit_for_bit<A: Float>() -> Result<()> {
    for (number, (name, mut uninterrupted)) in optimizers::<A>().into_iter().enumerate() {
        let fresh = || optimizers::<A>().swap_remove(number).1;
        let mut expected = start::<A>();
        steps(&mut expected, &mut *uninterrupted, 0..10)?;
        let expected_memory = text(&saved(&*uninterrupted)?);

        for kept_after in [0, 1, 5, 9] {
            let (mut parameters, mut first) = (start::<A>(), fresh());
            steps(&mut parameters, &mut *first, 0..kept_after)?;
            let memory = rebuilt(&saved(&*first)?)?;
            drop(first);

            let mut second = fresh();
            second.restore(&memory, &layout())?;
            assert_eq!(text(&saved(&*second)?), text(&memory), "{name}, kept after {kept_after}");
            steps(&mut parameters, &mut *second, kept_after..10)?;
            assert_eq!(bits(&parameters), bits(&expected), "{name}, kept after {kept_after}");
            assert_eq!(text(&saved(&*second)?), expected_memory, "{name}, kept after {kept_after}");
        }
    }
    Ok(())
}

#[test]
fn what_is_resumed_in_f64_goes_on_bit_for_bit() -> Result<()> {
    what_is_resumed_goes_on_bit_for_bit::<f64>()
}

#[test]
fn what_is_resumed_in_f32_goes_on_bit_for_bit() -> Result<()> {
    what_is_resumed_goes_on_bit_for_bit::<f32>()
}

/// Whatever was remembered before is forgotten, and a rate that was set is kept.
#[test]
fn an_optimiser_that_was_used_takes_over_all_of_another() -> Result<()> {
    for (number, (name, mut first)) in optimizers::<f64>().into_iter().enumerate() {
        let mut second = optimizers::<f64>().swap_remove(number).1;
        steps(&mut start(), &mut *second, 20..29)?;
        let mut parameters = start();
        steps(&mut parameters, &mut *first, 0..3)?;
        first.set_learning_rate(0.0625);
        second.restore(&saved(&*first)?, &layout())?;
        assert_eq!(second.learning_rate(), first.learning_rate(), "{name}");
        let mut resumed = parameters.clone();
        steps(&mut parameters, &mut *first, 3..6)?;
        steps(&mut resumed, &mut *second, 3..6)?;
        assert_eq!(bits(&resumed), bits(&parameters), "{name}");
    }
    Ok(())
}

/// A new optimiser takes a memory of before the first step, and any layout afterwards.
#[test]
fn before_the_first_step_there_is_no_layout_yet() -> Result<()> {
    for (number, (name, mut used)) in optimizers::<f32>().into_iter().enumerate() {
        let (_, fresh) = optimizers::<f32>().swap_remove(number);
        steps(&mut start(), &mut *used, 0..9)?;
        used.restore(&saved(&*fresh)?, &layout())?;
        let other = Layout::new([("other", vec![2])]);
        used.step(&mut [1.0; 2], &mut [1.0; 2], &other).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    Ok(())
}

/// Parameters of no elements have arrays of none, which are as good as no arrays.
#[test]
fn a_layout_of_nothing_can_be_kept_too() -> Result<()> {
    let nothing = Layout::new([("none", vec![0, 3])]);
    for (number, (_, mut first)) in optimizers::<f32>().into_iter().enumerate() {
        let (_, mut second) = optimizers::<f32>().swap_remove(number);
        first.step(&mut [], &mut [], &nothing)?;
        second.restore(&saved(&*first)?, &nothing)?;
        second.step(&mut [], &mut [], &nothing)?;
    }
    Ok(())
}

#[test]
fn a_memory_that_is_filled_again_keeps_its_room() -> Result<()> {
    let mut optimizer = Averaged::new(Clipped::by_norm(Adam::new(0.1), 1.0), 0.9);
    let mut parameters = start::<f64>();
    steps(&mut parameters, &mut optimizer, 0..2)?;
    let mut memory = saved(&optimizer)?;
    let places = |memory: &Memory<f64>| memory.arrays().map(|(_, x)| x.as_ptr()).collect::<Vec<_>>();
    let before = (places(&memory), text(&memory));
    assert_eq!(before.0.len(), 3);

    steps(&mut parameters, &mut optimizer, 2..4)?;
    memory.clear();
    assert_eq!(text(&memory), text(&Memory::<f64>::default()));
    optimizer.save(&mut memory)?;
    assert_eq!(places(&memory), before.0);
    assert_ne!(text(&memory), before.1);
    assert_eq!(text(&memory), text(&saved::<f64>(&optimizer)?));

    // What another one leaves in it is its own alone.
    memory.clear();
    Sgd::new(0.5).save(&mut memory)?;
    assert_eq!(text(&memory), text(&saved::<f64>(&Sgd::new(0.5))?));
    Sgd::new(0.1).restore(&memory, &layout())
}

/// The whole of a training run: parameters, dropout and optimiser.
fn a_network_goes_on<A: Float>() -> Result<()> {
    // Products by several threads of OpenBLAS's need not have the same bits twice.
    let _one_thread_of_blas = SingleThreadedBlas::new();
    let builder = || {
        let builder = Mlp::<A>::builder(6).hidden(20, Activation::Relu).dropout(0.5);
        builder.hidden(9, Activation::Tanh).dropout(0.2).output(3, Loss::SoftmaxCrossEntropy)
    };
    let adam = || {
        let adam = Clipped::by_norm(AdamW::new(0.05), 1.0);
        Averaged::new(scheduled(adam), 0.9)
    };
    let (x, classes) = (random::<A>(8, 6, 1), [0, 1, 2, 0, 1, 2, 2, 0]);
    let (mut network, mut optimizer) = (builder().build(&mut rng(2))?, adam());
    for _ in 0..5 {
        network.train(&x, &classes, &mut optimizer)?;
    }

    let (mut copy, mut resumed) = (builder().build_with(network.values())?, adam());
    let without_masks = copy.clone();
    copy.set_dropout_masks(network.dropout_masks());
    assert_eq!((copy.dropout_masks(), copy.dropout_masks().made), (network.dropout_masks(), 5));
    resumed.restore(&saved::<A>(&optimizer)?, copy.layout())?;
    let mut other = (without_masks, resumed.clone());
    for _ in 0..5 {
        network.train(&x, &classes, &mut optimizer)?;
        copy.train(&x, &classes, &mut resumed)?;
        other.0.train(&x, &classes, &mut other.1)?;
    }
    assert_eq!(bits(copy.values()), bits(network.values()));
    assert_eq!(bits::<A>(resumed.average()?), bits::<A>(optimizer.average()?));
    assert_ne!(bits(other.0.values()), bits(network.values()), "without its masks it goes another way");
    Ok(())
}

#[test]
fn a_network_with_dropout_goes_on_bit_for_bit() -> Result<()> {
    a_network_goes_on::<f32>()?;
    a_network_goes_on::<f64>()
}

/// The message of the refusal of a memory, by which nothing that the optimiser remembers has changed.
fn refusal<A: Float>(mut optimizer: impl Optimizer<A>, memory: &Memory<A>) -> String {
    steps(&mut start(), &mut optimizer, 0..3).expect("the settings are fine");
    let before = text(&saved(&optimizer).expect("it can be kept"));
    let error = optimizer.restore(memory, &layout()).expect_err("it is not this optimiser's memory");
    assert_eq!(text(&saved(&optimizer).expect("it can be kept")), before);
    error.to_string()
}

/// What this optimiser keeps after three steps.
fn after_three_steps(mut optimizer: impl Optimizer<f64>) -> Result<Memory<f64>> {
    steps(&mut start(), &mut optimizer, 0..3)?;
    saved(&optimizer)
}

#[test]
fn another_optimisers_memory_is_refused_by_its_first_other_name() -> Result<()> {
    let momentum = || Sgd::new(0.1).momentum(0.9);
    let rms_prop = || RmsProp::new(0.1);
    let mut bogus = after_three_steps(scheduled(Sgd::new(0.1)))?;
    bogus.set_count("schedule.bogus", 1)?;
    for (found, name) in [
        (refusal(Sgd::new(0.1), &after_three_steps(Adam::new(0.1))?), "first"),
        (refusal(Sgd::new(0.1), &after_three_steps(momentum())?), "velocity"),
        (refusal(momentum(), &after_three_steps(AdaGrad::new(0.1))?), "sum"),
        (refusal(AdaGrad::new(0.1), &after_three_steps(momentum())?), "velocity"),
        (refusal(rms_prop(), &after_three_steps(rms_prop().centered())?), "mean"),
        (refusal(rms_prop().centered(), &after_three_steps(rms_prop().momentum(0.5))?), "velocity"),
        (refusal(AdamW::new(0.1), &after_three_steps(rms_prop())?), "square"),
        (refusal(Adam::new(0.1), &after_three_steps(scheduled(Adam::new(0.1)))?), "schedule.steps"),
        (
            refusal(
                Clipped::by_norm(Sgd::new(0.1), 1.0),
                &after_three_steps(Averaged::new(Sgd::new(0.1), 0.5))?,
            ),
            "average.steps",
        ),
        (refusal(scheduled(Sgd::new(0.1)), &bogus), "schedule.bogus"),
        (
            refusal(
                Averaged::new(Sgd::new(0.1), 0.5),
                &after_three_steps(Averaged::new(Adam::new(0.1), 0.5))?,
            ),
            "first",
        ),
    ] {
        let problem = format!("the optimiser's memory is one with `{name}`, expected that of");
        assert!(found.starts_with(&problem), "{found}, expected {problem}");
    }
    Ok(())
}

#[test]
fn what_a_memory_lacks_is_named() -> Result<()> {
    let scheduled = || scheduled(Adam::new(0.1));
    let averaged = || Averaged::new(Adam::new(0.1), 0.5);
    let (adam, with_schedule) = (after_three_steps(Adam::new(0.1))?, after_three_steps(scheduled())?);
    let with_average = after_three_steps(averaged())?;
    for (found, name) in [
        (refusal(Adam::new(0.1), &Memory::<f64>::default()), "the number `rate`"),
        (refusal(Adam::new(0.1), &adam.without(&["steps"])), "the count `steps`"),
        (refusal(scheduled(), &adam), "the count `schedule.steps`"),
        (refusal(scheduled(), &with_schedule.without(&["schedule.rate"])), "the number `schedule.rate`"),
        (refusal(scheduled(), &with_schedule.without(&["rate"])), "the number `rate`"),
        (refusal(averaged(), &adam), "the count `average.steps`"),
        (refusal(averaged(), &with_average.without(&["steps"])), "the count `steps`"),
    ] {
        let problem = format!("the optimiser's memory is one without {name}, expected that of");
        assert!(found.starts_with(&problem), "{found}, expected {problem}");
    }
    Ok(())
}

#[test]
fn arrays_are_as_long_as_the_layout_after_a_step_and_empty_before() -> Result<()> {
    let adam = after_three_steps(Adam::new(0.1))?;
    let averaged = || Averaged::new(Sgd::new(0.1), 0.5);
    let average = after_three_steps(averaged())?;
    let with = |memory: &Memory<f64>, name: &str, length: usize| {
        let mut memory = memory.without(&[name]);
        memory.set_array(name, &vec![1.0; length]).map(|()| memory)
    };
    let mut no_step = adam.without(&["steps"]);
    no_step.set_count("steps", 0)?;
    for (found, problem) in [
        (
            refusal(Adam::new(0.1), &with(&adam, "second", 37)?),
            "37 elements of `second` after 3 steps, expected 38:",
        ),
        (
            refusal(Adam::new(0.1), &adam.without(&["first"])),
            "0 elements of `first` after 3 steps, expected 38:",
        ),
        (refusal(Adam::new(0.1), &no_step), "38 elements of `first` after 0 steps, expected 0:"),
        (
            refusal(averaged(), &with(&average, "average.values", 39)?),
            "39 elements of `average.values` after 3 steps, expected 38:",
        ),
        // The one that begins late has no average yet.
        (
            refusal(averaged().after(3), &average),
            "38 elements of `average.values` after 3 steps, expected 0:",
        ),
    ] {
        let problem = format!("the optimiser's memory is one with {problem}");
        assert!(found.starts_with(&problem), "{found}, expected {problem}");
    }
    Ok(())
}

#[test]
fn rates_that_no_step_can_be_made_with_are_refused() -> Result<()> {
    let with = |rate, schedule_rate| -> Result<Memory<f32>> {
        let mut memory = Memory::default();
        memory.set_number("rate", rate)?;
        memory.set_count("steps", 0)?;
        memory.set_number("schedule.rate", schedule_rate)?;
        memory.set_count("schedule.steps", 0)?;
        Ok(memory)
    };
    let not_negative = "expected a finite f32 that is not negative";
    for (rate, schedule_rate, problem) in [
        (-0.5, 0.5, "the learning rate is -0.5"),
        (1e39, 0.5, "the learning rate is 1e39"),
        (0.5, -0.5, "the learning rate that the schedule multiplies is -0.5"),
        (0.5, 1e39, "the learning rate that the schedule multiplies is 1e39"),
    ] {
        assert_eq!(
            refusal(scheduled(Sgd::new(0.1)), &with(rate, schedule_rate)?),
            format!("{problem}, {not_negative}")
        );
    }
    scheduled(Sgd::new(0.1)).restore(&with(0.5, 0.5)?, &layout())?;

    // One that is not finite is not even kept.
    for bad in [f64::NAN, f64::INFINITY] {
        let mut sgd = Sgd::new(0.1);
        sgd.set_learning_rate(bad);
        let error = saved::<f32>(&sgd).expect_err("it is not finite").to_string();
        assert_eq!(error, format!("Memory::set_number: `rate` is {bad}, expected a finite number"));
    }
    Ok(())
}

#[test]
fn a_name_is_kept_once() -> Result<()> {
    let (sgd, mut memory) = (Sgd::new(0.1), Memory::default());
    sgd.save(&mut memory)?;
    let twice = |name: &str, result: Result<()>| {
        let message = result.expect_err("it is there already").to_string();
        let problem = format!("the optimiser's memory is one with `{name}` already, expected each name once");
        assert!(message.starts_with(&problem), "{message}, expected {problem}");
    };
    twice("rate", sgd.save(&mut memory));
    twice("rate", memory.set_count("rate", 1));
    twice("steps", memory.set_number("steps", 1.0));
    twice("steps", memory.set_array("steps", &[1.0]));
    assert_eq!(text(&memory), text(&saved::<f64>(&sgd)?));

    twice("schedule.steps", saved::<f64>(&scheduled(scheduled(sgd))).map(drop));
    Ok(())
}

/// Remembers nothing that this library knows of.
struct Own;

impl Optimizer<f32> for Own {
    fn step(&mut self, _: &mut [f32], _: &mut [f32], _: &Layout) -> Result<()> {
        Ok(())
    }

    fn learning_rate(&self) -> f64 {
        1.0
    }

    fn set_learning_rate(&mut self, _: f64) {}
}

#[test]
fn an_optimiser_that_cannot_be_kept_says_so_wherever_it_is() {
    let (boxed, mut own): (Box<dyn Optimizer<f32>>, _) = (Box::new(Own), Own);
    let optimizers: [Box<dyn Optimizer<f32>>; 6] = [
        Box::new(Own),
        Box::new(boxed),
        Box::new(&mut own),
        Box::new(scheduled(Own)),
        Box::new(Clipped::by_norm(Own, 1.0)),
        Box::new(Averaged::new(Own, 0.5)),
    ];
    let mut memory = Memory::default();
    for name in ["schedule.steps", "average.steps"] {
        memory.set_count(name, 0).expect("it is new");
    }
    memory.set_number("schedule.rate", 1.0).expect("it is new");
    for mut optimizer in optimizers {
        let results = [saved(&*optimizer).map(drop), optimizer.restore(&memory, &layout())];
        for result in results {
            let Err(Error::Invalid { what: "the optimiser", found, expected }) = result else {
                panic!("{result:?}");
            };
            assert!(found.ends_with("Own, which cannot be kept"), "{found}");
            assert_eq!(expected, "one with `save` and `restore`; implement both");
        }
    }
}
