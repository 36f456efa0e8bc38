//! [`Target`]: the file of `--save`, checked before the run and replaced in one go after it.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::end::End;

/// A file that can be written, as far as anyone can tell beforehand.
#[derive(Debug)]
pub struct Target {
    /// As the user named it.
    name: PathBuf,
    /// Where it is: behind the link, if `name` is one.
    file: PathBuf,
    folder: PathBuf,
}

impl Target {
    /// Makes sure that a file can be made in its folder and may be given this name.
    pub fn check(name: &Path) -> Result<Self, End> {
        let wrong = |problem: &str| Err(End::unusable(format_args!("--save {}", name.display()), problem));
        let file = match fs::canonicalize(name) {
            Err(error) if error.kind() == ErrorKind::NotFound => name.to_owned(),
            Err(error) => return wrong(&error.to_string()),
            Ok(file) => file,
        };
        match fs::metadata(&file) {
            Ok(found) if found.is_dir() => return wrong("is a folder, expected the name of a file"),
            Ok(found) if !found.is_file() => {
                return wrong("is no regular file, and would be replaced by one");
            }
            Ok(found) if found.permissions().readonly() => return wrong("is read-only"),
            // Not there yet, or no business of ours: the folder has the last word.
            Ok(_) | Err(_) => {}
        }
        let ends_as_folder = name.to_string_lossy().ends_with(std::path::is_separator);
        if ends_as_folder || file.file_name().is_none() {
            return wrong("names a folder, expected the name of a file");
        }
        let folder = match file.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        if let Err(error) = fs::metadata(&folder) {
            return wrong(&format!("its folder {}: {error}; make it first", folder.display()));
        }
        let target = Self { name: name.to_owned(), file, folder };
        match target.temporary() {
            Ok(_) => Ok(target),
            // The kind alone: tempfile's words name a file that nobody asked for.
            Err(error) => {
                wrong(&format!("cannot write in its folder {}: {}", target.folder.display(), error.kind()))
            }
        }
    }

    /// Puts these bytes there: readers find the old file or the whole new one, nothing between.
    pub fn write(&self, bytes: &[u8]) -> Result<(), End> {
        let write = || -> io::Result<()> {
            let mut temporary = self.temporary()?;
            temporary.write_all(bytes)?;
            temporary.as_file().sync_all()?;
            temporary.persist(&self.file)?;
            // The new name is safe from a power cut once the folder is; not all systems can do that.
            let _ = File::open(&self.folder).and_then(|folder| folder.sync_all());
            Ok(())
        };
        write().map_err(|error| End::Failed(format!("--save {self}: {error}")))
    }

    /// An empty file in the same folder, so that it can be renamed; gone when dropped.
    fn temporary(&self) -> io::Result<NamedTempFile> {
        let mut builder = Builder::new();
        builder.prefix(".blasnet-").suffix(".tmp");
        // A temporary file is its owner's alone, but this one becomes a file like any other.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder.tempfile_in(&self.folder)
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.name.display().fmt(f)
    }
}
