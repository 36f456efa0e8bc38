//! Command lines that cannot be carried out: exit code 2 and one line each, before anything is computed.

use std::fs;

use crate::common::{Digits, blasnet};

#[test]
fn flags_and_values_that_make_no_sense() {
    let cases: [(&[&str], &[&str]); 25] = [
        (
            &[],
            &["no command", "train, eval, convert, report, predict, serve, plot-bench or course", "--help"],
        ),
        (&["trian"], &["'trian'", "'train'"]),
        (&["train", "--epoch", "3"], &["'--epoch'", "'--epochs'"]),
        (&["train", "digits"], &["'digits'"]),
        (&["train", "--epochs"], &["--epochs <N>"]),
        (&["train", "--epochs", "0"], &["'0' for '--epochs <N>'", "whole number of at least 1"]),
        (&["train", "--epochs", "1.5"], &["'1.5'", "whole number of at least 1"]),
        (&["train", "--epochs", "99999999999999999999"], &["--epochs", "whole number"]),
        (&["train", "--batch", "0"], &["--batch", "at least 1"]),
        (&["train", "--batch", "-1"], &["'-1' for '--batch <N>'", "at least 1"]),
        (&["train", "--hidden", "0"], &["--hidden", "1 to 65536"]),
        (&["train", "--hidden", "300,0"], &["--hidden", "1 to 65536"]),
        (&["train", "--hidden", ""], &["--hidden", "1 to 65536"]),
        (&["train", "--activation", "relo"], &["--activation", "relu", "gelu", "identity"]),
        (&["train", "--dropout", "1"], &["--dropout", "a probability of 0 to below 1"]),
        (&["train", "--optimizer", "lion"], &["--optimizer", "possible values: sgd, momentum", "adamw"]),
        (&["train", "--hidden", "18446744073709551615"], &["--hidden", "1 to 65536"]),
        (&["train", "--log-every", "0"], &["--log-every", "at least 1"]),
        (&["train", "--rate", "-0.1"], &["'-0.1' for '--rate <RATE>'", "finite number of at least 0"]),
        (&["train", "--rate", "NaN"], &["'NaN'", "finite number"]),
        (&["train", "--rate", "inf"], &["'inf'", "finite number"]),
        (&["train", "--seed", "-1"], &["'-1' for '--seed <SEED>'"]),
        (&["train", "--threads", "0"], &["--threads", "1 to 1024"]),
        (&["eval"], &["--model <FILE>"]),
        (&["course", "4-2"], &["'4-2'", "1-1, ", "4-1"]),
    ];
    for (args, says) in cases {
        blasnet(args).fails(2, says);
    }
}

#[test]
fn values_that_the_data_rules_out() {
    let digits = Digits::new();
    let train = |more: &[&str]| blasnet(&[&["train", "--data", digits.folder()], more].concat());
    train(&["--batch", "501"]).fails(2, &["batch size is 501", "1 to 500"]);
    // Finite, but not in f32.
    train(&["--rate", "1e300"]).fails(2, &["learning rate is 1e300", "f32"]);
}

#[test]
fn folders_that_hold_no_mnist() {
    let digits = Digits::new();
    let missing = digits.file("missing");
    blasnet(&["train", "--data", &missing]).fails(2, &[&missing, "No such file"]);

    let (labels, images) = ("train-labels-idx1-ubyte", "t10k-images-idx3-ubyte");
    let file = digits.file(labels);
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
    blasnet(&["train", "--data", digits.folder()]).fails(2, &[&file, "ends after 507 bytes"]);
    fs::write(&file, bytes).unwrap();

    fs::remove_file(digits.file(images)).unwrap();
    blasnet(&["train", "--data", digits.folder()]).fails(2, &[digits.folder(), "has no ", images]);
}

#[test]
fn places_where_nothing_can_be_saved() {
    let digits = Digits::new();
    // Long runs all, so that a check at their end would be noticed.
    let save = |name: &str, says: &[&str]| {
        let run = blasnet(&digits.train(&["--epochs", "1000000000", "--save", name]));
        run.fails(2, &[&["--save ", name], says].concat());
    };
    save(digits.folder(), &["is a folder"]);
    save(&digits.file("missing/model"), &["No such file", "make it first"]);
    save(&digits.file("missing/"), &["names a folder"]);

    let locked = digits.file("locked");
    fs::write(&locked, "an older file").unwrap();
    let mut permissions = fs::metadata(&locked).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&locked, permissions).unwrap();
    save(&locked, &["is read-only"]);
    #[cfg(unix)]
    save("/dev/null", &["no regular file"]);
    assert_eq!(fs::read_to_string(&locked).unwrap(), "an older file");
}
