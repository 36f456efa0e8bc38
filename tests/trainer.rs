//! `Trainer`: the batches it makes, what it records, who may end it, and that it goes on from anywhere.

mod common;

use std::cell::RefCell;
use std::fmt::Write;
use std::ops::ControlFlow::{Break, Continue};

use blasnet::data::InputForm;
use blasnet::train::{Callback, Cancel, EarlyStopping, Network, Order, Outcome, Trainer, steps_per_epoch};
use blasnet::{
    Activation, Adam, AdamW, Confusion, Dataset, Error, Float, Loss, Mlp, NeuralNetwork, Optimizer, Schedule,
    Scheduled, Sgd, evaluate,
};
use common::{bars, rng};
use ndarray::Array2;
use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

type Generator = Xoshiro256PlusPlus;

fn mlp<A: Float>(dropout: f64) -> Mlp<A> {
    let builder = Mlp::builder(12).hidden(7, Activation::Relu).dropout(dropout);
    builder.output(3, Loss::SoftmaxCrossEntropy).build(&mut rng(1)).unwrap()
}

/// The course's loop (exercise 4-2): each row of each batch is a draw from all.
fn plain_loop<A: Float>(
    network: &mut NeuralNetwork<A>,
    data: &Dataset,
    [steps, batch]: [usize; 2],
    rate: A,
    rng: &mut Generator,
) {
    for _ in 0..steps {
        let rows: Vec<usize> = (0..batch).map(|_| rng.random_range(0..data.len())).collect();
        network.sgd_on(data, &rows, rate).unwrap();
    }
}

#[test]
fn drawn_batches_at_a_plain_rate_are_the_courses_run() {
    for input in [InputForm::Dense, InputForm::Sparse] {
        let data = bars(53, 0).read_as(input);
        let mut course = NeuralNetwork::<f32>::new([12, 7, 3], &mut rng(1)).unwrap();
        let mut trained = course.clone();
        let (mut rng, mut other) = (rng(2), rng(2));
        plain_loop(&mut course, &data, [15, 10], 0.01, &mut rng);
        let mut sgd = Sgd::new(0.01);
        let trainer = Trainer::new(&mut trained, &mut sgd, &data).epochs(3).batch(10);
        trainer.run(&mut other).unwrap();
        assert_eq!((course.values(), rng), (trained.values(), other));
    }
}

#[test]
fn without_settings_it_is_one_epoch_of_drawn_batches_of_100() {
    let data = bars(230, 0);
    let mut course = NeuralNetwork::<f64>::new([12, 7, 3], &mut rng(1)).unwrap();
    let mut trained = course.clone();
    let (mut rng, mut other) = (rng(2), rng(2));
    plain_loop(&mut course, &data, [2, 100], 0.0001, &mut rng);
    let mut sgd = Sgd::new(0.0001);
    let trainer = Trainer::new(&mut trained, &mut sgd, &data);
    assert_eq!((trainer.steps(), steps_per_epoch(&data, 100)), (2, 2));
    trainer.run(&mut other).unwrap();
    assert_eq!((course.values(), rng), (trained.values(), other));
    assert_eq!(steps_per_epoch(&data, 231), 1, "as Trainer::steps: at least one");
}

/// Stops at each step in turn, and goes on from there.
fn goes_on_from_anywhere<N: Network, O: Optimizer<N::Number> + Clone>(
    network: &N,
    optimizer: &O,
    data: &Dataset,
) where
    N::Number: Float,
{
    for order in [Order::Drawn, Order::Shuffled] {
        let (mut whole, mut its_optimizer, mut rng) = (network.clone(), optimizer.clone(), rng(5));
        let states = RefCell::new(Vec::new());
        let outcome = Trainer::new(&mut whole, &mut its_optimizer, data)
            .epochs(3)
            .batch(10)
            .order(order)
            .validate(data)
            .on_step(|step| {
                states.borrow_mut().push((
                    step.run.network.clone(),
                    step.run.optimizer.clone(),
                    step.run.position.clone(),
                ));
                Continue(())
            })
            .run(&mut rng)
            .unwrap();
        assert!(!outcome.interrupted);
        assert_eq!(states.borrow().len(), 15);
        for (mut network, mut optimizer, position) in states.take() {
            // A generator of anything: the position knows better.
            let mut other = common::rng(99);
            let rest = Trainer::new(&mut network, &mut optimizer, data)
                .epochs(3)
                .batch(10)
                .order(order)
                .validate(data)
                .resume(position)
                .run(&mut other)
                .unwrap();
            assert_eq!(rest, outcome);
            assert_eq!(network.values(), whole.values());
            assert_eq!(other, rng);
        }
    }
}

