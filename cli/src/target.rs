//! [`Target`]: a file to be written, checked before the work and replaced in one go after it.

use std::fs;
use std::path::{Path, PathBuf};

use blasnet::files::Place;

use crate::end::End;

/// A file that can be written, as far as anyone can tell beforehand.
#[derive(Debug)]
pub struct Target {
    /// The flag that it was named by, with a space behind it, if it was one.
    flag: &'static str,
    /// As the user named it.
    name: PathBuf,
    place: Place,
}

impl Target {
    /// The file of `--save`.
    pub fn check(name: &Path) -> Result<Self, End> {
        Self::find("--save ", name)
    }

    /// Makes sure that a file can be made in its folder and may be given this name.
    pub fn find(flag: &'static str, name: &Path) -> Result<Self, End> {
        let wrong = |problem: &str| Err(End::unusable(format_args!("{flag}{}", name.display()), problem));
        if name.to_string_lossy().ends_with(std::path::is_separator) && !name.is_dir() {
            return wrong("names a folder, expected the name of a file");
        }
        let place = match Place::new(name) {
            Ok(place) => place,
            Err(error) => return wrong(&error.to_string()),
        };
        match fs::metadata(place.file()) {
            Ok(found) if found.is_dir() => return wrong("is a folder, expected the name of a file"),
            Ok(found) if !found.is_file() => {
                return wrong("is no regular file, and would be replaced by one");
            }
            Ok(found) if found.permissions().readonly() => return wrong("is read-only"),
            // Not there yet, or no business of ours: the folder has the last word.
            Ok(_) | Err(_) => {}
        }
        let folder = place.folder().display();
        if let Err(error) = fs::metadata(place.folder()) {
            return wrong(&format!("its folder {folder}: {error}; make it first"));
        }
        match place.check() {
            // The kind alone: the error's words name a file that nobody asked for.
            Err(error) => wrong(&format!("cannot write in its folder {folder}: {}", error.kind())),
            Ok(()) => Ok(Self { flag, name: name.to_owned(), place }),
        }
    }

    /// The name, as the user wrote it.
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// Puts these bytes there: readers find the old file or the whole new one, nothing between.
    pub fn write(&self, bytes: &[u8]) -> Result<(), End> {
        self.place.write(bytes).map_err(|error| End::Failed(format!("{}{self}: {error}", self.flag)))
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.name.display().fmt(f)
    }
}
