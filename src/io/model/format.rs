//! [`Format`]: what a file's name says of its bytes.

use std::path::Path;

use crate::{Error, Result};

/// A format of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// Tensors by name and texts about them, `.safetensors`.
    #[cfg(feature = "safetensors")]
    Safetensors,
    /// NumPy's archive of arrays, `.npz`.
    #[cfg(feature = "npz")]
    Npz,
}

impl Format {
    /// The format of a file of this name, by what it ends in.
    ///
    /// # Errors
    ///
    /// If that is neither `.safetensors` nor `.npz`, or this library was built without the format's feature.
    ///
    /// ```
    /// use blasnet::model::Format;
    ///
    /// let error = Format::of("digits.pt").unwrap_err().to_string();
    /// assert_eq!(error, "digits.pt: the name ends in `.pt`, expected `.safetensors` or `.npz`");
    /// ```
    pub fn of(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let wrong = |problem: String| Err(Error::Data { file: path.display().to_string(), problem });
        let Some(extension) = path.extension() else {
            return wrong("the name has no extension, expected `.safetensors` or `.npz`".into());
        };
        let extension = extension.to_string_lossy();
        match &*extension.to_ascii_lowercase() {
            #[cfg(feature = "safetensors")]
            "safetensors" => Ok(Self::Safetensors),
            #[cfg(feature = "npz")]
            "npz" => Ok(Self::Npz),
            feature if ["safetensors", "npz"].contains(&feature) => {
                wrong(format!("this program reads no such file; build blasnet with the feature `{feature}`"))
            }
            _ => wrong(format!("the name ends in `.{extension}`, expected `.safetensors` or `.npz`")),
        }
    }
}