#[test]
fn a_run_goes_on_from_any_step_bit_for_bit() {
    let schedule = Schedule::Cosine { steps: 13, floor: 0.0 }.after_warm_up(2);
    for input in [InputForm::Dense, InputForm::Sparse] {
        let network = NeuralNetwork::<f32>::new([12, 7, 3], &mut rng(1)).unwrap();
        let sgd = Scheduled::new(Sgd::new(0.05), schedule.clone());
        goes_on_from_anywhere(&network, &sgd, &bars(53, 0).read_as(input));
    }
    let adam = Scheduled::new(Adam::new(0.05), schedule);
    goes_on_from_anywhere(&mlp::<f32>(0.3), &adam, &bars(53, 0));
    goes_on_from_anywhere(&mlp::<f64>(0.3), &AdamW::new(0.05), &bars(53, 0));
}

#[test]
fn an_epoch_has_the_mean_of_its_steps_and_the_validation_behind_it() {
    let (data, held_out) = (bars(40, 0), bars(30, 1));
    let (mut network, mut sgd) =
        (mlp::<f64>(0.0), Scheduled::new(Sgd::new(0.5), Schedule::Linear { steps: 8, floor: 0.0 }));
    let steps = RefCell::new(Vec::new());
    let behind = RefCell::new(Vec::new());
    let outcome = Trainer::new(&mut network, &mut sgd, &data)
        .epochs(2)
        .batch(10)
        .order(Order::Shuffled)
        .validate(&held_out)
        .on_step(|step| {
            steps.borrow_mut().push(step.scores);
            Continue(())
        })
        .on_epoch(|epoch| {
            assert_eq!(epoch.scores, epoch.history.epochs[epoch.number]);
            behind.borrow_mut().push(evaluate(epoch.network, &held_out).unwrap());
            Continue(())
        })
        .run(&mut rng(0))
        .unwrap();
    let history = outcome.position.history();
    let (steps, behind) = (steps.take(), behind.take());
    assert_eq!(history.epochs.len(), 2);
    for (epoch, scores) in history.epochs.iter().enumerate() {
        let of = &steps[4 * epoch..4 * (epoch + 1)];
        assert_eq!(scores.train.loss, of.iter().map(|scores| scores.loss).sum::<f64>() / 4.0);
        assert_eq!(scores.train.accuracy, of.iter().map(|scores| scores.accuracy).sum::<f64>() / 4.0);
        assert_eq!(scores.validation, Some(behind[epoch]));
        assert_eq!(scores.learning_rate, [0.25, 0.0][epoch]);
    }
    assert!(history.epochs[1].train.loss < history.epochs[0].train.loss);
    assert_eq!(history.best_epoch(), Some(1));
}

/// Trains until two epochs were no better: the validation labels are wrong, so that it soon gets worse.
fn overtrain(
    network: &mut Mlp<f64>,
    adam: &mut Adam,
    from: Option<Outcome<Generator>>,
) -> Outcome<Generator> {
    let data = bars(40, 0);
    let labels = data.labels().iter().map(|label| (label + 1) % 3).collect();
    let wrong = Dataset::new(data.images().to_owned(), labels, 3).unwrap();
    let mut trainer = Trainer::new(network, adam, &data).epochs(100).batch(10).validate(&wrong);
    if let Some(from) = from {
        trainer = trainer.resume(from.position);
    }
    trainer.callback(EarlyStopping::new(2)).run(&mut rng(0)).unwrap()
}

#[test]
fn early_stopping_ends_a_run_for_good() {
    let (mut network, mut adam) = (mlp::<f64>(0.0), Adam::new(0.05));
    let outcome = overtrain(&mut network, &mut adam, None);
    let history = outcome.position.history();
    let (epochs, best) = (history.epochs.len(), history.best_epoch().unwrap());
    assert!(epochs < 100);
    assert_eq!(best, epochs - 3);
    assert!(!outcome.interrupted);
    assert_eq!(outcome.position.steps(), 4 * epochs);
    // Whoever resumes it gets nothing more.
    let before = network.values().to_vec();
    assert_eq!(overtrain(&mut network, &mut adam, Some(outcome.clone())), outcome);
    assert_eq!(network.values(), before);
}

