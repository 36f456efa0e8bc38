//! The format safetensors: a header of JSON, with texts, and the bytes of the tensors behind it.
//!
//! Source: the format's description at <https://github.com/huggingface/safetensors>.

use std::collections::BTreeMap;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::tensor::{Kind, Tensor};
use super::{Format, Loading, Model, Names, describe, layers};
use crate::{Error, Float, Result};

impl<A: Float> Model<A> {
    /// The bytes of a safetensors file. By [`Names::Torch`] PyTorch's `load_state_dict` takes it as it is:
    ///
    /// ```python
    /// net = nn.Sequential(nn.Linear(784, 100), nn.GELU(), nn.Linear(100, 10))
    /// net.load_state_dict(safetensors.torch.load_file("digits.safetensors"))
    /// ```
    ///
    /// # Errors
    ///
    /// If a parameter is NaN or infinite, or the texts are too long for the format.
    pub fn to_safetensors(&self, names: Names) -> Result<Vec<u8>> {
        let wrong = |problem: String| Error::Encode { what: "the model", problem };
        let tensors = layers::tensors(&self.network, names)?;
        let views = tensors.iter().map(|tensor| {
            let view = TensorView::new(dtype_of(tensor.kind), tensor.shape.clone(), &tensor.bytes);
            Ok((tensor.name.as_str(), view?))
        });
        let texts = describe::texts(&self.network, &self.about).into_iter().collect();
        views
            .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
            .and_then(|views| safetensors::serialize(views, Some(texts)))
            .map_err(|error| wrong(error.to_string()))
    }

    /// The model of a safetensors file's bytes; `name` is for the errors.
    ///
    /// # Errors
    ///
    /// As [`Loading::load`].
    pub fn from_safetensors(bytes: &[u8], name: &str) -> Result<Self> {
        Loading::new().from_bytes(Format::Safetensors, bytes, name)
    }
}

/// The tensors and texts of a file.
pub(super) fn read(bytes: &[u8]) -> Result<(Vec<Tensor<'_>>, BTreeMap<String, String>), String> {
    let damaged =
        |error: safetensors::SafeTensorError| format!("is no safetensors file, or a damaged one ({error})");
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let tensors = file.iter().map(|(name, view)| {
        Ok(Tensor {
            name: name.to_owned(),
            shape: view.shape().to_vec(),
            kind: kind(view.dtype()).ok_or_else(|| {
                format!("tensor `{name}` is {:?}, expected F32, F64, F16 or BF16", view.dtype())
            })?,
            big_endian: false,
            fortran: false,
            bytes: view.data().into(),
        })
    });
    let texts = header.metadata().iter().flatten().map(|(name, text)| (name.clone(), text.clone()));
    Ok((tensors.collect::<Result<_, String>>()?, texts.collect()))
}

fn kind(dtype: Dtype) -> Option<Kind> {
    match dtype {
        Dtype::F16 => Some(Kind::F16),
        Dtype::BF16 => Some(Kind::BF16),
        Dtype::F32 => Some(Kind::F32),
        Dtype::F64 => Some(Kind::F64),
        _ => None,
    }
}

/// That of the network's numbers.
#[cfg(feature = "checkpoint")]
pub(crate) fn dtype<A>() -> Dtype {
    dtype_of(Kind::of::<A>())
}

fn dtype_of(kind: Kind) -> Dtype {
    match kind {
        Kind::F16 => Dtype::F16,
        Kind::BF16 => Dtype::BF16,
        Kind::F32 => Dtype::F32,
        Kind::F64 => Dtype::F64,
    }
}
