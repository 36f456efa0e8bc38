//! [`End`]: why the program ends before its work is done, and with which exit code.

use std::error::Error as _;
use std::fmt::Display;

/// A reason to end early.
#[derive(Debug)]
pub enum End {
    /// What the command line names cannot be used: a flag's value, a folder, a file.
    Unusable(String),
    /// The same of one of several things, each of which has been told already.
    Told,
    /// The work itself failed on its way.
    Failed(String),
    /// Ctrl-C.
    Interrupted(String),
    /// Standard output is a pipe and its reader has left, as `head` does: nothing is wrong.
    NobodyReads,
}

impl End {
    /// The exit code, as `--help` lists them.
    pub fn code(&self) -> u8 {
        match self {
            Self::NobodyReads => 0,
            Self::Failed(_) => 1,
            Self::Unusable(_) | Self::Told => 2,
            Self::Interrupted(_) => 130,
        }
    }

    /// What standard error is told.
    pub fn line(&self) -> Option<String> {
        match self {
            Self::NobodyReads | Self::Told => None,
            Self::Failed(line) | Self::Unusable(line) => Some(format!("error: {line}")),
            Self::Interrupted(line) => Some(line.clone()),
        }
    }

    /// What went wrong once the work had begun: files that could be used then are no fault of the command line's.
    pub fn on_the_way(error: blasnet::Error) -> Self {
        use blasnet::Error;
        match error {
            Error::Io { .. } | Error::InUse { .. } | Error::Data { .. } | Error::Encode { .. } => {
                Self::Failed(told(&error))
            }
            _ => error.into(),
        }
    }

    /// A file or folder that was named and cannot be used.
    pub fn unusable(name: impl Display, problem: impl Display) -> Self {
        Self::Unusable(format!("{name}: {problem}"))
    }
}

impl From<blasnet::Error> for End {
    fn from(error: blasnet::Error) -> Self {
        use blasnet::Error;
        let line = told(&error);
        match error {
            Error::Invalid { .. }
            | Error::Io { .. }
            | Error::InUse { .. }
            | Error::Thread { .. }
            | Error::Data { .. }
            | Error::Encode { .. } => Self::Unusable(line),
            _ => Self::Failed(line),
        }
    }
}

/// An error of the library's with its causes, in one line.
pub fn told(error: &blasnet::Error) -> String {
    // The system's reason says well enough what was tried.
    if let blasnet::Error::Io { path, source, .. } = error {
        return format!("{}: {source}", path.display());
    }
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line += &format!(": {error}");
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use std::io;

    use blasnet::{Error, Mnist};

    use super::*;

    #[test]
    fn a_line_names_the_file_and_the_systems_reason_once() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        let error = Mnist::from_dir(&missing).unwrap_err();
        let reason = std::fs::read_dir(&missing).unwrap_err();
        assert_eq!(told(&error), format!("{}: {reason}", missing.display()));
    }

    #[test]
    fn a_line_has_each_cause_once() {
        let refused = || io::Error::from(io::ErrorKind::WouldBlock);
        let error = Error::Thread { work: "checkpoints", source: refused() };
        assert_eq!(told(&error), format!("the thread for checkpoints cannot be started: {}", refused()));
        assert_eq!(told(&Error::other("the plug is pulled")), "the plug is pulled");
        let outer = Error::other(Error::Thread { work: "nothing", source: refused() });
        assert_eq!(told(&outer), format!("the thread for nothing cannot be started: {}", refused()));
    }
}
