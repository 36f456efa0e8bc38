//! [`Loading`]: how a file becomes a model.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::tensor::Tensor;
use super::{Format, MAX_BYTES, Model, layers};
use crate::{Activation, Error, Float, Loss, Result};

/// What is known of a file that does not say it itself.
///
/// ```no_run
/// use blasnet::Activation;
/// use blasnet::model::Loading;
///
/// // torch: nn.Sequential(nn.Linear(784, 100), nn.Tanh(), nn.Linear(100, 10))
/// let model = Loading::new().activation(Activation::Tanh).load::<f32>("torch.safetensors")?;
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use = "a model comes of `load`"]
pub struct Loading {
    pub(super) activation: Option<Activation>,
    pub(super) loss: Option<Loss>,
}

impl Loading {
    /// Nothing but what the file says.
    pub fn new() -> Self {
        Self::default()
    }

    /// The activation behind each hidden layer, in place of ReLU, of a file that says none. If it says another,
    /// loading is an error.
    pub fn activation(self, activation: Activation) -> Self {
        Self { activation: Some(activation), ..self }
    }

    /// What the outputs are held to, in place of the softmax cross-entropy, of a file that does not say. If it
    /// says otherwise, loading is an error.
    pub fn loss(self, loss: Loss) -> Self {
        Self { loss: Some(loss), ..self }
    }

    /// The model of a file, whose name says its format.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the system cannot read. [`Error::Data`] if the name ends neither in `.safetensors` nor in
    /// `.npz`, the file is larger than 1 GiB or damaged, was written by a newer blasnet, or what is in it is not
    /// a network's: with the name of the array or text, what was found and what was expected.
    pub fn load<A: Float>(&self, path: impl AsRef<Path>) -> Result<Model<A>> {
        self.load_as(Format::of(&path)?, path)
    }

    /// The model of a file in this format, whatever its name.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn load_as<A: Float>(&self, format: Format, path: impl AsRef<Path>) -> Result<Model<A>> {
        let path = path.as_ref();
        self.from_bytes(format, &read(path)?, &path.display().to_string())
    }

    /// The model of a file's bytes; `name` is for the errors.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load).
    pub fn from_bytes<A: Float>(&self, format: Format, bytes: &[u8], name: &str) -> Result<Model<A>> {
        let wrong = |problem| Error::Data { file: name.to_owned(), problem };
        if bytes.len() as u64 > MAX_BYTES {
            return Err(wrong(too_large(bytes.len() as u64)));
        }
        let (tensors, texts): (Vec<Tensor<'_>>, BTreeMap<_, _>) = match format {
            #[cfg(feature = "safetensors")]
            Format::Safetensors => super::safetensors::read(bytes).map_err(wrong)?,
            #[cfg(feature = "npz")]
            Format::Npz => super::npz::read(bytes).map_err(wrong)?,
        };
        layers::model(tensors, texts, self).map_err(wrong)
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let unreadable = Error::io("read", path);
    let wrong = |problem| Error::Data { file: path.display().to_string(), problem };
    let found = std::fs::metadata(path).map_err(&unreadable)?;
    if !found.is_file() {
        return Err(wrong("is no file, expected a model's".into()));
    }
    if found.len() > MAX_BYTES {
        return Err(wrong(too_large(found.len())));
    }
    let mut bytes = Vec::new();
    // One more than may be, should it have grown meanwhile.
    let file = File::open(path).map_err(&unreadable)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

fn too_large(bytes: u64) -> String {
    format!("is {bytes} bytes, expected a model of at most {MAX_BYTES}")
}
