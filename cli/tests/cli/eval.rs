//! `blasnet eval`, mostly on files that are no model; `train`'s tests have it score a good one.

use std::fs;

use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::common::{Digits, blasnet};

/// A tensor: its name, type, shape and bytes.
type Tensor = (&'static str, Dtype, Vec<usize>, Vec<u8>);

/// An f32 tensor of this value throughout.
fn filled(name: &'static str, shape: &[usize], value: f32) -> Tensor {
    (name, Dtype::F32, shape.to_vec(), value.to_le_bytes().repeat(shape.iter().product()))
}

/// Tensors as `train` saves them, for so many hidden units.
fn network(hidden: usize, value: f32) -> Vec<Tensor> {
    vec![
        filled("w1", &[784, hidden], value),
        filled("b1", &[hidden], value),
        filled("w2", &[hidden, 10], value),
        filled("b2", &[10], value),
    ]
}

/// The file of a good network, but for one tensor in another's place.
fn with(place: usize, tensor: Tensor) -> Vec<u8> {
    let mut tensors = network(3, 0.5);
    tensors[place] = tensor;
    file(&tensors)
}

fn file(tensors: &[Tensor]) -> Vec<u8> {
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| (*name, TensorView::new(*dtype, shape.clone(), bytes).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

#[test]
fn another_programs_file_with_the_same_tensors_will_do() {
    let digits = Digits::new();
    let model = digits.file("model");
    fs::write(&model, file(&network(3, 0.0))).unwrap();
    let run = blasnet(&["eval", "--model", &model, "--data", digits.folder()]);
    // All logits are 0: the loss is ln 10, and every answer is the first class, a tenth of the images.
    let lines = run.lines();
    let loss: f64 = lines[0].strip_prefix("Test Loss: ").unwrap().parse().unwrap();
    assert!((loss - 10_f64.ln()).abs() < 1e-6, "{run:?}");
    assert_eq!(lines[1..], ["Test Acc: 10.0 %"]);

    let run = blasnet(&["eval", "--model", &model, "--data", digits.folder(), "--classes"]);
    let table = run.lines();
    assert_eq!((table.len(), &table[..2]), (2 + 12 + 1, &lines[..]));
    assert_eq!(
        table[4].split_whitespace().collect::<Vec<_>>(),
        ["1", "10", "0", "0", "0", "0", "0", "0", "0", "0", "0", "0.0", "%"]
    );
    assert_eq!(table[14], "10 of 100 right");
}

#[test]
fn each_bad_file_is_named_with_its_fault() {
    let good = network(3, 0.5);
    let whole = file(&good);
    let one_more = [&good[..], &[filled("w3", &[1], 0.0)]].concat();
    let nan_at_its_end = [vec![0; 36], f32::NAN.to_le_bytes().to_vec()].concat();

    let cases: [(Vec<u8>, &[&str]); 12] = [
        (vec![], &["no safetensors file"]),
        (b"P5 28 28 255 and so on, some picture".to_vec(), &["no safetensors file"]),
        (whole[..whole.len() - 1].to_vec(), &["damaged"]),
        (whole[..20].to_vec(), &["damaged"]),
        (file(&good[..3]), &["has no tensor `b2`", "w1, b1, w2, b2"]),
        (file(&one_more), &["has no tensor `b3`", "w1, b1, w2, b2 and so on to b3"]),
        (with(1, ("b1", Dtype::I16, vec![3], vec![0; 6])), &["`b1` is I16", "expected F32"]),
        (with(0, filled("w1", &[783, 3], 0.0)), &["sizes [783, 3, 10]", "784 inputs and 10 outputs"]),
        (with(0, filled("w1", &[784 * 3], 0.0)), &["`w1` has shape [2352]", "expected [in, out]"]),
        (with(2, filled("w2", &[4, 10], 0.0)), &["`w2` has shape [4, 10]", "expected [3, out]"]),
        (with(3, ("b2", Dtype::F32, vec![10], nan_at_its_end)), &["`b2` holds NaN"]),
        (file(&network(0, 0.0)), &["width is 0 in hidden layer 1"]),
    ];
    let digits = Digits::new();
    for (place, (bytes, says)) in cases.into_iter().enumerate() {
        let name = digits.file(&format!("model {place}"));
        fs::write(&name, bytes).unwrap();
        let run = blasnet(&["eval", "--model", &name, "--data", digits.folder()]);
        run.fails(2, &[&[name.as_str()], says].concat());
    }
}

#[test]
fn weights_too_large_to_compute_with_are_no_score() {
    let digits = Digits::new();
    let model = digits.file("model");
    fs::write(&model, file(&network(3, 1e30))).unwrap();
    blasnet(&["eval", "--model", &model, "--data", digits.folder()]).fails(2, &[&model, "test loss is "]);
}

#[test]
fn what_is_no_file_is_said_to_be_none() {
    let digits = Digits::new();
    let missing = digits.file("missing");
    blasnet(&["eval", "--model", &missing]).fails(2, &[&missing, "No such file"]);
    blasnet(&["eval", "--model", digits.folder()]).fails(2, &[digits.folder(), "is no file"]);
}
