//! What `Error` says by itself, and what by its source.

use std::error::Error as _;
use std::io;
use std::path::Path;

use blasnet::{Error, Mnist, SparseMatrix};

/// An error with its causes, a line each, as anyhow prints it.
fn chain(error: &dyn std::error::Error) -> Vec<String> {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect()
}

/// Nothing is said twice.
#[track_caller]
fn assert_says_each_once(lines: &[String]) {
    for (place, line) in lines.iter().enumerate() {
        assert!(lines[..place].iter().all(|before| !before.contains(line)), "{lines:?}");
    }
}

#[test]
fn the_systems_reason_is_the_source_and_is_said_once() {
    let missing = Path::new("there/is/no/such/folder");
    let error = Mnist::from_dir(missing).unwrap_err();
    let Error::Io { tried, path, source } = &error else { panic!("{error:?}") };
    assert_eq!((*tried, path.as_path(), source.kind()), ("read", missing, io::ErrorKind::NotFound));
    assert_eq!(error.to_string(), format!("{}: cannot be read", missing.display()));
    let lines = chain(&error);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_says_each_once(&lines);
    assert!(error.source().is_some_and(|source| source.is::<io::Error>()));
}

#[test]
fn lists_that_are_no_matrix_are_no_file() {
    let error = SparseMatrix::from_csr([1, 2], vec![0, 1], &[2], vec![1.0_f32]).unwrap_err();
    let Error::Sparse { op, problem } = &error else { panic!("{error:?}") };
    assert_eq!(
        (*op, problem.as_str()),
        ("SparseMatrix::from_csr", "row 0 has column 2, expected columns below 2")
    );
    assert_eq!(error.to_string(), format!("{op}: {problem}"));
}

#[test]
fn an_error_of_the_callers_is_itself_with_its_causes() {
    #[derive(Debug)]
    struct Own(io::Error);

    impl std::fmt::Display for Own {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("the log cannot be written")
        }
    }

    impl std::error::Error for Own {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    let error = Error::other(Own(io::Error::other("the disk is full")));
    assert_eq!(chain(&error), ["the log cannot be written", "the disk is full"]);
    let Error::Other(own) = error else { panic!("{error:?}") };
    assert!(own.is::<Own>());
    assert_eq!(chain(&Error::other("the plug is pulled")), ["the plug is pulled"]);
}
