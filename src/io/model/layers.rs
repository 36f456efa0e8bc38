//! Layers by the names of their arrays: [`Names`], and what is a layer in a file.

use std::collections::BTreeMap;

use super::describe::{self, Description};
use super::tensor::Tensor;
use super::{Loading, Model};
use crate::error::finite::check_finite_arrays;
use crate::{Error, Float, Mlp, MlpBuilder};

/// What a file calls a network's arrays, and which axis of the weights is which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Names {
    /// `w1: [in, units]`, `b1: [units]`, `w2` and so on, as the course has them.
    #[default]
    Course,
    /// `0.weight: [out, in]`, `0.bias: [out]`, `2.weight` and so on: what PyTorch's
    /// `nn.Sequential(Linear, activation, Linear, …)` has in its `state_dict`, the odd places being the activations'.
    Torch,
}

/// The arrays of one layer. `w` is `[out, in]` in PyTorch's way, which `transposed` says.
struct Layer<'t, 'b> {
    w: &'t Tensor<'b>,
    b: &'t Tensor<'b>,
    transposed: bool,
}

/// A network's arrays by these names.
///
/// # Errors
/// If a number is not finite: nobody could load it.
pub(super) fn tensors<A: Float>(network: &Mlp<A>, names: Names) -> Result<Vec<Tensor<'static>>, Error> {
    check_finite_arrays("Model::to_bytes", network.parameters())?;
    let arrays = network.layout().arrays().enumerate();
    let tensors = arrays
        .map(|(place, (name, shape, elements))| {
            let (layer, is_w) = (place / 2, place % 2 == 0);
            let (name, transposed) = match names {
                Names::Course => (name.to_owned(), false),
                Names::Torch => (format!("{}.{}", 2 * layer, if is_w { "weight" } else { "bias" }), is_w),
            };
            Tensor::encode(name, &network.values()[elements], shape, transposed)
        })
        .collect();
    Ok(tensors)
}

/// The model of a file's arrays and texts.
///
/// # Errors
/// If they are not those of a network, or contradict what was told.
pub(super) fn model<A: Float>(
    mut tensors: Vec<Tensor<'_>>,
    texts: BTreeMap<String, String>,
    told: &Loading,
) -> Result<Model<A>, String> {
    tensors.sort_by(|a, b| a.name.cmp(&b.name));
    let layers = if tensors.iter().any(|tensor| weight_number(&tensor.name).is_some()) {
        courses(&tensors)?
    } else {
        torchs(&tensors)?
    };
    let sizes = sizes(&layers)?;
    let described = Description::read(&texts, &sizes, (told.activation, told.loss))?;
    let mut values =
        Vec::with_capacity(tensors.iter().map(|tensor| tensor.bytes.len() / tensor.kind.size()).sum());
    for layer in &layers {
        layer.w.decode_into::<A>(layer.transposed, &mut values)?;
        layer.b.decode_into::<A>(false, &mut values)?;
    }
    let [inputs, units @ .., outputs] = &sizes[..] else {
        return Err("has no layers".into());
    };
    let builder = units.iter().zip(&described.hidden).fold(
        Mlp::builder(*inputs),
        |builder: MlpBuilder<A>, (&units, hidden)| {
            builder.hidden(units, hidden.activation).dropout(hidden.dropout)
        },
    );
    let builder = builder.output(*outputs, described.loss).reduction(described.reduction);
    let network = builder.build_with(&values).map_err(|error| error.to_string())?;
    Ok(Model { network, about: describe::about(texts) })
}

