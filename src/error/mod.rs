//! [`Error`]: everything that can go wrong, one sentence a variant.

pub(crate) mod finite;
pub(crate) mod settings;

use std::io;
use std::path::{Path, PathBuf};

/// What every fallible function of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, what was expected, and where it helps, what to do.
///
/// Display says what is known here. What the system or another crate said is the
/// [`source`](std::error::Error::source) and is not repeated, so that anyhow and its like print it once; to print an
/// error by yourself, follow the sources.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An array's shape does not fit the operation or its other operands.
    #[error("{op}: `{what}` has shape {found:?}, expected {expected}")]
    Shape {
        /// The operation, such as `Affine::forward`.
        op: &'static str,
        /// The argument's name.
        what: &'static str,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that would do, such as `[batch, 784]`.
        expected: String,
    },
    /// `backprop` was called on a node that has cached nothing.
    #[error("{node}::backprop: nothing is cached; call `forward` first")]
    BackpropBeforeForward {
        /// The node's type.
        node: &'static str,
    },
    /// A setting or argument that no computation can use.
    #[error("{what} is {found}, expected {expected}")]
    Invalid {
        /// The argument's name.
        what: &'static str,
        /// Its value.
        found: String,
        /// The values that would do.
        expected: String,
    },
    /// A number is NaN or infinite that would spoil every result.
    #[error("{op}: {what} is {found}, expected a finite number")]
    NotFinite {
        /// The operation, such as `Mlp::train`.
        op: &'static str,
        /// The array and the place in it, such as `` `x`[3, 17] ``.
        what: String,
        /// NaN or an infinity.
        found: f64,
    },
    /// A computation graph that cannot be built, or that was asked for what it has not got.
    #[error("graph: `{node}` {problem}")]
    Graph {
        /// What it is about: the name of an input, parameter, constant or node.
        node: String,
        /// What is wrong with it, and where it helps, what to do.
        problem: String,
    },
    /// The loss became NaN or infinite.
    #[error("the loss is {loss} at step {step}; lower the learning rate (here {learning_rate})")]
    Diverged {
        /// The step that gave this loss, from 0.
        step: usize,
        /// The loss: NaN or infinite.
        loss: f64,
        /// The learning rate in force.
        learning_rate: f64,
    },
    /// LAPACK gave up on a factorisation.
    #[error("{op}: LAPACK failed: {problem}")]
    Lapack {
        /// The operation.
        op: &'static str,
        /// LAPACK's reason.
        problem: String,
    },
    /// A file or folder that could not be read or written.
    #[error("{}: cannot be {tried}", path.display())]
    Io {
        /// What was tried: `read`, `written`, `made`, `locked` or `removed`.
        tried: &'static str,
        /// The file or folder, or the name that was given for it.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A folder that is one run's at a time, and is another's.
    #[error("{}: is in use by another run; give each run a folder of its own", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The system did not start a thread.
    #[error("the thread for {work} cannot be started")]
    Thread {
        /// What it would have done.
        work: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// A file, or bytes, that are not the data they should be.
    #[error("{file}: {problem}")]
    Data {
        /// The file's path, or the name of what was given in its place.
        file: String,
        /// What is wrong with it, and what was expected.
        problem: String,
    },
    /// A model or checkpoint with something that its format has no place for.
    #[error("{what}: {problem}")]
    Encode {
        /// `the model` or `a checkpoint`.
        what: &'static str,
        /// What there is no place for, or what the format's crate said.
        problem: String,
    },
    /// Lists that are no sparse matrix.
    #[error("{op}: {problem}")]
    Sparse {
        /// The operation, such as `SparseMatrix::from_csr`.
        op: &'static str,
        /// What is wrong with them, in which row, and what was expected.
        problem: String,
    },
    /// The user has no cache folder to keep a download in.
    #[error("the user's cache folder is not known; give `Downloader::new` a folder")]
    NoCacheFolder {
        /// The reason.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file that no mirror could give.
    #[error(
        "{file}: no mirror gave it: {}; have the four files in a folder of your own \
         (`--data DIR`, `Mnist::from_dir`) or build with the feature `mnist-embedded`",
        reasons.join("; ")
    )]
    Download {
        /// The file's name.
        file: String,
        /// What was wrong with the copy in the folder, if there was one, and with each mirror.
        reasons: Vec<String>,
    },
    /// What went wrong in code of yours: a callback, an optimiser, a node of a graph. [`Error::other`] makes it.
    #[error(transparent)]
    Other(Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub(crate) fn shape(
        op: &'static str,
        what: &'static str,
        found: &[usize],
        expected: impl Into<String>,
    ) -> Self {
        Self::Shape { op, what, found: found.to_vec(), expected: expected.into() }
    }

    /// An error of your own, or a text, to be returned where this crate calls your code.
    ///
    /// ```
    /// let error = blasnet::Error::other("the plug is pulled");
    /// assert_eq!(error.to_string(), "the plug is pulled");
    /// ```
    pub fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Other(error.into())
    }

    /// Makes [`Error::Io`] of the system's error: what was tried, and with which file or folder.
    pub(crate) fn io(tried: &'static str, path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io { tried, path: path.to_owned(), source }
    }

    /// A mean over nothing was asked for.
    pub(crate) fn empty_batch() -> Self {
        Self::Invalid { what: "the batch", found: "empty".into(), expected: "at least one row".into() }
    }
}
