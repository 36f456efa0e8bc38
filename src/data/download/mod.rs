//! [`Downloader`]: MNIST from a mirror, once, into a folder that never holds an incomplete file under a final name.
//!
//! What a mirror sends is unpacked to a `.part` file, which gets its name only when its length and
//! SHA-256 are the original's and it is on the disk. So an interrupted download leaves no file that
//! looks complete, and a file that was damaged later is noticed and fetched again.

mod check;
mod part;

use super::gzip;
use super::originals::{ORIGINALS, Original};
use crate::{Error, Result};
use check::{Copy, Measure, inspect};
use etcetera::BaseStrategy;
use part::Part;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Mirrors of the four files, gzipped, tried in this order; yann.lecun.com no longer serves them.
///
/// The first is PyTorch's, the second TensorFlow's.
pub const MIRRORS: [&str; 2] =
    ["https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"];

/// The time limit for one file: a slow mirror must not block a program for ever.
const WHOLE_FILE: Duration = Duration::from_secs(30 * 60);

/// Downloads the four files of MNIST into a folder, except those that are there and intact.
///
/// ```no_run
/// use blasnet::{Mnist, data::download::Downloader};
/// use std::time::Duration;
///
/// let report = Downloader::new("my-data")
///     .mirrors(["https://mirror.example/mnist"])
///     .read_timeout(Duration::from_secs(5))
///     .fetch()?;
/// for file in &report.files {
///     if let Some(problem) = &file.replaced {
///         eprintln!("{} was damaged ({problem}) and has been fetched again", file.name);
///     }
/// }
/// let mnist = Mnist::from_dir(report.folder)?;
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Downloader {
    folder: PathBuf,
    mirrors: Vec<String>,
    connect_timeout: Duration,
    read_timeout: Duration,
    proxy: Option<ureq::Proxy>,
    originals: &'static [Original],
}

/// What [`Downloader::fetch`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Where the files are, for [`Mnist::from_dir`](super::Mnist::from_dir).
    pub folder: PathBuf,
    /// The files, training images first.
    pub files: Vec<FileReport>,
}

/// What [`Downloader::fetch`] did for one file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileReport {
    /// The file's name, such as `train-images-idx3-ubyte`.
    pub name: &'static str,
    /// The mirror that it came from, or `None` if it was there.
    pub mirror: Option<String>,
    /// What was wrong with the copy that was there, if it had to be fetched again.
    pub replaced: Option<String>,
    /// The mirrors that failed, each with its reason.
    pub refused: Vec<String>,
}

/// Why a mirror's file was not taken.
enum Refusal {
    /// The mirror's fault: the next one may do better.
    Mirror(String),
    /// The folder's: no mirror would help.
    Folder(Error),
}

