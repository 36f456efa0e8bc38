//! Models on the disk.

use std::fs;

use blasnet::files::Place;
use blasnet::model::{Format, Loading, Model, Names};

use crate::{assert_same, small};

#[test]
fn a_file_is_written_and_read_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    for (name, start) in [("a.safetensors", None), ("a.npz", Some(b"PK")), ("A.NPZ", Some(b"PK"))] {
        let path = folder.path().join(name);
        fs::write(&path, "an older file").unwrap();
        small::<f32>().save(&path, Names::Torch).unwrap();
        assert_same(&small::<f32>(), &Model::load(&path).unwrap());
        if let Some(start) = start {
            assert!(fs::read(&path).unwrap().starts_with(start));
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "a temporary file was left");
    let renamed = folder.path().join("model");
    fs::rename(folder.path().join("a.npz"), &renamed).unwrap();
    assert_same(&small::<f32>(), &Loading::new().load_as(Format::Npz, &renamed).unwrap());
}

#[test]
fn other_names_are_no_models() {
    let folder = tempfile::tempdir().unwrap();
    for (name, says) in [
        ("model", "model: the name has no extension, expected `.safetensors` or `.npz`"),
        ("model.pt", "model.pt: the name ends in `.pt`, expected `.safetensors` or `.npz`"),
    ] {
        let path = folder.path().join(name);
        let error = small::<f32>().save(&path, Names::Course).unwrap_err().to_string();
        assert!(error.ends_with(says), "{error}");
        assert!(!path.exists());
        let error = Model::<f32>::load(&path).unwrap_err().to_string();
        assert!(error.ends_with(says), "{error}");
    }
}

#[test]
fn what_cannot_be_read_or_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing").join("a.npz");
    for error in
        [Model::<f32>::load(&missing).unwrap_err(), small::<f32>().save(&missing, Names::Course).unwrap_err()]
    {
        assert!(matches!(error, blasnet::Error::Io { .. }), "{error}");
        assert!(error.to_string().starts_with(&missing.display().to_string()), "{error}");
    }
    let folders = folder.path().join("b.npz");
    fs::create_dir(&folders).unwrap();
    assert!(
        Model::<f32>::load(&folders).unwrap_err().to_string().ends_with("is no file, expected a model's")
    );
    assert!(small::<f32>().save(&folders, Names::Course).is_err());
}

#[test]
fn a_file_of_more_than_a_gigabyte_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.safetensors");
    // A hole, which takes no room.
    fs::File::create(&path).unwrap().set_len((1 << 30) + 1).unwrap();
    let error = Model::<f32>::load(&path).unwrap_err().to_string();
    assert!(error.ends_with("is 1073741825 bytes, expected a model of at most 1073741824"), "{error}");
}

#[test]
fn a_place_is_checked_without_a_trace() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(&folder.path().join("file")).unwrap();
    place.check().unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_eq!(place.folder(), folder.path());
    assert!(Place::new(&folder.path().join("none").join("file")).unwrap().check().is_err());
    assert_eq!(Place::new("file".as_ref()).unwrap().folder(), ".");
    assert!(Place::new("/".as_ref()).is_err());
    assert!(Place::new("..".as_ref()).is_err() || Place::new("..".as_ref()).unwrap().write(b"").is_err());
}

#[cfg(unix)]
#[test]
fn a_link_stays_one_and_a_new_file_is_like_any_other() {
    use std::os::unix::fs::{MetadataExt, symlink};

    let folder = tempfile::tempdir().unwrap();
    let [plain, file, link] = ["plain", "file", "link"].map(|name| folder.path().join(name));
    fs::write(&plain, "").unwrap();
    fs::write(&file, "old").unwrap();
    symlink(&file, &link).unwrap();
    Place::new(&link).unwrap().write(b"new").unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read(&file).unwrap(), b"new");
    assert_eq!(fs::metadata(&file).unwrap().mode(), fs::metadata(&plain).unwrap().mode());
}
