mod server;

use super::*;
use server::{CONTENTS, FILES, Manner, Server};
use std::net::TcpListener;
use std::thread;
use tempfile::TempDir;

fn downloader<'a>(folder: &Path, mirrors: impl IntoIterator<Item = &'a str>) -> Downloader {
    Downloader { proxy: None, originals: &*FILES, ..Downloader::new(folder).mirrors(mirrors) }
}

fn empty_folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The folder's files but for the lock, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != ".lock")
        .collect();
    names.sort();
    names
}

fn is_complete(folder: &Path) {
    assert_eq!(names(folder), ["first", "second"]);
    for (original, bytes) in FILES.iter().zip(&*CONTENTS) {
        assert!(fs::read(folder.join(original.name)).unwrap() == *bytes);
    }
}

/// The mirror must be refused, with nothing left behind; returns its reason.
fn refused(manner: Manner) -> String {
    let (server, folder) = (Server::new(manner), empty_folder());
    let error = downloader(folder.path(), [&*server.url])
        .read_timeout(Duration::from_millis(100))
        .fetch()
        .unwrap_err();
    assert_eq!(names(folder.path()), [""; 0]);
    let Error::Download { file, reasons } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(file, "first");
    assert!(error.to_string().contains("--data DIR"), "{error}");
    assert!(error.to_string().contains("mnist-embedded"), "{error}");
    let start = format!("{}first.gz: ", server.url);
    let [reason] = &reasons[..] else { panic!("{reasons:?}") };
    assert!(error.to_string().contains(reason), "{error}");
    reason.strip_prefix(&start).unwrap().to_owned()
}

#[test]
fn files_are_downloaded_once() {
    for manner in [Manner::Good, Manner::Unpacked] {
        let (server, folder) = (Server::new(manner), empty_folder());
        let folder = folder.path().join("made").join("on the way");
        let downloader = downloader(&folder, [&*server.url]);
        let report = downloader.fetch().unwrap();
        is_complete(&folder);
        assert_eq!(report.folder, folder);
        assert_eq!(report.files.len(), 2);
        assert_eq!(report.files[0].name, "first");
        assert_eq!(report.files[0].mirror.as_ref(), Some(&server.url));
        assert_eq!(report.files[0].replaced, None);

        let report = downloader.fetch().unwrap();
        assert!(report.files.iter().all(|file| file.mirror.is_none()));
        assert_eq!(server.requests(), 2);
    }
}

#[test]
fn a_mirror_without_the_file_is_refused() {
    assert_eq!(refused(Manner::NotFound), "http status: 404");
}

#[test]
fn a_connection_that_is_cut_is_refused() {
    let reason = refused(Manner::Cut);
    assert!(!reason.contains("gzip"), "{reason}");
}

#[test]
fn a_mirror_that_stalls_is_given_up() {
    let reason = refused(Manner::Stall);
    assert!(reason.contains("timeout"), "{reason}");
}

#[test]
fn a_truncated_file_is_refused() {
    let reason = refused(Manner::Truncated);
    assert!(reason.contains("damaged or cut short"), "{reason}");
}

#[test]
fn another_file_is_refused() {
    assert_eq!(
        refused(Manner::Wrong),
        format!("what it gives has SHA-256 {}, expected {}", FILES[1].sha256, FILES[0].sha256)
    );
}

#[test]
fn a_file_without_end_is_refused() {
    assert_eq!(refused(Manner::Endless), "what it gives is longer than the 200000 bytes expected");
}

#[test]
fn a_gzip_stream_that_unpacks_to_nothing_for_ever_is_refused() {
    let reason = refused(Manner::EmptyBlocks);
    assert!(reason.contains("larger than"), "{reason}");
}

#[test]
fn without_a_network_each_mirror_has_its_reason() {
    let closed = || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let (one, two) = (closed(), closed());
    let folder = empty_folder();
    let error = downloader(folder.path(), [&*one, &*two]).fetch().unwrap_err();
    let message = error.to_string();
    assert!(message.contains(&format!("{one}/first.gz: ")), "{message}");
    assert!(message.contains(&format!("; {two}/first.gz: ")), "{message}");
    assert_eq!(names(folder.path()), [""; 0]);

    let error = downloader(folder.path(), []).fetch().unwrap_err();
    assert!(error.to_string().contains("there are no mirrors"), "{error}");
}

#[test]
fn the_second_mirror_helps_out() {
    let (bad, good) = (Server::new(Manner::Wrong), Server::new(Manner::Good));
    let folder = empty_folder();
    let report = downloader(folder.path(), [&*bad.url, &*good.url]).fetch().unwrap();
    is_complete(folder.path());
    for file in &report.files {
        assert_eq!(file.mirror.as_ref(), Some(&good.url));
        assert_eq!(file.refused.len(), 1);
        assert!(file.refused[0].starts_with(&bad.url), "{:?}", file.refused);
    }
}

#[test]
fn a_damaged_file_is_fetched_again() {
    let (server, folder) = (Server::new(Manner::Good), empty_folder());
    let mut altered = CONTENTS[0].clone();
    altered[1000] ^= 1;
    for (bytes, problem) in [
        (&altered[..], "has SHA-256 "),
        (&altered[..10], "ends after 10 of the 200000 bytes expected"),
        (&[], "ends after 0 of the 200000 bytes expected"),
        (&[&altered[..], &[0]].concat(), "is longer than the 200000 bytes expected"),
    ] {
        fs::write(folder.path().join("first"), bytes).unwrap();
        let report = downloader(folder.path(), [&*server.url]).fetch().unwrap();
        is_complete(folder.path());
        let replaced = report.files[0].replaced.as_ref().unwrap();
        assert!(replaced.starts_with(problem), "{replaced}");
        assert_eq!(report.files[1].replaced, None);
    }
    assert_eq!(server.requests(), 5);
}

#[test]
fn a_damaged_file_that_no_mirror_replaces_is_named() {
    let (server, folder) = (Server::new(Manner::NotFound), empty_folder());
    let path = folder.path().join("first");
    fs::write(&path, "poison").unwrap();
    let error = downloader(folder.path(), [&*server.url]).fetch().unwrap_err();
    let expected = format!(
        "first: no mirror gave it: the copy {} ends after 6 of the 200000 bytes expected; ",
        path.display()
    );
    assert!(error.to_string().starts_with(&expected), "{error}");
    assert_eq!(fs::read(path).unwrap(), b"poison");
}

#[test]
fn what_a_killed_download_left_is_overwritten() {
    let (server, folder) = (Server::new(Manner::Good), empty_folder());
    fs::write(folder.path().join("first.part"), [7; 300_000]).unwrap();
    downloader(folder.path(), [&*server.url]).fetch().unwrap();
    is_complete(folder.path());
}

#[test]
fn of_several_at_once_one_downloads() {
    let (server, folder) = (Server::new(Manner::Slow), empty_folder());
    let downloader = downloader(folder.path(), [&*server.url]);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| downloader.fetch().unwrap());
        }
    });
    is_complete(folder.path());
    assert_eq!(server.requests(), 2);
}

#[test]
fn a_folder_that_cannot_be_made_is_the_systems_error() {
    let folder = empty_folder();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = downloader(&file, []).fetch().unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error:?}");
}

#[test]
fn the_cache_folder_is_named_after_the_crate() {
    let downloader = Downloader::in_cache().unwrap();
    assert!(downloader.folder().ends_with("blasnet/mnist"));
    assert_eq!(downloader.mirrors, MIRRORS);
}
