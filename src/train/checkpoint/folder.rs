//! [`Folder`]: where a run's checkpoints are.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::io::files::{self, Place};
use crate::{Error, Result};

/// A folder that no other run writes to.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Held until this is dropped, or the process ends in whatever way.
    _lock: File,
}

impl Folder {
    /// Makes the folder if need be, and takes it for this run.
    pub(super) fn open(path: &Path) -> Result<Self> {
        fs::create_dir_all(path).map_err(Error::io("made", path))?;
        let lock = File::options().write(true).create(true).truncate(false).open(path.join("lock"));
        let lock = lock.map_err(Error::io("written", path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::InUse { path: path.to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(Error::io("locked", path)(error)),
        }
        // What a process left that was killed while it wrote: no one else is writing here.
        files::remove_unfinished(path).map_err(Error::io("written", path))?;
        // Wherever the process goes, the folder stays the one that is locked.
        let path = path.canonicalize().map_err(Error::io("read", path))?;
        Ok(Self { path, _lock: lock })
    }

    /// Its name.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Steps and files of the checkpoints, the newest first.
    pub(super) fn list(&self) -> Result<Vec<(usize, PathBuf)>> {
        let read = || -> io::Result<Vec<(usize, PathBuf)>> {
            let mut found = Vec::new();
            for entry in fs::read_dir(&self.path)? {
                let path = entry?.path();
                found.extend(steps(&path).map(|steps| (steps, path)));
            }
            found.sort_by(|a, b| b.cmp(a));
            Ok(found)
        };
        read().map_err(Error::io("read", &self.path))
    }

    /// Keeps this as the newest checkpoint, and then removes all but the one before, which is for the case that the
    /// disk's sectors fail. Any of later steps are damaged: the run went on from one before them.
    pub(super) fn keep(&self, steps: usize, bytes: &[u8]) -> Result<()> {
        let path = self.path.join(format!("step-{steps:012}.safetensors"));
        Place::new(&path).and_then(|place| place.write(bytes)).map_err(Error::io("written", &path))?;
        let (later, before): (Vec<_>, Vec<_>) =
            self.list()?.into_iter().filter(|(of, _)| *of != steps).partition(|(of, _)| *of > steps);
        for (_, old) in later.into_iter().chain(before.into_iter().skip(1)) {
            match fs::remove_file(&old) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Error::io("removed", &old)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The steps that a checkpoint's name says.
fn steps(path: &Path) -> Option<usize> {
    path.file_name()?.to_str()?.strip_prefix("step-")?.strip_suffix(".safetensors")?.parse().ok()
}
