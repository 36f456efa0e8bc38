//! What is embedded is MNIST; folders are read in every spelling, and refused with a reason.

use blasnet::{Error, Mnist};
use flate2::{Compression, write::GzEncoder};
use std::fs;
use std::io::Write;
use std::path::Path;
use tempfile::TempDir;

const NAMES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

fn idx(shape: &[u32], bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, u8::try_from(shape.len()).unwrap()];
    for dimension in shape {
        file.extend(dimension.to_be_bytes());
    }
    file.extend(bytes);
    file
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// `count` images whose pixels all differ from their neighbours'.
fn images(count: u32) -> Vec<u8> {
    let pixels: Vec<u8> = (0..count * 784).map(|i| (i % 251) as u8).collect();
    idx(&[count, 28, 28], &pixels)
}

/// The four files of a tiny set: 3 images to train on, 2 to test with.
fn tiny() -> [Vec<u8>; 4] {
    [
        images(3),
        idx(&[3], &[5, 0, 9]),
        images(2),
        idx(&[2], &[7, 2]),
    ]
}

fn folder(names: [&str; 4], files: &[Vec<u8>; 4]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in names.iter().zip(files) {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn is_tiny(mnist: &Mnist) {
    assert_eq!(mnist.train.images().dim(), (3, 784));
    assert_eq!(mnist.train.labels(), [5, 0, 9]);
    assert_eq!(mnist.test.images().dim(), (2, 784));
    assert_eq!(mnist.test.labels(), [7, 2]);
    let pixels = mnist.train.images();
    assert!(
        pixels
            .iter()
            .enumerate()
            .all(|(i, &pixel)| usize::from(pixel) == i % 251)
    );
}

#[test]
fn a_folder_is_read_in_every_spelling() {
    let plain = tiny();
    is_tiny(&Mnist::from_dir(folder(NAMES, &plain).path()).unwrap());

    let dotted = NAMES.map(|name| name.replace("-idx", ".idx"));
    let dotted = dotted.each_ref().map(String::as_str);
    is_tiny(&Mnist::from_dir(folder(dotted, &plain).path()).unwrap());

    let zipped = plain.each_ref().map(|bytes| gzipped(bytes));
    let gz = NAMES.map(|name| format!("{name}.gz"));
    let gz = gz.each_ref().map(String::as_str);
    is_tiny(&Mnist::from_dir(folder(gz, &zipped).path()).unwrap());

    // A browser may unpack and keep the name, or the other way round: the bytes decide.
    is_tiny(&Mnist::from_dir(folder(gz, &plain).path()).unwrap());
    is_tiny(&Mnist::from_dir(folder(NAMES, &zipped).path()).unwrap());
}

/// The tiny set with file `index` replaced must be refused; returns the error after the folder.
fn refused(index: usize, bytes: Vec<u8>) -> String {
    let mut files = tiny();
    files[index] = bytes;
    let folder = folder(NAMES, &files);
    let error = Mnist::from_dir(folder.path()).unwrap_err();
    assert!(matches!(error, Error::Data { .. }), "{error:?}");
    let start = format!("{}{}", folder.path().display(), std::path::MAIN_SEPARATOR);
    let message = error.to_string();
    message.strip_prefix(&start).unwrap_or(&message).to_owned()
}

#[test]
fn bad_files_are_named_with_their_fault() {
    let [images, labels, ..] = tiny();
    assert_eq!(
        refused(0, labels.clone()),
        "train-images-idx3-ubyte: starts with the bytes [00, 00, 08, 01], expected the IDX magic \
         number [00, 00, 08, 03] (unsigned bytes in 3 dimensions)"
    );
    assert_eq!(
        refused(0, images[..images.len() - 1].to_vec()),
        "train-images-idx3-ubyte: ends after 2367 bytes, expected 2368 for shape [3, 28, 28]"
    );
    assert_eq!(
        refused(2, [&tiny()[2][..], &[0]].concat()),
        "t10k-images-idx3-ubyte: goes on after the 1584 bytes that shape [2, 28, 28] asks for, \
         expected it to end there"
    );
    assert_eq!(
        refused(0, idx(&[3, 4, 7], &[0; 84])),
        "train-images-idx3-ubyte: has images of 4×7 pixels, expected 28×28"
    );
    assert_eq!(
        refused(3, idx(&[2], &[7, 10])),
        "t10k-labels-idx1-ubyte: row 1 has label 10, expected 0 to 9"
    );
    let mut zipped = gzipped(&labels);
    zipped.truncate(zipped.len() - 3);
    let cut = refused(1, zipped);
    assert!(
        cut.starts_with("train-labels-idx1-ubyte: the gzip stream is damaged or cut short"),
        "{cut}"
    );
    let counts = refused(1, idx(&[2], &[5, 0]));
    assert!(
        counts.starts_with("train-labels-idx1-ubyte: holds 2 labels, expected 3"),
        "{counts}"
    );
    assert!(counts.ends_with("train-images-idx3-ubyte"), "{counts}");
}

#[test]
fn missing_files_are_listed() {
    let folder = folder(NAMES, &tiny());
    fs::remove_file(folder.path().join(NAMES[1])).unwrap();
    fs::remove_file(folder.path().join(NAMES[2])).unwrap();
    let error = Mnist::from_dir(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("has no train-labels-idx1-ubyte, no t10k-images-idx3-ubyte, expected"),
        "{error}"
    );
    let nowhere = folder.path().join("nowhere");
    let error = Mnist::from_dir(&nowhere).unwrap_err();
    assert!(matches!(error, Error::Io { path, .. } if path == Path::new(&nowhere)));
}

#[cfg(feature = "mnist-embedded")]
mod embedded {
    use super::*;
    use sha2::{Digest, Sha256};

    fn sha256(header: &[u8], bytes: &[u8]) -> String {
        let digest = Sha256::new().chain_update(header).chain_update(bytes);
        digest
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// The published sums, of the header and of what the parser made of the rest.
    #[test]
    fn it_is_the_original_byte_for_byte() {
        let mnist = Mnist::embedded().unwrap();
        for (half, count, of_images, of_labels) in [
            (
                &mnist.train,
                60_000,
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            ),
            (
                &mnist.test,
                10_000,
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
        ] {
            assert_eq!((half.len(), half.classes()), (count as usize, 10));
            assert_eq!(half.images().dim(), (half.len(), 784));
            let images = half.images();
            let header = idx(&[count, 28, 28], &[]);
            assert_eq!(sha256(&header, images.as_slice().unwrap()), of_images);
            assert_eq!(sha256(&idx(&[count], &[]), half.labels()), of_labels);
        }
    }

    #[test]
    fn it_has_the_known_statistics() {
        let mnist = Mnist::embedded().unwrap();
        assert_eq!(mnist.train.labels()[..5], [5, 0, 4, 1, 9]);
        assert_eq!(mnist.test.labels()[..5], [7, 2, 1, 0, 4]);
        let histogram = |labels: &[u8]| {
            let mut counts = [0; 10];
            labels
                .iter()
                .for_each(|&label| counts[usize::from(label)] += 1);
            counts
        };
        assert_eq!(
            histogram(mnist.train.labels()),
            [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
        );
        assert_eq!(
            histogram(mnist.test.labels()),
            [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
        );
        let images = mnist.train.images();
        let pixels = images.as_slice().unwrap();
        let sum: u64 = pixels.iter().map(|&pixel| u64::from(pixel)).sum();
        let mean = sum as f64 / 255.0 / pixels.len() as f64;
        assert!((mean - 0.1307).abs() < 5e-5, "{mean}");
    }

    #[test]
    fn the_course_loader_has_its_four_arrays() {
        let mnist = blasnet::load_mnist().unwrap();
        assert_eq!(mnist.train_img.dim(), (60_000, 784));
        assert_eq!(mnist.train_label.dim(), (60_000, 10));
        assert_eq!(mnist.test_img.dim(), (10_000, 784));
        assert_eq!(mnist.test_label.dim(), (10_000, 10));
        assert_eq!(
            mnist.train_label.row(1).to_vec(),
            [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
        );
        let (low, high) = mnist
            .test_img
            .iter()
            .fold((1.0_f32, 0.0_f32), |(low, high), &x| {
                (low.min(x), high.max(x))
            });
        assert_eq!((low, high), (0.0, 1.0));
    }

    /// The downloader knows the originals by the same sums, and takes them as they lie.
    #[cfg(feature = "mnist-download")]
    #[test]
    fn the_downloader_accepts_the_originals() {
        let folder = tempfile::tempdir().unwrap();
        for file in blasnet_mnist::File::ALL {
            fs::write(folder.path().join(file.name()), file.read().unwrap()).unwrap();
        }
        let no_mirrors: [&str; 0] = [];
        let downloader = blasnet::data::download::Downloader::new(folder.path());
        let report = downloader.mirrors(no_mirrors).fetch().unwrap();
        let names: Vec<_> = report.files.iter().map(|file| file.name).collect();
        assert_eq!(names, NAMES);
        let mnist = Mnist::from_dir(report.folder).unwrap();
        assert!(mnist == Mnist::embedded().unwrap());
    }
}
