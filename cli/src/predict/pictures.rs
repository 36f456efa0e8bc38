//! The pictures that are named, one by one or by their folder.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::ink::{self, Pixels};

/// What the names of pictures in a folder end in, in any case.
const EXTENSIONS: [&str; 4] = ["png", "jpg", "jpeg", "pgm"];

/// A file of more bytes is no picture that could be read.
const MOST_BYTES: u64 = 512 << 20;

/// The files, in the order of their names, with folders' pictures in place of the folders; and what is wrong with those.
pub fn list(names: &[PathBuf]) -> (Vec<PathBuf>, Vec<String>) {
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for name in names {
        // What is no folder is a picture, until it is read.
        if !name.is_dir() {
            files.push(name.clone());
            continue;
        }
        match within(name) {
            Ok(found) if found.is_empty() => {
                let expected = EXTENSIONS.map(|extension| format!(".{extension}")).join(", ");
                faults
                    .push(format!("{}: has no picture in it; expected files in {expected}", name.display()));
            }
            Ok(found) => files.extend(found),
            Err(error) => faults.push(format!("{}: {error}", name.display())),
        }
    }
    (files, faults)
}

/// A folder's pictures, by their names.
fn within(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let file = entry?.path();
        let extension = file.extension().unwrap_or_default();
        if EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)) && !file.is_dir() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

/// The digit in a file, or what is wrong with that.
pub fn read(file: &Path) -> Result<Pixels, String> {
    let bytes = bytes(file).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("is too large for a picture: expected at most {} MB", MOST_BYTES >> 20));
    }
    ink::read(&bytes).map_err(|error| error.to_string())
}

/// All of a file, or so much that it is too much.
fn bytes(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
