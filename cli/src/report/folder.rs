//! [`Folder`]: where a report goes.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::end::End;
use crate::target::Target;

/// The page's name.
pub const PAGE: &str = "report.html";

/// A folder that can be written to. Files of the same names are replaced, others left alone.
#[derive(Debug)]
pub struct Folder {
    flag: &'static str,
    path: PathBuf,
}

impl Folder {
    /// Makes the folder, if it is not there, and sure that files can be made in it.
    pub fn check(flag: &'static str, path: &Path) -> Result<Self, End> {
        let wrong = |problem: String| Err(End::unusable(format_args!("{flag}{}", path.display()), problem));
        match fs::create_dir(path) {
            Ok(()) => {}
            Err(_) if path.is_dir() => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return wrong("is a file, expected the name of a folder".into());
            }
            Err(error) => return wrong(format!("cannot be made: {error}")),
        }
        let folder = Self { flag, path: path.to_owned() };
        folder.target(PAGE)?;
        Ok(folder)
    }

    /// Puts a file there.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), End> {
        self.target(name)?.write(bytes)
    }

    /// Where the page is.
    pub fn page(&self) -> PathBuf {
        self.path.join(PAGE)
    }

    fn target(&self, name: &str) -> Result<Target, End> {
        Target::find(self.flag, &self.path.join(name))
    }
}