#[test]
fn anybody_may_interrupt() {
    let data = bars(40, 0);
    let (cancel, calls) = (Cancel::default(), RefCell::new(0));
    let (mut network, mut sgd, mut rng) = (mlp::<f32>(0.0), Sgd::new(0.1), rng(0));
    let outcome = Trainer::new(&mut network, &mut sgd, &data)
        .epochs(5)
        .batch(10)
        .callback(cancel.clone())
        .on_step(|step| {
            *calls.borrow_mut() += 1;
            if step.number == 6 {
                cancel.cancel();
            }
            Continue(())
        })
        .run(&mut rng)
        .unwrap();
    // Cancelled behind its own question for step 6, so noticed behind step 7, which the other is told of too.
    assert_eq!((outcome.position.steps(), *calls.borrow(), outcome.interrupted), (8, 8, true));
    let last =
        Trainer::new(&mut network, &mut sgd, &data).on_step(|_| Break(())).batch(40).run(&mut rng).unwrap();
    assert!(!last.interrupted, "there was nothing left to do");
}

#[test]
fn what_cannot_be_trained_is_named() {
    let data = bars(20, 0);
    let says = |result: Result<Outcome<Generator>, Error>, words: &[&str]| {
        let error = result.unwrap_err().to_string();
        words.iter().for_each(|word| assert!(error.contains(word), "`{word}` expected: {error}"));
    };
    let (mut network, mut sgd, mut rng) = (mlp::<f32>(0.0), Sgd::new(0.1), rng(0));
    for batch in [0, 21] {
        let trainer = Trainer::new(&mut network, &mut sgd, &data).batch(batch);
        says(trainer.run(&mut rng), &["batch size", &batch.to_string(), "1 to 20"]);
    }
    let empty = Dataset::new(Array2::zeros((0, 12)), Vec::new(), 3).unwrap();
    says(Trainer::new(&mut network, &mut sgd, &empty).run(&mut rng), &["batch size"]);
    let mut fast = Sgd::new(1e30);
    says(Trainer::new(&mut network.clone(), &mut fast, &data).epochs(9).run(&mut rng), &["learning rate"]);

    let position =
        Trainer::new(&mut network, &mut sgd, &data).batch(5).epochs(2).run(&mut rng).unwrap().position;
    let mut resume = |data: &Dataset, batch, epochs, order| {
        let trainer = Trainer::new(&mut network, &mut sgd, data).batch(batch).epochs(epochs).order(order);
        trainer.resume(position.clone()).run(&mut rng)
    };
    says(resume(&bars(21, 0), 5, 2, Order::Drawn), &["data's length", "21", "20"]);
    says(resume(&data, 4, 2, Order::Drawn), &["batch size", "4", "5"]);
    says(resume(&data, 5, 2, Order::Shuffled), &["order", "Shuffled", "Drawn"]);
    says(resume(&data, 5, 1, Order::Drawn), &["steps", "4", "8"]);
    assert_eq!(resume(&data, 5, 2, Order::Drawn).unwrap().position, position);
}

/// The course's network is one of any depth, and learns like one.
#[test]
fn the_courses_network_takes_any_optimiser() {
    let data = bars(20, 0);
    let mut course = NeuralNetwork::<f32>::new([12, 7, 3], &mut rng(1)).unwrap();
    let mut network = Mlp::from(course.clone());
    let before = network.values().to_vec();
    Trainer::new(&mut course, &mut Adam::new(0.1), &data).epochs(5).batch(4).run(&mut rng(2)).unwrap();
    Trainer::new(&mut network, &mut Adam::new(0.1), &data).epochs(5).batch(4).run(&mut rng(2)).unwrap();
    assert_eq!(course.values(), network.values());
    assert_ne!(course.values(), before);
}

