//! Names, shapes and texts that are no network's, and those that are.

use std::collections::HashMap;

use blasnet::model::{Loading, Model, Names};
use blasnet::{Activation, Loss};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::small;

/// A tensor: its name, type, shape and bytes.
type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);

/// An f32 tensor that counts 0, 1, 2.
fn counting(name: &str, shape: &[usize]) -> Tensor {
    let count: usize = shape.iter().product();
    let bytes = (0..count).flat_map(|place| (place as f32).to_le_bytes()).collect();
    (name.into(), Dtype::F32, shape.to_vec(), bytes)
}

fn file(tensors: &[Tensor], texts: &[(&str, &str)]) -> Vec<u8> {
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap()));
    let texts: HashMap<_, _> = texts.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect();
    safetensors::serialize(views, Some(texts.into_iter().collect())).unwrap()
}

fn tensors(named: &[(&str, &[usize])]) -> Vec<Tensor> {
    named.iter().map(|(name, shape)| counting(name, shape)).collect()
}

#[track_caller]
fn refused(bytes: &[u8], says: &str) {
    let error = Model::<f32>::from_safetensors(bytes, "a file").unwrap_err().to_string();
    assert!(error.starts_with("a file: ") && error.contains(says), "{error}");
}

const COURSE: [(&str, &[usize]); 4] = [("w1", &[2, 3]), ("b1", &[3]), ("w2", &[3, 2]), ("b2", &[2])];
const TORCH: [(&str, &[usize]); 4] =
    [("fc1.weight", &[3, 2]), ("fc1.bias", &[3]), ("fc2.weight", &[2, 3]), ("fc2.bias", &[2])];

#[test]
fn layers_are_in_natural_order_and_transposed() {
    for [first, second] in
        [["fc2", "fc10"], ["layers.2", "layers.10"], ["0", "3"], ["net.fc", "net.fc1"], ["a", "b"]]
    {
        let named = [
            (format!("{second}.weight"), vec![1, 2]),
            (format!("{second}.bias"), vec![1]),
            (format!("{first}.weight"), vec![2, 3]),
            (format!("{first}.bias"), vec![2]),
        ];
        let tensors: Vec<_> = named.iter().map(|(name, shape)| counting(name, shape)).collect();
        let model = Model::<f64>::from_safetensors(&file(&tensors, &[]), "a file").unwrap();
        assert_eq!(model.network.sizes(), [3, 2, 1]);
        let expected = [0.0, 3.0, 1.0, 4.0, 2.0, 5.0, 0.0, 1.0, 0.0, 1.0, 0.0];
        assert_eq!(model.network.values(), expected, "{first}, {second}");
    }
}

#[test]
fn a_linear_layer_by_itself() {
    let bytes = file(&tensors(&[("weight", &[2, 3]), ("bias", &[2])]), &[]);
    assert_eq!(Model::<f32>::from_safetensors(&bytes, "a file").unwrap().network.sizes(), [3, 2]);
}

/// 1, −2, the smallest and the largest number of each kind.
#[test]
fn halves_of_both_kinds() {
    let kinds = [
        (Dtype::F16, [0x3c00_u16, 0xc000, 0x0001, 0x7bff], [1.0, -2.0, 2_f64.powi(-24), 65504.0]),
        (Dtype::BF16, [0x3f80, 0xc000, 0x0001, 0x7f7f], [1.0, -2.0, 2_f64.powi(-133), 3.3895313892515355e38]),
    ];
    for (dtype, halves, numbers) in kinds {
        let bytes = |halves: &[u16]| halves.iter().flat_map(|half| half.to_le_bytes()).collect::<Vec<u8>>();
        let w = ("w1".to_owned(), dtype, vec![4, 1], bytes(&halves));
        let model = |b| file(&[w.clone(), ("b1".to_owned(), dtype, vec![1], bytes(&[b]))], &[]);
        let wide = Model::<f64>::from_safetensors(&model(0x8000), "a file").unwrap();
        assert_eq!(wide.network.values()[..4], numbers);
        assert!(wide.network.values()[4].is_sign_negative());
        let infinity = if dtype == Dtype::F16 { 0xfc00 } else { 0xff80 };
        refused(&model(infinity), "tensor `b1` holds -inf, expected finite numbers of f32");
        refused(&model(0x7fff), "tensor `b1` holds NaN");
    }
}

