//! [`Part`]: a file that gets its name only when it is complete.

use crate::{Error, Result};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file under construction, removed unless it is kept.
///
/// Its name is fixed, as the lock allows: what a killed process leaves is overwritten by the next.
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

    /// Gives it its name, after its contents and before its folder entry are on the disk.
    pub(super) fn keep(mut self, path: &Path) -> Result<()> {
        let file = self.file.as_ref().expect("kept once");
        file.sync_all().map_err(Error::io("written", &self.path))?;
        fs::rename(&self.path, path).map_err(Error::io("written", path))?;
        self.file = None;
        // Elsewhere a folder cannot be opened to be synced.
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
        // Closed first: Windows removes no open file.
        if self.file.take().is_some() {
            // The error on the way is the one to tell of; the next download overwrites this file.
            let _ = fs::remove_file(&self.path);
        }
    }
}