/// The layer's number, if these are a layer's weights by the course's names.
fn weight_number(name: &str) -> Option<&str> {
    name.strip_prefix('w')
        .filter(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The layers by the course's names.
fn courses<'t, 'b>(tensors: &'t [Tensor<'b>]) -> Result<Vec<Layer<'t, 'b>>, String> {
    let count = tensors.iter().filter(|tensor| weight_number(&tensor.name).is_some()).count();
    let expected = match count {
        1 => "expected w1, b1".to_owned(),
        2 => "expected w1, b1, w2, b2".to_owned(),
        _ => format!("expected w1, b1, w2, b2 and so on to b{count}"),
    };
    let mut tensors: BTreeMap<_, _> = tensors.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
    let mut take = |name: String| {
        tensors.remove(name.as_str()).ok_or_else(|| format!("has no tensor `{name}`, {expected}"))
    };
    let layers = (1..=count)
        .map(|layer| {
            Ok(Layer { w: take(format!("w{layer}"))?, b: take(format!("b{layer}"))?, transposed: false })
        })
        .collect::<Result<_, String>>()?;
    // Another network's file: its outputs without some of its layers would be nobody's.
    match tensors.first_key_value() {
        Some((name, _)) => Err(format!("has a tensor `{name}`, {expected} alone")),
        None => Ok(layers),
    }
}

/// The layers by PyTorch's names.
fn torchs<'t, 'b>(tensors: &'t [Tensor<'b>]) -> Result<Vec<Layer<'t, 'b>>, String> {
    const EXPECTED: &str =
        "expected w1, b1, w2 and so on, or pairs of `….weight` and `….bias`, of linear layers alone";
    if tensors.is_empty() {
        return Err(format!("has no tensors, {EXPECTED}"));
    }
    let mut layers: BTreeMap<_, [Option<&Tensor<'_>>; 2]> = BTreeMap::new();
    for tensor in tensors {
        // A linear layer that is saved by itself has no prefix.
        let (prefix, last) = tensor.name.rsplit_once('.').unwrap_or(("", &tensor.name));
        let place = match last {
            "weight" => 0,
            "bias" => 1,
            _ => return Err(format!("has a tensor `{}`, {EXPECTED}", tensor.name)),
        };
        layers.entry((natural(prefix), prefix)).or_default()[place] = Some(tensor);
    }
    let lonely = |tensor: &Tensor<'_>, other: &str| {
        let name = &tensor.name;
        let prefix = name.strip_suffix("weight").or_else(|| name.strip_suffix("bias")).unwrap_or(name);
        Err(format!("has a tensor `{name}` and no `{prefix}{other}`, {EXPECTED}"))
    };
    let layer = |pair: [Option<&'t Tensor<'b>>; 2]| match pair {
        [Some(w), Some(b)] => Ok(Layer { w, b, transposed: true }),
        [Some(w), None] => lonely(w, "bias"),
        [None, Some(b)] => lonely(b, "weight"),
        [None, None] => Err(EXPECTED.into()),
    };
    layers.into_values().map(layer).collect()
}

/// A piece of a name: digits count as the number that they are.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Piece<'a> {
    /// How many digits, and which, without zeros before them.
    Number(usize, &'a str),
    Text(&'a str),
}

/// What names are sorted by, so that 2 comes before 10.
fn natural(name: &str) -> Vec<Piece<'_>> {
    let same_kind = |a: &u8, b: &u8| a.is_ascii_digit() == b.is_ascii_digit();
    let mut rest = name;
    name.as_bytes()
        .chunk_by(same_kind)
        .map(|chunk| {
            // Between a digit and what is none there is a character's boundary.
            let (piece, behind) = rest.split_at(chunk.len());
            rest = behind;
            if chunk[0].is_ascii_digit() {
                let digits = piece.trim_start_matches('0');
                Piece::Number(digits.len(), digits)
            } else {
                Piece::Text(piece)
            }
        })
        .collect()
}

/// The widths, if each layer takes what the one before gives.
fn sizes(layers: &[Layer<'_, '_>]) -> Result<Vec<usize>, String> {
    let mut sizes: Vec<usize> = Vec::new();
    for (place, Layer { w, b, transposed }) in layers.iter().enumerate() {
        let known = sizes.last();
        let (inputs, outputs) = match w.shape[..] {
            [outputs, inputs] if *transposed => (inputs, outputs),
            [inputs, outputs] if !transposed => (inputs, outputs),
            _ => return Err(wrong_shape(w, &expected_w(known, *transposed))),
        };
        match known {
            Some(&known) if known != inputs => {
                let (before, expected) = (&layers[place - 1].w.name, expected_w(Some(&known), *transposed));
                return Err(format!(
                    "{}, as the layer before, `{before}`, has {known} outputs",
                    wrong_shape(w, &expected)
                ));
            }
            Some(_) => {}
            None => sizes.push(inputs),
        }
        if b.shape != [outputs] {
            let expected = format!("[{outputs}], as `{}` has so many outputs", w.name);
            return Err(wrong_shape(b, &expected));
        }
        sizes.push(outputs);
    }
    Ok(sizes)
}

fn expected_w(inputs: Option<&usize>, transposed: bool) -> String {
    let inputs = inputs.map_or_else(|| "in".to_owned(), usize::to_string);
    if transposed { format!("[out, {inputs}]") } else { format!("[{inputs}, out]") }
}

fn wrong_shape(tensor: &Tensor<'_>, expected: &str) -> String {
    format!("tensor `{}` has shape {:?}, expected {expected}", tensor.name, tensor.shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_as_people_count() {
        let sorted = [
            "",
            "0",
            "1",
            "2",
            "10",
            "100000000000000000000",
            "fc",
            "fc1",
            "fc2",
            "fc10",
            "fc10.a",
            "fc_1",
            "layers.2",
            "layers.10",
            "löwe2",
            "löwe10",
        ];
        for (place, name) in sorted.iter().enumerate() {
            for later in &sorted[place + 1..] {
                assert!(natural(name) < natural(later), "{name:?} before {later:?}");
            }
        }
        assert_eq!(natural("a01"), natural("a1"));
    }
}