#[test]
fn confusion_counts_what_evaluate_counts() {
    let data = bars(1100, 3);
    let network = mlp::<f32>(0.5);
    let course = NeuralNetwork::<f64>::new([12, 7, 3], &mut rng(1)).unwrap();
    for (confusion, scores) in [
        (Confusion::of(&network, &data), evaluate(&network, &data)),
        (Confusion::of(&course, &data), evaluate(&course, &data)),
    ] {
        let confusion = confusion.unwrap();
        assert!((confusion.accuracy() - scores.unwrap().accuracy).abs() < 1e-12);
        assert_eq!(confusion.counts().sum(), 1100);
        for class in 0..3 {
            let labels = data.labels().iter().filter(|&&label| usize::from(label) == class).count();
            assert_eq!(confusion.counts().row(class).sum(), labels as u64);
        }
    }
    let empty = Dataset::new(Array2::zeros((0, 12)), Vec::new(), 3).unwrap();
    assert!(Confusion::of(&network, &empty).is_err());
    assert!(Confusion::of_pairs(3, [(0, 3)]).unwrap_err().to_string().contains("(0, 3)"));
}

#[test]
fn confusion_prints_as_a_table() {
    let confusion = Confusion::of_pairs(2, [(0, 0), (1, 1), (1, 0), (0, 0)]).unwrap();
    let expected = "   answer     0     1   recall
  label 0     2     0  100.0 %
        1     1     1   50.0 %
precision  66.7 100.0   75.0 %";
    assert_eq!(confusion.to_string(), expected);
    assert!(Confusion::of_pairs(2, [(0, 0)]).unwrap().recall(1).is_nan());
}

#[test]
fn closures_may_fail() {
    let data = bars(40, 0);
    let run = |fail_at: usize| {
        let (mut network, mut sgd) = (mlp::<f64>(0.0), Sgd::new(0.1));
        let (mut log, mut epochs) = (String::new(), 0);
        let result = Trainer::new(&mut network, &mut sgd, &data)
            .epochs(2)
            .batch(10)
            .on_step(|step| {
                if step.number == fail_at {
                    return Err(Error::other("the log is full"));
                }
                writeln!(log, "{}", step.number).map_err(Error::other)?;
                Ok(Continue(()))
            })
            .on_epoch(|_| {
                epochs += 1;
                Ok(if epochs == 2 { Break(()) } else { Continue(()) })
            })
            .run(&mut rng(1));
        (result.map(|outcome| outcome.position.steps()), log.lines().count())
    };
    let (result, logged) = run(5);
    assert_eq!((result.unwrap_err().to_string().as_str(), logged), ("the log is full", 5));
    let (result, logged) = run(100);
    assert_eq!((result.unwrap(), logged), (8, 8));
}

#[test]
fn an_error_of_a_closure_keeps_its_type() {
    let (mut network, mut sgd, data) = (mlp::<f64>(0.0), Sgd::new(0.1), bars(40, 0));
    let error = Trainer::new(&mut network, &mut sgd, &data)
        .on_epoch(|_| "x".parse::<u8>().map(|_| Continue(())).map_err(Error::other))
        .run(&mut rng(1))
        .unwrap_err();
    let Error::Other(inner) = &error else { panic!("{error}") };
    assert!(inner.is::<std::num::ParseIntError>());
}

#[test]
fn callbacks_may_be_chosen_at_run_time() {
    type Chosen<'a> = Box<dyn Callback<Mlp<f64>, Sgd, Generator> + 'a>;
    let data = bars(40, 0);
    let cancel = Cancel::default();
    cancel.cancel();
    for (chosen, steps) in [(Box::new(EarlyStopping::new(1)) as Chosen<'_>, 8), (Box::new(cancel), 1)] {
        let (mut network, mut sgd) = (mlp::<f64>(0.0), Sgd::new(0.1));
        let trainer = Trainer::new(&mut network, &mut sgd, &data).epochs(2).batch(10).callback(chosen);
        assert_eq!(trainer.run(&mut rng(1)).unwrap().position.steps(), steps);
    }
}

#[test]
fn a_trainer_can_be_printed() {
    let (mut network, mut sgd, data) = (mlp::<f64>(0.0), Sgd::new(0.1), bars(40, 0));
    let trainer =
        Trainer::<_, _, Generator>::new(&mut network, &mut sgd, &data).epochs(2).batch(10).validate(&data);
    let printed = format!("{:?}", trainer.callback(EarlyStopping::new(1)));
    let expected = "Trainer { epochs: 2, plan: Plan { order: Drawn, rows: 40, batch: 10 }, validation_rows: Some(40), \
                    callbacks: 1, resumed_at: None, .. }";
    assert_eq!(printed, expected);
}
