//! [`Part`]: a file that gets its name only when it is complete.

use crate::{Error, Result};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file under construction, removed unless it is kept.
///
/// The lock allows a fixed name, so that the next process overwrites what a killed one has left.
pub(super) struct Part {
    path: PathBuf,
    /// `None` once kept.
    file: Option<File>,
}

impl Part {
    /// `NAME.part` in `folder`, empty.
    pub(super) fn create(folder: &Path, name: &str) -> Result<Self> {
        let path = folder.join(format!("{name}.part"));
        let file = File::create(&path).map_err(Error::io("written", &path))?;
        Ok(Self { path, file: Some(file) })
    }

    /// Appends `bytes`.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let file = self.file.as_mut().expect("kept last of all");
        file.write_all(bytes).map_err(Error::io("written", &self.path))
    }

    /// Writes its contents to the disk, gives it its name, then writes the folder's entry.
    pub(super) fn keep(mut self, path: &Path) -> Result<()> {
        let file = self.file.as_ref().expect("kept once");
        file.sync_all().map_err(Error::io("written", &self.path))?;
        fs::rename(&self.path, path).map_err(Error::io("written", path))?;
        self.file = None;
        // Other systems cannot open a folder to sync it.
        #[cfg(unix)]
        if let Some(folder) = path.parent() {
            let folder_on_disk = File::open(folder).and_then(|folder| folder.sync_all());
            folder_on_disk.map_err(Error::io("written", folder))?;
        }
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Closed first: Windows does not remove an open file.
        if self.file.take().is_some() {
            // The error that led here is the one to report; the next download overwrites this file.
            let _ = fs::remove_file(&self.path);
        }
    }
}