#[test]
fn tensors_that_are_no_network() {
    let with = |named: &[(&str, &[usize])], place: usize, other: (&str, &[usize])| {
        let mut named = named.to_vec();
        named[place] = other;
        file(&tensors(&named), &[])
    };
    let course = |place, other| with(&COURSE, place, other);
    let torch = |place, other| with(&TORCH, place, other);

    refused(b"\x02\0\0\0\0\0\0\0{}", "has no tensors, expected w1, b1");
    refused(&file(&tensors(&COURSE[..3]), &[]), "has no tensor `b2`, expected w1, b1, w2, b2");
    refused(&course(2, ("w3", &[3, 2])), "has no tensor `w2`, expected w1, b1, w2, b2");
    refused(&course(1, ("b01", &[3])), "has no tensor `b1`");
    let deeper = [&COURSE[..], &[("w3", &[2, 1])]].concat();
    refused(&file(&tensors(&deeper), &[]), "has no tensor `b3`, expected w1, b1, w2, b2 and so on to b3");
    let more = [&COURSE[..], &[("mean", &[2])]].concat();
    refused(&file(&tensors(&more), &[]), "has a tensor `mean`, expected w1, b1, w2, b2 alone");
    refused(&course(0, ("w1", &[6])), "tensor `w1` has shape [6], expected [in, out]");
    refused(
        &course(2, ("w2", &[4, 2])),
        "tensor `w2` has shape [4, 2], expected [3, out], as the layer before, `w1`",
    );
    refused(&course(1, ("b1", &[3, 1])), "tensor `b1` has shape [3, 1], expected [3], as `w1`");
    refused(&course(3, ("b2", &[0])), "tensor `b2` has shape [0], expected [2]");
    let empty = [("w1", &[2, 0][..]), ("b1", &[0]), ("w2", &[0, 2]), ("b2", &[2])];
    refused(&file(&tensors(&empty), &[]), "width is 0 in hidden layer 1");
    let wide = [("w1", &[usize::MAX, 0][..]), ("b1", &[0]), ("w2", &[0, 0]), ("b2", &[0])];
    refused(&file(&tensors(&wide), &[]), "width is 18446744073709551615 in the inputs");

    refused(&torch(1, ("fc3.bias", &[3])), "has a tensor `fc1.weight` and no `fc1.bias`");
    refused(&torch(2, ("fc3.weight", &[2, 3])), "has a tensor `fc2.bias` and no `fc2.weight`");
    refused(&torch(0, ("fc1.running_mean", &[3])), "has a tensor `fc1.running_mean`, expected w1, b1");
    refused(&torch(0, ("scale", &[3])), "has a tensor `scale`");
    refused(&torch(0, ("fc1.weight", &[3])), "tensor `fc1.weight` has shape [3], expected [out, in]");
    refused(
        &torch(2, ("fc2.weight", &[3, 2])),
        "tensor `fc2.weight` has shape [3, 2], expected [out, 3], as the layer before, `fc1.weight`, has 3 outputs",
    );
    refused(&torch(3, ("fc2.bias", &[3])), "tensor `fc2.bias` has shape [3], expected [2], as `fc2.weight`");

    let mut integers = tensors(&COURSE);
    integers[1].1 = Dtype::I32;
    refused(&file(&integers, &[]), "tensor `b1` is I32, expected F32, F64, F16 or BF16");
    let mut infinite = tensors(&COURSE);
    infinite[2].3[8..12].copy_from_slice(&f32::INFINITY.to_le_bytes());
    refused(&file(&infinite, &[]), "tensor `w2` holds inf, expected finite numbers of f32");
}

#[test]
fn texts_that_describe_another_network() {
    let with = |texts: &[(&str, &str)]| file(&tensors(&COURSE), texts);
    let newer = [("format", "blasnet"), ("format_version", "2")];
    refused(&with(&newer), "was written by a newer blasnet (format 2, this one reads 1)");
    refused(&with(&[("format", "blasnet"), ("format_version", "one")]), "its text `format_version`, \"one\"");
    refused(
        &with(&[("sizes", "2,4,2")]),
        "its text `sizes` is \"2,4,2\", but its tensors have the sizes 2,3,2",
    );
    refused(
        &with(&[("activation", "swish")]),
        "its text `activation`, \"swish\": the activation is \"swish\"",
    );
    refused(
        &with(&[("activation", "relu,relu")]),
        "has 2 values, expected one, or one for each of 1 hidden layers",
    );
    refused(&with(&[("dropout", "much")]), "its text `dropout`, \"much\"");
    refused(&with(&[("dropout", "1")]), "dropout is 1 in hidden layer 1");
    refused(&with(&[("dropout", "NaN")]), "dropout is NaN in hidden layer 1");
    refused(&with(&[("loss", "hinge")]), "its text `loss`, \"hinge\": the loss is `hinge`");
    refused(&with(&[("reduction", "max")]), "its text `reduction` is \"max\", expected mean or sum");
    // Another program's format is not ours to judge by its version.
    let theirs = with(&[("format", "pt"), ("format_version", "2")]);
    assert!(Model::<f32>::from_safetensors(&theirs, "a file").is_ok());
}

/// A file's word goes before what is usual, and may not contradict what the caller says.
#[test]
fn what_the_file_does_not_say_the_caller_may() {
    let bytes = file(&tensors(&TORCH), &[]);
    let x = ndarray::array![[-1.0, 0.5]];
    let loading = |bytes: &[u8], told: Loading| {
        told.from_bytes::<f64>(blasnet::model::Format::Safetensors, bytes, "a file")
    };
    let (relu, tanh) = (Loading::new(), Loading::new().activation(Activation::Tanh));
    let plain = loading(&bytes, relu).unwrap().network;
    assert_eq!(plain.loss_function(), Loss::SoftmaxCrossEntropy);
    // x·W1 + b1 = [0.5, -0.5 + 1, -1.5 + 2].
    assert_eq!(plain.forward(&x).unwrap(), ndarray::array![[1.5, 6.0 + 1.0]]);
    let bent = loading(&bytes, tanh.clone().loss(Loss::MeanSquaredError)).unwrap().network;
    assert_eq!(bent.loss_function(), Loss::MeanSquaredError);
    let third = 3.0 * 0.5_f64.tanh();
    assert!((bent.forward(&x).unwrap()[[0, 0]] - third).abs() < 1e-12);

    let own = small::<f64>().to_safetensors(Names::Course).unwrap();
    assert!(loading(&own, tanh.loss(Loss::SoftmaxCrossEntropy)).is_ok());
    let error = loading(&own, Loading::new().activation(Activation::Gelu)).unwrap_err().to_string();
    assert_eq!(error, "a file: its text `activation` is tanh, which contradicts gelu; leave that out");
    let error = loading(&own, Loading::new().loss(Loss::MeanSquaredError)).unwrap_err().to_string();
    assert!(error.contains("its text `loss` is softmax-cross-entropy, which contradicts"), "{error}");
}
