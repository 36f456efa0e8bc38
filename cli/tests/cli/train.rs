//! `blasnet train`.

use std::fs;

use safetensors::SafeTensors;

use crate::common::{Digits, Run, TRAIN, blasnet};

/// What stands behind `name: `.
#[track_caller]
fn behind<'a>(line: &'a str, name: &str) -> &'a str {
    let text = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(": "));
    text.unwrap_or_else(|| panic!("`{name}: …` expected: {line}"))
}

/// That the line is a loss, printed as Rust prints an f64.
#[track_caller]
fn is_loss(line: &str, name: &str) {
    let text = behind(line, name);
    let value: f64 = text.parse().unwrap();
    assert_eq!(value.to_string(), text);
    assert!(value.is_finite() && value >= 0.0, "{line}");
}

/// The line's percentage, with one decimal.
#[track_caller]
fn accuracy(line: &str, name: &str) -> f64 {
    let text = behind(line, name).strip_suffix(" %").unwrap_or_else(|| panic!("{line}"));
    let value: f64 = text.parse().unwrap();
    assert_eq!(format!("{value:.1}"), text);
    assert!((0.0..=100.0).contains(&value), "{line}");
    value
}

/// That standard output is the course's lines for these steps; gives the test's accuracy.
#[track_caller]
fn course_lines(run: &Run, steps: &[usize]) -> f64 {
    let lines = run.lines();
    assert_eq!(lines.len(), 2 * steps.len() + 2, "{run:?}");
    let (logged, test) = lines.split_at(2 * steps.len());
    for (step, pair) in steps.iter().zip(logged.chunks(2)) {
        is_loss(pair[0], &format!("Loss {step}"));
        accuracy(pair[1], "Acc");
    }
    is_loss(test[0], "Test Loss");
    accuracy(test[1], "Test Acc")
}

#[test]
fn a_run_prints_the_courses_lines_and_learns() {
    let digits = Digits::new();
    let run = blasnet(&digits.train(&["--epochs", "4", "--rate", "0.01", "--log-every", "8"]));
    let right = course_lines(&run, &[0, 8, 16, 24, 32]);
    assert!(right > 90.0, "{run:?}");

    // One summary, and no trace of a bar where there is no terminal.
    assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
    for part in ["40 steps in ", " ms a step, ", "threads: 2, "] {
        assert!(run.stderr.contains(part), "{run:?}");
    }
    assert!(!run.stderr.contains(['\r', '\u{1b}']), "{run:?}");
}

/// This process has the kernel that OpenBLAS chose; where there is a better one, the program has started itself again.
#[test]
#[cfg(unix)]
fn a_run_uses_the_kernel_that_suits_the_processor() {
    let chosen = blasnet::blas::name();
    let digits = Digits::new();
    let run = blasnet(&digits.train(&[]));
    let expected = blasnet::blas::better_kernel().map_or(chosen, |kernel| format!("kernel {kernel}"));
    assert!(run.stderr.contains(&expected), "`{expected}` expected: {run:?}");
}

