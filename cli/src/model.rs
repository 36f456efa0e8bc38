//! Networks as safetensors: f32 tensors by the course's names, w1, b1, w2 and so on.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use blasnet::Activation;
use blasnet::data::{CLASSES, PIXELS};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::end::End;
use crate::network::{Network, Plan};

/// No network that this program trains is larger; a file that is, is something else.
const MAX_BYTES: u64 = 1 << 30;

/// The file of a network, with what is to be remembered about it.
///
/// # Errors
/// If a parameter is not finite, or the format refuses.
pub fn to_bytes(
    network: &Network,
    about: impl IntoIterator<Item = (String, String)>,
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
    let about: HashMap<String, String> = about.into_iter().collect();
    views.and_then(|views| safetensors::serialize(views, Some(about))).map_err(|error| error.to_string())
}

/// The network of a file that [`to_bytes`] made, or anything else that wrote such tensors: without metadata,
/// with ReLU between the layers.
pub fn load(path: &Path) -> Result<Network, End> {
    let wrong = |problem: String| End::unusable(path.display(), problem);
    let bytes = read(path).map_err(wrong)?;
    let file = SafeTensors::deserialize(&bytes).map_err(|error| {
        wrong(format!(
            "is no safetensors file, or a damaged one ({error}); expected what `blasnet train --save` writes"
        ))
    })?;
    let activation = activation(&bytes).map_err(wrong)?;
    parse(&file, activation).map_err(wrong)
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

/// What the file says of it; ReLU if it says nothing.
fn activation(bytes: &[u8]) -> Result<Activation, String> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
    match header.metadata().as_ref().and_then(|about| about.get("activation")) {
        Some(name) => name.parse().map_err(|error: blasnet::Error| format!("its metadata: {error}")),
        None => Ok(Activation::Relu),
    }
}

fn parse(file: &SafeTensors<'_>, activation: Activation) -> Result<Network, String> {
    let mut found = file.names();
    found.sort_unstable();
    // The layers that a file with so many tensors has: the course's two at least.
    let layers = (found.len() / 2).max(2);
    let names: Vec<String> =
        (1..=layers).flat_map(|layer| [format!("w{layer}"), format!("b{layer}")]).collect();
    let expected = format!("expected {}", names.join(", "));
    if let Some(missing) = names.iter().find(|name| !found.contains(&name.as_str())) {
        return Err(format!("has no tensor `{missing}`, {expected}"));
    }
    // Another network's file: its scores without some of its layers would be nobody's.
    if let Some(foreign) = found.iter().find(|&&name| names.iter().all(|known| known != name)) {
        return Err(format!("has a tensor `{foreign}`, {expected} alone"));
    }
    let (mut inputs, mut hidden, mut values) = (PIXELS, Vec::new(), Vec::new());
    for layer in 1..=layers {
        let (w, b) = (format!("w{layer}"), format!("b{layer}"));
        let shape = file.tensor(&w).map_err(|error| error.to_string())?.shape().to_vec();
        let outputs = match shape[..] {
            [rows, columns] if rows == inputs && (layer < layers || columns == CLASSES) => columns,
            _ => {
                let columns = if layer < layers { "hidden".to_owned() } else { CLASSES.to_string() };
                return Err(format!("tensor `{w}` has shape {shape:?}, expected [{inputs}, {columns}]"));
            }
        };
        values.extend(tensor(file, &w, &[inputs, outputs])?);
        values.extend(tensor(file, &b, &[outputs])?);
        if layer < layers {
            hidden.push(outputs);
        }
        inputs = outputs;
    }
    let plan = Plan { inputs: PIXELS, hidden, activation, dropout: 0.0 };
    plan.network(&values).map_err(|error| error.to_string())
}

/// One tensor, as long as it is f32, of this shape and finite.
fn tensor(file: &SafeTensors<'_>, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
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
    Ok(values)
}

fn check_finite<'a>(name: &str, mut values: impl Iterator<Item = &'a f32>) -> Result<(), String> {
    match values.find(|value| !value.is_finite()) {
        Some(value) => Err(format!("tensor `{name}` holds {value}, expected finite numbers")),
        None => Ok(()),
    }
}