impl Downloader {
    /// Into `folder`, which is created if necessary, from [`MIRRORS`], with 10 s to connect and 30 s for
    /// each read. A proxy is taken from the environment (`HTTPS_PROXY` and the like).
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            mirrors: MIRRORS.map(str::to_owned).to_vec(),
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            proxy: ureq::Proxy::try_from_env(),
            originals: &ORIGINALS,
        }
    }

    /// Into `blasnet/mnist` in the user's cache folder: `$XDG_CACHE_HOME` or `~/.cache`, on Windows
    /// `%LOCALAPPDATA%`.
    ///
    /// # Errors
    /// [`Error::NoCacheFolder`] if the system knows no home folder.
    pub fn in_cache() -> Result<Self> {
        let strategy = etcetera::choose_base_strategy()
            .map_err(|error| Error::NoCacheFolder { source: Box::new(error) })?;
        Ok(Self::new(strategy.cache_dir().join("blasnet").join("mnist")))
    }

    /// The mirrors to try, in order: URLs of folders with `train-images-idx3-ubyte.gz` and so on.
    /// They need not be trusted: what they send is compared with the originals' SHA-256.
    #[must_use]
    pub fn mirrors(mut self, urls: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.mirrors = urls.into_iter().map(Into::into).collect();
        self
    }

    /// How long to wait for a connection.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long to wait for the next bytes.
    #[must_use]
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.read_timeout = timeout;
        self
    }

    /// The folder for the files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Downloads the files that are missing or damaged. Intact ones are not touched, and need no network.
    ///
    /// Several processes may call this at once: with a lock (the empty file `.lock`) one downloads
    /// and the others wait for it.
    ///
    /// # Errors
    /// [`Error::Download`] if no mirror gives a file, with each one's reason; the folder's files are
    /// then as they were. [`Error::Io`] if the folder cannot be written or locked.
    pub fn fetch(&self) -> Result<Report> {
        let mut lock = None;
        let mut files = Vec::new();
        for original in self.originals {
            let mut copy = inspect(&self.folder, original)?;
            if lock.is_none() && !matches!(copy, Copy::Intact) {
                lock = Some(self.lock()?);
                // Whoever had the lock may have downloaded it in the meantime.
                copy = inspect(&self.folder, original)?;
            }
            files.push(match copy {
                Copy::Intact => {
                    FileReport { name: original.name, mirror: None, replaced: None, refused: Vec::new() }
                }
                Copy::Missing => self.replace(original, None)?,
                Copy::Damaged(problem) => self.replace(original, Some(problem))?,
            });
        }
        Ok(Report { folder: self.folder.clone(), files })
    }

    /// The lock of this folder, released when its file is closed.
    fn lock(&self) -> Result<File> {
        fs::create_dir_all(&self.folder).map_err(Error::io("made", &self.folder))?;
        let path = self.folder.join(".lock");
        let file = File::create(&path).map_err(Error::io("written", &path))?;
        file.lock().map_err(Error::io("locked", &path))?;
        Ok(file)
    }

    /// Tries one mirror after the other.
    fn replace(&self, original: &Original, replaced: Option<String>) -> Result<FileReport> {
        let mut refused = Vec::new();
        for mirror in &self.mirrors {
            let url = format!("{}/{}.gz", mirror.trim_end_matches('/'), original.name);
            match self.bring(&url, original) {
                Ok(()) => {
                    return Ok(FileReport {
                        name: original.name,
                        mirror: Some(mirror.clone()),
                        replaced,
                        refused,
                    });
                }
                Err(Refusal::Mirror(reason)) => refused.push(format!("{url}: {reason}")),
                Err(Refusal::Folder(error)) => return Err(error),
            }
        }
        if refused.is_empty() {
            refused.push("there are no mirrors to try".to_owned());
        }
        if let Some(problem) = replaced {
            let path = self.folder.join(original.name);
            refused.insert(0, format!("the copy {} {problem}", path.display()));
        }
        Err(Error::Download { file: original.name.to_owned(), reasons: refused })
    }

    /// Downloads `url` into the folder, if it is the original.
    fn bring(&self, url: &str, original: &Original) -> Result<(), Refusal> {
        let agent = ureq::Agent::config_builder()
            .timeout_resolve(Some(self.connect_timeout))
            .timeout_connect(Some(self.connect_timeout))
            .timeout_per_read(Some(self.read_timeout))
            .timeout_global(Some(WHOLE_FILE))
            .proxy(self.proxy.clone())
            .user_agent(concat!("blasnet/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        let response = agent.get(url).call().map_err(refuse)?;
        let body = response.into_body().into_with_config();
        // No gzip stream of the file is longer, so this bounds what a mirror can make us read.
        let body = body.limit(original.size + (1 << 16)).reader();
        let body = gzip::unpack(body).map_err(refuse)?;

        let mut part = Part::create(&self.folder, original.name).map_err(Refusal::Folder)?;
        let mut measure = Measure::default();
        // One byte more, to tell a longer file from the original.
        let mut body = body.take(original.size + 1);
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = body.read(&mut buffer).map_err(refuse)?;
            if count == 0 {
                break;
            }
            measure.write_all(&buffer[..count]).map_err(refuse)?;
            part.write(&buffer[..count]).map_err(Refusal::Folder)?;
        }
        if let Some(problem) = measure.problem(original) {
            return Err(refuse(format!("what it gives {problem}")));
        }
        part.keep(&self.folder.join(original.name)).map_err(Refusal::Folder)
    }
}

fn refuse(error: impl ToString) -> Refusal {
    Refusal::Mirror(error.to_string())
}

#[cfg(test)]
mod tests;
