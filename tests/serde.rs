//! What the feature `serde` serialises comes back as it was, and looks as it should.

mod common;

use std::fmt::Debug;
use std::ops::ControlFlow::Continue;

use blasnet::train::{EpochScores, History, Order, Trainer};
use blasnet::{Activation, Init, Loss, Mlp, Reduction, Schedule, Scores, Sgd};
use common::{bars, rng};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// That a value is this in JSON, and comes back.
#[track_caller]
fn is<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, json: &str) {
    assert_eq!(serde_json::to_string(value).unwrap(), json);
    assert_eq!(serde_json::from_str::<T>(json).unwrap(), *value);
    // By way of a tree, whose texts are not borrowed.
    let tree = serde_json::to_value(value).unwrap();
    assert_eq!(serde_json::from_value::<T>(tree).unwrap(), *value);
}

#[track_caller]
fn is_refused<T: DeserializeOwned + Debug>(json: &str, says: &str) {
    let error = serde_json::from_str::<T>(json).unwrap_err().to_string();
    assert!(error.contains(says), "`{says}` expected: {error}");
}

#[test]
fn activations_and_losses_are_their_names() {
    is(&Activation::Relu, r#""relu""#);
    is(&Activation::LeakyRelu { slope: 0.01 }, r#""leaky-relu""#);
    is(&Activation::LeakyRelu { slope: -1e-300 }, &format!(r#""leaky-relu:{}""#, -1e-300));
    is(&[Activation::Sigmoid, Activation::Tanh], r#"["sigmoid","tanh"]"#);
    is(&[Activation::Gelu, Activation::Identity], r#"["gelu","identity"]"#);
    for loss in [Loss::SoftmaxCrossEntropy, Loss::MeanSquaredError, Loss::BinaryCrossEntropy] {
        is(&loss, &format!(r#""{loss}""#));
    }
    is_refused::<Activation>(r#""ReLU""#, "expected relu, leaky-relu");
    is_refused::<Activation>(r#""leaky-relu:inf""#, "the leaky ReLU's slope is inf");
    is_refused::<Activation>("3", "expected the name of an activation");
    is_refused::<Loss>(r#""mse""#, "mean-squared-error");
    is_refused::<Loss>("null", "expected the name of a loss");
}

#[test]
fn settings_are_named_as_they_are_everywhere() {
    is(&Order::Drawn, r#""drawn""#);
    is(&Order::Shuffled, r#""shuffled""#);
    is(&Reduction::Mean, r#""mean""#);
    is(&Reduction::Sum, r#""sum""#);
    is(&Schedule::Constant, r#""constant""#);
    is(&Schedule::Step { every: 10, factor: 0.5 }, r#"{"step":{"every":10,"factor":0.5}}"#);
    is(&Schedule::Linear { steps: 7, floor: 0.1 }, r#"{"linear":{"steps":7,"floor":0.1}}"#);
    is(
        &Schedule::Cosine { steps: u64::MAX, floor: 0.0 }.after_warm_up(3),
        r#"{"warm-up":{"steps":3,"then":{"cosine":{"steps":18446744073709551615,"floor":0.0}}}}"#,
    );
    is(&Init::Gaussian { sigma: 0.1 }, r#"{"gaussian":{"sigma":0.1}}"#);
    is(&Init::Uniform { limit: 0.5 }, r#"{"uniform":{"limit":0.5}}"#);
    is(&[Init::XavierNormal, Init::XavierUniform], r#"["xavier-normal","xavier-uniform"]"#);
    is(&[Init::HeNormal, Init::HeUniform], r#"["he-normal","he-uniform"]"#);
    #[cfg(feature = "lapack")]
    is(&Init::Orthogonal, r#""orthogonal""#);
    #[cfg(not(feature = "lapack"))]
    is_refused::<Init>(r#""orthogonal""#, "unknown variant");
    is_refused::<Order>(r#""Shuffled""#, "unknown variant");
}

/// The history of two epochs.
fn history(loss: Loss) -> History {
    let mut network =
        Mlp::<f64>::builder(12).hidden(5, Activation::Tanh).output(3, loss).build(&mut rng(1)).unwrap();
    let (mut sgd, data) = (Sgd::new(0.1), bars(20, 0));
    let trainer = Trainer::new(&mut network, &mut sgd, &data).epochs(2).batch(10).validate(&data);
    let outcome = trainer.on_step(|_| Continue(())).run(&mut rng(2)).unwrap();
    outcome.position.history().clone()
}

#[test]
fn a_history_comes_back_bit_for_bit() {
    let history = history(Loss::SoftmaxCrossEntropy);
    assert_eq!(history.epochs.len(), 2);
    // By way of a tree: serde_json reads texts to the last bit only with a feature that would change other crates' tests.
    let tree = serde_json::to_value(&history).unwrap();
    assert_eq!(serde_json::from_value::<History>(tree).unwrap(), history);
    is(&Scores::new(0.25, 0.5), r#"{"loss":0.25,"accuracy":0.5}"#);
    is(
        &EpochScores::new(Scores::new(0.25, 0.5), None, 0.1),
        r#"{"train":{"loss":0.25,"accuracy":0.5},"validation":null,"learning_rate":0.1}"#,
    );
}

#[test]
fn nan_is_null() {
    let history = history(Loss::MeanSquaredError);
    let json = serde_json::to_string(&history).unwrap();
    assert!(json.contains(r#""accuracy":null"#), "{json}");
    let again: History = serde_json::from_value(serde_json::to_value(&history).unwrap()).unwrap();
    for (epoch, again) in history.epochs.iter().zip(&again.epochs) {
        assert!(epoch.train.accuracy.is_nan() && again.train.accuracy.is_nan());
        let validation = epoch.validation.zip(again.validation).unwrap();
        assert!(validation.0.accuracy.is_nan() && validation.1.accuracy.is_nan());
        assert_eq!((epoch.train.loss, validation.0.loss), (again.train.loss, validation.1.loss));
        assert_eq!(epoch.learning_rate, again.learning_rate);
    }
    assert_eq!(again.epochs.len(), history.epochs.len());

    // JSON has no infinity.
    let json = serde_json::to_string(&Scores::new(f64::INFINITY, 0.5)).unwrap();
    assert_eq!(json, r#"{"loss":null,"accuracy":0.5}"#);
    assert!(serde_json::from_str::<Scores>(&json).unwrap().loss.is_nan());
    is_refused::<Scores>(r#"{"loss":0.5}"#, "missing field `accuracy`");
}
