//! Models that move between tools: networks as files of PyTorch's and NumPy's world.
//!
//! [`Model`] is a network with what is known about it. [`Model::save`] and [`Model::load`] choose the format by
//! the file's name:
//!
//! - `.safetensors` (feature `safetensors`), the format of Hugging Face: tensors by name, and texts about them.
//!   PyTorch reads and writes it by `safetensors.torch`.
//! - `.npz` (feature `npz`), NumPy's archive of arrays: `np.load("digits.npz")["w1"]`.
//!
//! # Names
//!
//! A file's arrays have the course's names, or PyTorch's ([`Names`]); reading takes both:
//!
//! - `w1: [in, units]`, `b1: [units]`, `w2` and so on;
//! - `PREFIX.weight: [out, in]` and `PREFIX.bias: [out]`, as the linear layers of a `state_dict` are called. The
//!   layers are in the natural order of their prefixes, `layers.2` before `layers.10`.
//!
//! Numbers may be f64, f32, f16 or bfloat16 (safetensors alone has the last), and become those of the network.
//! No array but those of the layers may be there, and each layer must take what the one before gives.
//!
//! # Texts
//!
//! What the arrays do not say is in the file's texts (`metadata` of safetensors; in an `.npz` arrays of a single
//! string, such as `np.savez(…, activation="gelu")` writes):
//!
//! | text | example | without it |
//! |---|---|---|
//! | `activation` of all hidden layers, or a list of each one's | `leaky-relu:0.2`, `gelu,tanh` | `relu` |
//! | `loss` | `mean-squared-error` | `softmax-cross-entropy` |
//! | `dropout` of all hidden layers, or a list | `0.1` | 0 |
//! | `reduction`, of which training takes the gradient | `sum` | `mean` |
//!
//! Of PyTorch's modules nothing but the tensors is in a file, so a network with another activation than ReLU needs
//! [`Loading::activation`]. `format`, `version`, `format_version` and `sizes` are written besides, and all of
//! [`Model::about`].
//!
//! # Files that are not to be trusted
//!
//! Any bytes are an error or a network, never a panic. No file may be larger than 1 GiB, nor an `.npz` unpack to
//! more; what a file claims to hold is not given memory before it is there.

mod describe;
mod format;
mod layers;
mod loading;
#[cfg(feature = "npz")]
mod npy;
#[cfg(feature = "npz")]
mod npz;
#[cfg(feature = "safetensors")]
mod safetensors;
mod tensor;

use std::collections::BTreeMap;
use std::path::Path;

use crate::io::files::Place;
use crate::{Error, Float, Mlp, NeuralNetwork, Result};

#[cfg(feature = "checkpoint")]
pub(crate) use self::safetensors::dtype;
pub use format::Format;
pub use layers::Names;
pub use loading::Loading;

/// The version of the files that this library writes, and the newest that it reads.
const VERSION: u32 = 1;

/// No file may be larger, or unpack to more: what is, is something else.
const MAX_BYTES: u64 = 1 << 30;

/// A network and what is known about it.
///
/// ```
/// use blasnet::model::{Model, Names};
/// use blasnet::{Activation, Loss, Mlp};
///
/// let like = Mlp::<f64>::builder(2).hidden(1, Activation::Tanh).output(1, Loss::MeanSquaredError);
/// let mut model = Model::from(like.build_with(&[1.0, -1.0, 0.5, 2.0, 0.0])?);
/// model.about.insert("seed".into(), "7".into());
///
/// # #[cfg(feature = "safetensors")] {
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("small.safetensors");
/// model.save(&path, Names::Torch)?;
/// let again = Model::<f64>::load(&path)?;
/// assert_eq!(again.network.values(), model.network.values());
/// assert_eq!(again.network.loss_function(), Loss::MeanSquaredError);
/// assert_eq!(again.about, model.about);
/// # }
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Model<A> {
    /// The network. Its parameters, activations, loss, reduction and dropout go into a file and come back; what
    /// decides which units drop out next does not.
    pub network: Mlp<A>,
    /// Texts by their names, whatever is to be remembered: seed, learning rate, a date.
    ///
    /// In a file they stand beside those that describe the network, whose names are theirs alone: a text here by
    /// one of these names is not written.
    pub about: BTreeMap<String, String>,
}

impl<A: Float> Model<A> {
    /// The network of such a file; [`Loading`] has more to say about how.
    ///
    /// # Errors
    ///
    /// As [`Loading::load`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Loading::new().load(path)
    }

    /// Writes the file, in the format that its name ends in; in one go ([`files`](crate::io::files)).
    ///
    /// # Errors
    ///
    /// If the name ends neither in `.safetensors` nor in `.npz`, the file cannot be written, or as
    /// [`to_bytes`](Self::to_bytes).
    pub fn save(&self, path: impl AsRef<Path>, names: Names) -> Result<()> {
        let path = path.as_ref();
        let bytes = self.to_bytes(Format::of(path)?, names)?;
        Place::new(path).and_then(|place| place.write(&bytes)).map_err(Error::io("written", path))
    }

    /// The bytes of a file in this format.
    ///
    /// # Errors
    ///
    /// If a parameter is NaN or infinite, or the format has no place for something: a text's name in an `.npz`
    /// that is an array's.
    pub fn to_bytes(&self, format: Format, names: Names) -> Result<Vec<u8>> {
        match format {
            #[cfg(feature = "safetensors")]
            Format::Safetensors => self.to_safetensors(names),
            #[cfg(feature = "npz")]
            Format::Npz => self.to_npz(names),
        }
    }
}

impl<A: Float> From<Mlp<A>> for Model<A> {
    fn from(network: Mlp<A>) -> Self {
        Self { network, about: BTreeMap::new() }
    }
}

impl<A: Float> From<NeuralNetwork<A>> for Model<A> {
    fn from(network: NeuralNetwork<A>) -> Self {
        Mlp::from(network).into()
    }
}
