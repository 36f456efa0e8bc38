//! PyTorch and NumPy: files that they wrote, and where they are installed, they themselves.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use blasnet::model::{Loading, Model, Names};
use blasnet::{Activation, Loss};
use ndarray::{Array2, s};

use crate::network;

/// Where `pytorch.py` and what it wrote are.
fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/model")
}

/// Rows of inputs and the logits of them.
fn rows(path: &Path, inputs: usize) -> (Array2<f32>, Array2<f32>) {
    let text = fs::read_to_string(path).unwrap();
    let numbers: Vec<f32> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
    let lines = text.lines().count();
    let rows = Array2::from_shape_vec((lines, numbers.len() / lines), numbers).unwrap();
    (rows.slice(s![.., ..inputs]).to_owned(), rows.slice(s![.., inputs..]).to_owned())
}

#[track_caller]
fn agrees(model: &Model<f32>, rows: &(Array2<f32>, Array2<f32>)) {
    let distance = (model.network.forward(&rows.0).unwrap() - &rows.1).mapv(f32::abs);
    let distance = distance.iter().copied().fold(0.0, f32::max);
    assert!(distance < 1e-5, "logits differ by {distance}");
}

#[test]
fn their_files_give_their_logits() {
    let rows = rows(&here().join("rows.txt"), 4);
    let tanh = Loading::new().activation(Activation::Tanh);
    let torch = tanh.load(here().join("torch.safetensors")).unwrap();
    assert_eq!(torch.network.sizes(), [4, 3, 2]);
    agrees(&torch, &rows);
    agrees(&Model::load(here().join("numpy.npz")).unwrap(), &rows);
}

/// `BLASNET_PYTHON` names the interpreter.
fn python() -> Option<String> {
    let python = env::var("BLASNET_PYTHON").unwrap_or_else(|_| "python3".into());
    let found = Command::new(&python).args(["-c", "import numpy, torch, safetensors"]).output();
    found.is_ok_and(|output| output.status.success()).then_some(python)
}

#[test]
fn they_agree_with_each_other() {
    let Some(python) = python() else {
        eprintln!(
            "there is no Python with numpy, torch and safetensors; this is not tested (BLASNET_PYTHON)"
        );
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let activations = ["relu", "leaky-relu:0.2", "sigmoid", "tanh", "gelu", "identity"];
    let mut command = Command::new(python);
    command.arg(here().join("pytorch.py")).arg("check");
    for name in activations {
        let folder = folder.path().join(name);
        fs::create_dir(&folder).unwrap();
        let network = network::<f32>(&[20, 16, 12, 5], &[name.parse().unwrap()], Loss::SoftmaxCrossEntropy);
        let x = Array2::from_shape_fn((100, 20), |(row, column)| ((row * 20 + column) as f32).sin());
        let z = network.forward(&x).unwrap();
        let mut text = String::new();
        for (x, z) in x.rows().into_iter().zip(z.rows()) {
            x.iter().chain(z).for_each(|number| write!(text, "{number} ").unwrap());
            text.push('\n');
        }
        fs::write(folder.join("ours.txt"), text).unwrap();
        let model = Model::from(network);
        model.save(folder.join("ours.safetensors"), Names::Torch).unwrap();
        model.save(folder.join("ours.npz"), Names::Course).unwrap();
        command.arg(folder);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    for name in activations {
        let folder = folder.path().join(name);
        let rows = rows(&folder.join("theirs.txt"), 20);
        let told = Loading::new().activation(name.parse().unwrap());
        agrees(&told.load(folder.join("theirs.safetensors")).unwrap(), &rows);
        agrees(&Model::load(folder.join("theirs.npz")).unwrap(), &rows);
    }
}
