//! Networks as safetensors: four f32 tensors by the course's names.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use blasnet::data::{CLASSES, PIXELS};
use blasnet::{NeuralNetwork, Parameters};
use ndarray::{Array, Dimension, IntoDimension};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::end::End;

const NAMES: [&str; 4] = ["w1", "b1", "w2", "b2"];

/// No network that this program trains is larger; a file that is, is something else.
const MAX_BYTES: u64 = 1 << 30;

/// The file of a network, with what is to be remembered about it.
///
/// # Errors
/// If a parameter is not finite, or the format refuses.
pub fn to_bytes<const N: usize>(
    network: &NeuralNetwork<f32>,
    about: [(&str, String); N],
) -> Result<Vec<u8>, String> {
    let mut tensors = Vec::new();
    for (name, values) in network.parameters() {
        check_finite(name, values.iter())?;
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        tensors.push((name, values.shape().to_vec(), bytes));
    }
    let views = tensors
        .iter()
        .map(|(name, shape, bytes)| Ok((*name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
    let about: HashMap<String, String> =
        about.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    views.and_then(|views| safetensors::serialize(views, Some(about))).map_err(|error| error.to_string())
}

/// The network of a file that [`to_bytes`] made, or anything else that wrote the same four tensors.
pub fn load(path: &Path) -> Result<NeuralNetwork<f32>, End> {
    let wrong = |problem: String| End::unusable(path.display(), problem);
    let bytes = read(path).map_err(wrong)?;
    let file = SafeTensors::deserialize(&bytes).map_err(|error| {
        wrong(format!(
            "is no safetensors file, or a damaged one ({error}); expected what `blasnet train --save` writes"
        ))
    })?;
    parse(&file).map_err(wrong)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let found = fs::metadata(path).map_err(|error| error.to_string())?;
    if !found.is_file() {
        return Err("is no file, expected what `blasnet train --save` writes".into());
    }
    if found.len() > MAX_BYTES {
        return Err(format!("is {} bytes, expected a model of at most {MAX_BYTES}", found.len()));
    }
    fs::read(path).map_err(|error| error.to_string())
}

fn parse(file: &SafeTensors<'_>) -> Result<NeuralNetwork<f32>, String> {
    let mut found = file.names();
    found.sort_unstable();
    let expected = format!("expected {}", NAMES.join(", "));
    if let Some(missing) = NAMES.iter().find(|name| !found.contains(name)) {
        return Err(format!("has no tensor `{missing}`, {expected}"));
    }
    // Another network's file: its scores without some of its layers would be nobody's.
    if let Some(foreign) = found.iter().find(|name| !NAMES.contains(name)) {
        return Err(format!("has a tensor `{foreign}`, {expected} alone"));
    }
    let w1 = file.tensor("w1").map_err(|error| error.to_string())?;
    let &[PIXELS, hidden] = w1.shape() else {
        return Err(format!("tensor `w1` has shape {:?}, expected [{PIXELS}, hidden]", w1.shape()));
    };
    NeuralNetwork::from_parameters(Parameters {
        w1: tensor(file, "w1", [PIXELS, hidden])?,
        b1: tensor(file, "b1", [hidden])?,
        w2: tensor(file, "w2", [hidden, CLASSES])?,
        b2: tensor(file, "b2", [CLASSES])?,
    })
    .map_err(|error| error.to_string())
}

/// One tensor, as long as it is f32, of this shape and finite.
fn tensor<D: Dimension, const N: usize>(
    file: &SafeTensors<'_>,
    name: &str,
    shape: [usize; N],
) -> Result<Array<f32, D>, String>
where
    [usize; N]: IntoDimension<Dim = D>,
{
    let tensor = file.tensor(name).map_err(|error| error.to_string())?;
    if tensor.dtype() != Dtype::F32 {
        return Err(format!("tensor `{name}` is {:?}, expected F32", tensor.dtype()));
    }
    if tensor.shape() != shape {
        return Err(format!("tensor `{name}` has shape {:?}, expected {shape:?}", tensor.shape()));
    }
    let values: Vec<f32> =
        tensor.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    check_finite(name, values.iter())?;
    Array::from_shape_vec(shape, values).map_err(|error| error.to_string())
}

fn check_finite<'a>(name: &str, mut values: impl Iterator<Item = &'a f32>) -> Result<(), String> {
    match values.find(|value| !value.is_finite()) {
        Some(value) => Err(format!("tensor `{name}` holds {value}, expected finite numbers")),
        None => Ok(()),
    }
}
