//! [`Measure`]: whether bytes are an original's; [`inspect`]: whether a folder's file is.

use crate::data::originals::Original;
use crate::{Error, Result};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Length and SHA-256 of what is written to it.
#[derive(Default)]
pub(super) struct Measure {
    size: u64,
    hash: Sha256,
}

impl Measure {
    /// How the bytes differ from the original's, as the end of a sentence; `None` if they do not.
    pub(super) fn problem(self, original: &Original) -> Option<String> {
        let expected = original.size;
        if self.size < expected {
            return Some(format!("ends after {} of the {expected} bytes expected", self.size));
        }
        if self.size > expected {
            return Some(format!("is longer than the {expected} bytes expected"));
        }
        let digest = self.hash.finalize();
        let found: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        (found != original.sha256).then(|| format!("has SHA-256 {found}, expected {}", original.sha256))
    }
}

impl Write for Measure {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.size += bytes.len() as u64;
        self.hash.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The file that a folder has under an original's name.
pub(super) enum Copy {
    /// The original.
    Intact,
    /// Nothing.
    Missing,
    /// Another file, and how it differs.
    Damaged(String),
}

/// Compares the file that `folder` has under the original's name.
///
/// # Errors
/// [`Error::Io`] if it is there and cannot be read.
pub(super) fn inspect(folder: &Path, original: &Original) -> Result<Copy> {
    let path = folder.join(original.name);
    let mut file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Copy::Missing),
        file => file.map_err(Error::io("read", &path))?,
    };
    let mut measure = Measure::default();
    io::copy(&mut file, &mut measure).map_err(Error::io("read", &path))?;
    Ok(measure.problem(original).map_or(Copy::Intact, Copy::Damaged))
}
