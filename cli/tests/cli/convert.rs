//! `blasnet convert`: a network there and back again.

use std::fs;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::common::{Digits, blasnet};

#[test]
fn a_network_scores_the_same_in_each_format() {
    let digits = Digits::new();
    let [npz, torch, back] =
        ["model.npz", "torch.safetensors", "back.safetensors"].map(|name| digits.file(name));
    let flags = ["--activation", "gelu", "--dropout", "0.1", "--epochs", "1", "--save", &npz];
    let run = blasnet(&digits.train(&flags));
    let trained = run.lines()[run.lines().len() - 2..].to_vec();
    assert!(fs::read(&npz).unwrap().starts_with(b"PK"), "NumPy's archive is a zip file");

    for (from, to, names) in [(&npz, &torch, "torch"), (&torch, &back, "course")] {
        let run = blasnet(&["convert", from, to, "--names", names]);
        assert_eq!(run.lines(), [""; 0]);
        assert_eq!(run.stderr, format!("{to}: a network of the sizes [784, 16, 10] in f32\n"));
    }
    for model in [&npz, &torch, &back] {
        let eval =
            ["eval", "--model", model, "--data", digits.folder(), "--threads", "2", "--activation", "gelu"];
        assert_eq!(blasnet(&eval).lines(), trained, "{model}");
    }
    let bytes = fs::read(&torch).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(tensors.tensor("0.weight").unwrap().shape(), [16, 784]);
    let (_, header) = SafeTensors::read_metadata(&fs::read(&back).unwrap()).unwrap();
    let about = header.metadata().clone().unwrap();
    let kept = ["activation", "dropout", "seed", "optimizer"].map(|name| about[name].as_str());
    assert_eq!(kept, ["gelu", "0.1", "0", "sgd"]);
    // A wrong word about a network that says what it is.
    let wrong = ["eval", "--model", &npz, "--activation", "tanh"];
    blasnet(&wrong).fails(2, &[&npz, "`activation` is gelu, which contradicts tanh"]);
}

/// A file of PyTorch's, with numbers that f32 does not hold.
#[test]
fn nothing_is_rounded() {
    let digits = Digits::new();
    let [from, to] = ["from.safetensors", "to.safetensors"].map(|name| digits.file(name));
    let bytes: Vec<u8> = [0.1_f64, -0.2].iter().flat_map(|value| value.to_le_bytes()).collect();
    let view = |shape| TensorView::new(Dtype::F64, shape, &bytes).unwrap();
    let tensors = [("out.weight", view(vec![2, 1])), ("out.bias", view(vec![2]))];
    fs::write(&from, safetensors::serialize(tensors, None).unwrap()).unwrap();

    let run = blasnet(&["convert", &from, &to]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stderr.contains("[1, 2] in f64"), "{run:?}");
    let file = fs::read(&to).unwrap();
    let tensors = SafeTensors::deserialize(&file).unwrap();
    let w1 = tensors.tensor("w1").unwrap();
    assert_eq!((w1.shape(), w1.data()), (&[1, 2][..], &bytes[..]));
    // No network for digits.
    blasnet(&["eval", "--model", &to]).fails(2, &["sizes [1, 2]", "expected 784 inputs and 10 outputs"]);
}

#[test]
fn what_cannot_be_converted() {
    let digits = Digits::new();
    let file = |name: &str| digits.file(name);
    let both = "expected `.safetensors` or `.npz`";
    fs::write(file("some.npz"), "no archive").unwrap();
    let cases = [
        (file("missing.npz"), file("a.npz"), "No such file"),
        (file("some.npz"), file("a.npz"), "some.npz: is no .npz file, or a damaged one"),
        (file("some.npz"), file("a.pt"), both),
        (file("some.npz"), file("a"), both),
        (file("some.npz"), file("none/a.npz"), "make it first"),
    ];
    for (from, to, says) in cases {
        blasnet(&["convert", &from, &to]).fails(2, &[says]);
        assert!(!fs::exists(&to).unwrap());
    }
}
