//! What is saved is loaded, to the bit.

use blasnet::model::{Format, Loading, Model, Names};
use blasnet::{Activation, Float, Loss, NeuralNetwork, Sgd};
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use safetensors::SafeTensors;

use crate::{assert_same, network, small};

const ACTIVATIONS: [Activation; 7] = [
    Activation::Relu,
    Activation::LeakyRelu { slope: 0.01 },
    Activation::LeakyRelu { slope: -1.0 / 3.0 },
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Gelu,
    Activation::Identity,
];

const WAYS: [(Format, Names); 4] = [
    (Format::Safetensors, Names::Course),
    (Format::Safetensors, Names::Torch),
    (Format::Npz, Names::Course),
    (Format::Npz, Names::Torch),
];

fn all_come_back<A: Float>() {
    let losses = [Loss::SoftmaxCrossEntropy, Loss::MeanSquaredError, Loss::BinaryCrossEntropy];
    for (depth, loss) in (1..=4).zip(losses.into_iter().cycle()) {
        for first in 0..ACTIVATIONS.len() {
            let sizes = &[4, 5, 1, 3, 2][4 - depth..];
            let mut model = Model::from(network::<A>(sizes, &ACTIVATIONS[first..], loss));
            model.about.insert("größe".into(), "in cm, \"roughly\"\n🦀".into());
            for name in ["nothing", "a/b.npy", "../c", "\\", " "] {
                model.about.insert(name.into(), String::new());
            }
            for (format, names) in WAYS {
                let bytes = model.to_bytes(format, names).unwrap();
                let again = Loading::new().from_bytes(format, &bytes, "a file").unwrap();
                assert_same(&model, &again);
            }
        }
    }
}

#[test]
fn networks_of_f32() {
    all_come_back::<f32>();
}

#[test]
fn networks_of_f64() {
    all_come_back::<f64>();
}

#[test]
fn the_ends_of_the_numbers() {
    for (format, names) in WAYS {
        let mut model = small::<f64>();
        let mut values = model.network.values().to_vec();
        values[..5].copy_from_slice(&[-0.0, f64::MIN_POSITIVE / 3.0, f64::MAX, f64::MIN, f64::EPSILON]);
        model.network.set_values(&values).unwrap();
        let bytes = model.to_bytes(format, names).unwrap();
        let again = Loading::new().from_bytes::<f64>(format, &bytes, "a file").unwrap();
        assert_eq!(crate::bits(again.network.values()), crate::bits(&values));
        // Rounded to f32, or too large for it.
        let error = Loading::new().from_bytes::<f32>(format, &bytes, "a file").unwrap_err().to_string();
        assert!(error.contains("1.7976931348623157e308, expected finite numbers of f32"), "{error}");
    }
}

#[test]
fn f32_comes_back_as_f64_and_f64_rounded() {
    for (format, names) in WAYS {
        let bytes = small::<f32>().to_bytes(format, names).unwrap();
        let wide = Loading::new().from_bytes::<f64>(format, &bytes, "a file").unwrap();
        assert_eq!(crate::bits(wide.network.values()), crate::bits(small::<f32>().network.values()));
        let bytes = small::<f64>().to_bytes(format, names).unwrap();
        let narrow = Loading::new().from_bytes::<f32>(format, &bytes, "a file").unwrap();
        let rounded: Vec<f32> = small::<f64>().network.values().iter().map(|&value| value as f32).collect();
        assert_eq!(narrow.network.values(), rounded);
    }
}

#[test]
fn pytorchs_names_are_those_of_its_sequential() {
    let bytes = Model::from(network::<f32>(&[4, 5, 3, 2], &ACTIVATIONS[5..], Loss::SoftmaxCrossEntropy))
        .to_safetensors(Names::Torch)
        .unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut names = file.names();
    names.sort_unstable();
    assert_eq!(names, ["0.bias", "0.weight", "2.bias", "2.weight", "4.bias", "4.weight"]);
    assert_eq!(file.tensor("0.weight").unwrap().shape(), [5, 4]);
    assert_eq!(file.tensor("4.bias").unwrap().shape(), [2]);
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let texts = header.metadata().as_ref().unwrap();
    let expected = [
        ("format", "blasnet"),
        ("format_version", "1"),
        ("sizes", "4,5,3,2"),
        ("activation", "gelu,identity"),
        ("dropout", "0,0.125"),
        ("loss", "softmax-cross-entropy"),
        ("reduction", "sum"),
    ];
    for (name, text) in expected {
        assert_eq!(texts[name], text, "{name}");
    }
}

/// It has been trained too fast, and nobody could load it.
#[test]
fn what_is_not_finite_is_not_saved() {
    let mut model = Model::from(network::<f64>(&[2, 3, 2], &ACTIVATIONS[6..], Loss::MeanSquaredError));
    let (x, t) = (ndarray::array![[1e10, 1e10]], ndarray::array![[1.0, 0.0]]);
    model.network.train(&x, &t, &mut Sgd::new(1e308)).unwrap();
    for (format, names) in WAYS {
        let error = model.to_bytes(format, names).unwrap_err().to_string();
        assert!(
            error.starts_with("Model::to_bytes: `") && error.ends_with("expected a finite number"),
            "{error}"
        );
    }
}

#[test]
fn the_courses_network_comes_back_as_such() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let course = NeuralNetwork::<f32>::new([3, 4, 2], &mut rng).unwrap();
    let model = Model::from(course.clone());
    let again = Model::<f32>::from_npz(&model.to_npz(Names::Course).unwrap(), "a file").unwrap();
    let again = NeuralNetwork::try_from(again.network).unwrap();
    assert_eq!(again.into_parameters(), course.into_parameters());
}

#[test]
fn a_texts_name_that_describes_the_network_is_not_the_users() {
    let mut model = small::<f32>();
    model.about.insert("activation".into(), "relu".into());
    model.about.insert("sizes".into(), "none".into());
    let again = Model::from_safetensors(&model.to_safetensors(Names::Course).unwrap(), "a file").unwrap();
    assert_same(&small::<f32>(), &again);
}
