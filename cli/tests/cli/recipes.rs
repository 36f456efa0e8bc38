//! `--recipe`: flags under a name, behind which those of the command line have the last word.

use std::collections::HashMap;
use std::fs;

use safetensors::SafeTensors;

use crate::common::{Digits, blasnet};

/// What a run with these flags says of itself in the model that it saves.
fn about(digits: &Digits, flags: &[&str]) -> HashMap<String, String> {
    let model = digits.file("model.safetensors");
    let few = ["train", "--data", digits.folder(), "--threads", "2", "--save", &model];
    blasnet(&[&few[..], flags].concat()).lines();
    let bytes = fs::read(&model).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    header.metadata().clone().unwrap()
}

#[track_caller]
fn says(about: &HashMap<String, String>, expected: &[(&str, &str)]) {
    for (name, value) in expected {
        assert_eq!(about.get(*name).map(String::as_str), Some(*value), "{name}");
    }
}

#[test]
fn a_recipe_is_its_flags() {
    let digits = Digits::new();
    let fast = about(&digits, &["--recipe", "fast"]);
    // Not the numbers, which a better search may change.
    says(&fast, &[("optimizer", "sgd"), ("schedule", "linear"), ("weights", "he"), ("order", "shuffled")]);
    assert_ne!(fast["rate"], "0.0001");
    let course = about(&digits, &["--recipe", "course", "--epochs", "1"]);
    says(&course, &[("hidden", "500"), ("rate", "0.0001"), ("order", "drawn"), ("batch", "100")]);
    let wrong = blasnet(&["train", "--recipe", "worst"]);
    wrong.fails(2, &["'worst'", "possible values: course, fast, best"]);
}

#[test]
fn flags_have_the_last_word_wherever_they_stand() {
    let digits = Digits::new();
    let (recipe, flags) = (["--recipe", "best"], ["--epochs", "1", "--hidden", "16", "--dropout", "0"]);
    for all in [[&recipe[..], &flags].concat(), [&flags[..], &recipe].concat()] {
        let about = about(&digits, &all);
        says(&about, &[("epochs", "1"), ("hidden", "16"), ("dropout", "0")]);
        says(&about, &[("optimizer", "adamw"), ("schedule", "cosine"), ("order", "shuffled")]);
    }
}

#[test]
fn a_recipes_run_goes_on_with_or_without_its_name() {
    let digits = Digits::new();
    let folder = digits.file("run");
    let keep = ["--checkpoint", &folder];
    let recipe = ["--recipe", "best", "--hidden", "16", "--epochs", "1"];
    let began = about(&digits, &[&recipe[..], &keep].concat());
    for flags in [&["--resume"][..], &[&recipe[..], &["--resume"]].concat()] {
        assert_eq!(about(&digits, &[&keep[..], flags].concat()), began);
    }
}
