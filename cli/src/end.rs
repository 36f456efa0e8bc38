//! [`End`]: why the program ends before its work is done, and with which exit code.

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
            Error::Io { .. } | Error::Data { .. } => Self::Failed(error.to_string()),
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
        let line = error.to_string();
        match error {
            Error::Invalid { .. } | Error::Io { .. } | Error::Data { .. } => Self::Unusable(line),
            _ => Self::Failed(line),
        }
    }
}
