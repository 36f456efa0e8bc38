//! NumPy's archive of arrays, `.npz`: a zip file of one `.npy` for each.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};

use zip::result::{ZipError, ZipResult};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::npy::{self, Array};
use super::tensor::Tensor;
use super::{Format, Loading, MAX_BYTES, Model, Names, describe, layers};
use crate::{Error, Float, Result};

impl<A: Float> Model<A> {
    /// The bytes of an `.npz` file, not compressed, which NumPy reads:
    ///
    /// ```python
    /// digits = np.load("digits.npz")
    /// h = np.maximum(x @ digits["w1"] + digits["b1"], 0)
    /// str(digits["activation"])
    /// ```
    ///
    /// # Errors
    ///
    /// If a parameter is NaN or infinite, or a name in [`about`](Model::about) is that of an array.
    pub fn to_npz(&self, names: Names) -> Result<Vec<u8>> {
        let wrong = |problem: String| Error::Encode { what: "the model", problem };
        let tensors = layers::tensors(&self.network, names)?;
        let texts = describe::texts(&self.network, &self.about);
        if let Some(Tensor { name, .. }) = tensors.iter().find(|tensor| texts.contains_key(&tensor.name)) {
            return Err(wrong(format!("has a text `{name}`, which is the name of an array")));
        }
        let numbers = tensors.iter().map(|tensor| (tensor.name.as_str(), npy::of_numbers(tensor)));
        let texts = texts.iter().map(|(name, text)| (name.as_str(), npy::of_text(text)));
        write(numbers.chain(texts)).map_err(|error| wrong(error.to_string()))
    }

    /// The model of the bytes of an `.npz` file, compressed or not; `name` is for the errors.
    ///
    /// # Errors
    ///
    /// As [`Loading::load`].
    pub fn from_npz(bytes: &[u8], name: &str) -> Result<Self> {
        Loading::new().from_bytes(Format::Npz, bytes, name)
    }
}

fn write<'a>(arrays: impl Iterator<Item = (&'a str, Vec<u8>)>) -> ZipResult<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    // The same bytes whenever they are written.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default());
    for (name, bytes) in arrays {
        archive.start_file(format!("{name}.npy"), options)?;
        archive.write_all(&bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// The arrays of numbers, and the texts.
pub(super) fn read(bytes: &[u8]) -> Result<(Vec<Tensor<'static>>, BTreeMap<String, String>), String> {
    let damaged = |error: ZipError| format!("is no .npz file, or a damaged one ({error})");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let (mut tensors, mut texts) = (Vec::new(), BTreeMap::new());
    let mut budget = MAX_BYTES;
    for place in 0..archive.len() {
        let mut file = archive.by_index(place).map_err(damaged)?;
        let name = file.name().map_err(damaged)?.into_owned();
        let name =
            name.strip_suffix(".npy").ok_or_else(|| format!("holds `{name}`, expected arrays, NAME.npy"))?;
        match npy::read(&mut file, name, &mut budget)? {
            Array::Numbers(tensor) => tensors.push(tensor),
            Array::Text(text) => {
                texts.insert(name.to_owned(), text);
            }
        }
    }
    Ok((tensors, texts))
}
