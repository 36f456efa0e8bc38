//! Files that are replaced in one go: whoever reads one finds the old or the new, never half of either.
//!
//! ```
//! use blasnet::files::Place;
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("notes");
//! let place = Place::new(&path)?;
//! // Before the work: can a file be made there?
//! place.check()?;
//! place.write(b"what came of it")?;
//! assert_eq!(std::fs::read(&path)?, b"what came of it");
//! # Ok::<(), std::io::Error>(())
//! ```

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// What the names of files begin and end with that are not finished.
const PREFIX: &str = ".blasnet-";
const SUFFIX: &str = ".tmp";

/// Removes what processes have left in a folder that were killed while they wrote. Not while another may be writing.
///
/// # Errors
///
/// If the folder cannot be read, or a file not be removed.
#[cfg(feature = "checkpoint")]
pub(crate) fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        if is_ours {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// A file's name, which need not be there yet, and its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    file: PathBuf,
    folder: PathBuf,
}

impl Place {
    /// The file of this name, or behind it if it is a symbolic link: the link will stay one.
    ///
    /// # Errors
    ///
    /// If the system cannot say where the name leads, or it leads to no file's name, as `/` does.
    pub fn new(name: &Path) -> io::Result<Self> {
        let file = match fs::canonicalize(name) {
            Err(error) if error.kind() == ErrorKind::NotFound => name.to_owned(),
            file => file?,
        };
        if file.file_name().is_none() {
            return Err(io::Error::new(
                ErrorKind::IsADirectory,
                "names a folder, expected the name of a file",
            ));
        }
        let folder = match file.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        Ok(Self { file, folder })
    }

    /// Where the file is, behind all links.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The folder that it is in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes a file in the folder and removes it again.
    ///
    /// # Errors
    ///
    /// If that cannot be done: the folder is missing, or not to be written.
    pub fn check(&self) -> io::Result<()> {
        self.temporary().map(drop)
    }

    /// Makes these bytes the file's. On return they are on the disk, not only on their way there, as far as the
    /// system can do that; after an error the old file is as it was.
    ///
    /// On Unix the new file's permissions are those that a file newly made has, whatever the old one's were.
    ///
    /// # Errors
    ///
    /// If a file cannot be made in the folder, written (the disk is full) or given its name.
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut temporary = self.temporary()?;
        // Not tempfile's own way, whose errors name its file, which nobody asked for.
        temporary.as_file_mut().write_all(bytes)?;
        temporary.as_file().sync_all()?;
        temporary.persist(&self.file)?;
        // The new name is safe from a power cut once the folder is; not all systems can do that.
        let _ = File::open(&self.folder).and_then(|folder| folder.sync_all());
        Ok(())
    }

    /// An empty file in the same folder, so that it can be renamed; gone when dropped.
    fn temporary(&self) -> io::Result<NamedTempFile> {
        let mut builder = Builder::new();
        builder.prefix(PREFIX).suffix(SUFFIX);
        // A temporary file is its owner's alone, but this one becomes a file like any other.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        builder.tempfile_in(&self.folder)
    }
}