/// All pixels or those that are not 0: the same run but for rounding, whatever the network.
#[test]
fn images_are_read_in_the_form_that_is_asked_for() {
    let course = [];
    let other = ["--hidden", "40,20", "--activation", "gelu", "--dropout", "0.1", "--optimizer", "nesterov"];
    for network in [&course[..], &other] {
        images_are_read_as_asked_by(network);
    }

    let wrong = blasnet(&["train", "--input", "thick"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("possible values: auto, dense, sparse"), "{wrong:?}");
}

fn images_are_read_as_asked_by(network: &[&str]) {
    let digits = Digits::new();
    let train = |input| {
        let flags = ["--epochs", "1", "--log-every", "100", "--input", input];
        let run = blasnet(&digits.train(&[&flags, network].concat()));
        course_lines(&run, &[0]);
        let loss: f64 =
            run.stdout.lines().nth(2).and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap();
        (run.stderr, loss)
    };
    let (sparse, sparse_loss) = train("sparse");
    assert!(sparse.contains(", input: sparse, ") && sparse.contains(" % of the pixels, "), "{sparse}");
    let (dense, dense_loss) = train("dense");
    assert!(dense.contains(", input: dense, "), "{dense}");
    assert!((sparse_loss - dense_loss).abs() <= 1e-5 * dense_loss, "{sparse_loss}, {dense_loss}");
}

#[test]
fn the_embedded_images_are_the_default() {
    let run = blasnet(&["train", "--epochs", "1", "--batch", "20000", "--hidden", "4", "--log-every", "2"]);
    course_lines(&run, &[0, 2]);
}

#[test]
fn the_default_run_is_the_courses() {
    let help = blasnet(&["train", "--help"]).stdout;
    let course = [
        ("--epochs <N>", "100"),
        ("--batch <N>", "100"),
        ("--input <FORM>", "auto"),
        ("--rate <RATE>", "0.0001 for sgd, else the optimiser's usual one"),
        ("--hidden <N>", "500"),
        ("--activation <NAME>", "relu"),
        ("--dropout <P>", "0"),
        ("--optimizer <NAME>", "sgd"),
        ("--seed <SEED>", "0"),
        ("--log-every <N>", "100"),
    ];
    for (flag, value) in course {
        let (_, rest) = help.split_once(flag).unwrap_or_else(|| panic!("{flag}"));
        let (_, default) = rest.split_once("[default: ").unwrap();
        assert_eq!(default.split(']').next(), Some(value), "{flag}");
    }
}

/// Any depth, activation and optimiser: it learns, says so, and comes back from its file the same.
#[test]
fn any_network_is_trained_saved_and_evaluated() {
    let digits = Digits::new();
    let model = digits.file("deep.safetensors");
    for (optimizer, activation) in [
        ("sgd", "tanh"),
        ("momentum", "relu"),
        ("nesterov", "leaky-relu"),
        ("adagrad", "sigmoid"),
        ("rmsprop", "relu"),
        ("adam", "leaky-relu:0.2"),
        ("adamw", "gelu"),
    ] {
        let rate = if optimizer == "sgd" { "0.003" } else { "0.01" };
        let flags = ["train", "--data", digits.folder(), "--batch", "50", "--threads", "2", "--epochs", "20"];
        let network = ["--hidden", "60,30", "--activation", activation, "--dropout", "0.05"];
        let chosen = ["--optimizer", optimizer, "--rate", rate, "--save", &model, "--log-every", "100"];
        let run = blasnet(&[&flags[..], &network, &chosen].concat());
        let right = course_lines(&run, &[0, 100]);
        assert!(right > 85.0, "{optimizer}, {activation}: {right}");
        assert!(run.stderr.contains(", input: sparse, "), "{run:?}");

        let eval = blasnet(&["eval", "--model", &model, "--data", digits.folder(), "--threads", "2"]);
        assert_eq!(eval.lines(), run.lines()[run.lines().len() - 2..], "{optimizer}, {activation}");
        let bytes = fs::read(&model).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let about = header.metadata().as_ref().unwrap();
        assert_eq!((&*about["sizes"], &*about["activation"]), ("784,60,30,10", activation));
        assert_eq!((&*about["optimizer"], &*about["rate"]), (optimizer, rate));
    }
}

#[test]
fn a_seed_decides_everything() {
    let digits = Digits::new();
    let run = |seed| blasnet(&digits.train(&["--epochs", "2", "--log-every", "1", "--seed", seed])).stdout;
    let (first, again, other) = (run("7"), run("7"), run("8"));
    assert_eq!(first, again);
    assert_ne!(first.lines().next(), other.lines().next());
}

#[test]
fn a_saved_network_scores_what_training_printed() {
    let digits = Digits::new();
    let model = digits.file("model.safetensors");
    // What is there is replaced.
    fs::write(&model, "an older file").unwrap();
    let files = || fs::read_dir(digits.folder()).unwrap().count();
    let before = files();
    let run = blasnet(&digits.train(&["--epochs", "2", "--seed", "3", "--save", &model]));
    let lines = run.lines();
    assert_eq!(files(), before, "a temporary file was left");

    let eval = blasnet(&["eval", "--model", &model, "--data", digits.folder(), "--threads", "2"]);
    assert_eq!(eval.lines(), lines[lines.len() - 2..]);
    assert_eq!(eval.stderr, "");

    let bytes = fs::read(&model).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    for (name, shape) in [("w1", &[784, 16][..]), ("b1", &[16]), ("w2", &[16, 10]), ("b2", &[10])] {
        assert_eq!(tensors.tensor(name).unwrap().shape(), shape, "{name}");
    }
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    let about = metadata.metadata().as_ref().unwrap();
    let steps = (2 * TRAIN / 50).to_string();
    for (name, value) in [
        ("format", "blasnet"),
        ("version", env!("CARGO_PKG_VERSION")),
        ("sizes", "784,16,10"),
        ("steps", &steps),
        ("batch", "50"),
        ("rate", "0.0001"),
        ("seed", "3"),
        ("generator", "Xoshiro256PlusPlus"),
    ] {
        assert_eq!(about.get(name).map(String::as_str), Some(value), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_saved_network_is_a_file_like_any_other() {
    use std::os::unix::fs::{MetadataExt, symlink};

    let digits = Digits::new();
    let (plain, model, link) = (digits.file("plain"), digits.file("model"), digits.file("link"));
    fs::write(&plain, "").unwrap();
    fs::write(&model, "").unwrap();
    symlink(&model, &link).unwrap();
    assert_eq!(blasnet(&digits.train(&["--epochs", "1", "--save", &link])).code, Some(0));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink(), "the link was replaced, not its file");
    assert_eq!(fs::metadata(&model).unwrap().mode(), fs::metadata(&plain).unwrap().mode());
    assert!(fs::metadata(&model).unwrap().len() > 0);
}

#[test]
fn a_diverging_run_says_where_and_leaves_the_old_model() {
    let digits = Digits::new();
    let model = digits.file("model.safetensors");
    fs::write(&model, "an older file").unwrap();
    let run = blasnet(&digits.train(&["--epochs", "5", "--rate", "1e30", "--save", &model]));
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(!run.stdout.contains("Test"), "{run:?}");
    run.complains(&["the loss is ", " at step ", "lower the learning rate"]);
    assert_eq!(fs::read_to_string(&model).unwrap(), "an older file");
}

#[test]
fn weights_that_the_last_step_spoilt_are_noticed() {
    let digits = Digits::new();
    let model = digits.file("model.safetensors");
    // One step: its loss is from before the update, so it is finite.
    let few = ["train", "--data", digits.folder(), "--hidden", "16", "--batch", "500", "--epochs", "1"];
    let run = blasnet(&[&few[..], &["--rate", "1e38", "--save", &model]].concat());
    assert_eq!(run.code, Some(1), "{run:?}");
    run.complains(&["at step 1"]);
    assert!(!fs::exists(&model).unwrap());
}
