//! [`Mnist`]: the training and the test half, and where they come from.

use super::originals::ORIGINALS;
use super::{Dataset, idx};
use crate::{Error, Float, Result};
use ndarray::Array2;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// An image is a square of this many pixels a side.
pub const SIDE: usize = 28;

/// The pixels of an image: 28 × 28 = 784.
pub const PIXELS: usize = SIDE * SIDE;

/// The digits, 0 to 9.
pub const CLASSES: usize = 10;

/// MNIST: images of handwritten digits, 28×28 pixels each, to train on and to test with.
///
/// Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits".
// Exhaustive: two halves, which anybody may put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mnist {
    /// The images to train on: 60,000 in the complete set.
    pub train: Dataset,
    /// The images to test with, by other writers: 10,000 in the complete set.
    pub test: Dataset,
}

impl Mnist {
    /// The complete set from inside the binary: no file, no network. Takes 55 MB, and 8 MiB more
    /// while it is unpacked.
    ///
    /// # Errors
    /// Only if there is no memory: the tests compare what is embedded with the originals.
    ///
    /// ```
    /// use blasnet::Mnist;
    ///
    /// let mnist = Mnist::embedded()?;
    /// assert_eq!(mnist.train.images().dim(), (60_000, 784));
    /// assert_eq!(mnist.train.labels()[..5], [5, 0, 4, 1, 9]);
    /// # Ok::<(), blasnet::Error>(())
    /// ```
    #[cfg(feature = "mnist-embedded")]
    pub fn embedded() -> Result<Self> {
        use blasnet_mnist::File;

        let half = |images: File, labels: File| {
            let open = |file: File| {
                let damaged = |error: std::io::Error| Error::Data {
                    file: file.name().to_owned(),
                    problem: error.to_string(),
                };
                file.open().map_err(damaged)
            };
            read_half((open(images)?, images.name()), (open(labels)?, labels.name()))
        };
        Ok(Self {
            train: half(File::TrainImages, File::TrainLabels)?,
            test: half(File::TestImages, File::TestLabels)?,
        })
    }

    /// The four IDX files of `folder`, gzipped or not, under their original names
    /// (`train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte`,
    /// `t10k-labels-idx1-ubyte`), with `.idx` for `-idx` if you like, and with or without `.gz`.
    ///
    /// Any number of images will do: a subset, or a relative such as Fashion-MNIST.
    ///
    /// # Errors
    /// [`Error::Data`], naming the file, if one is missing or is not a valid IDX file (see
    /// [`idx::read`]), if images are not 28×28, if the numbers of labels and images differ,
    /// or for a label above 9. [`Error::Io`] if a file cannot be read.
    pub fn from_dir(folder: impl AsRef<Path>) -> Result<Self> {
        let paths = find(folder.as_ref())?;
        let half = |images: &Path, labels: &Path| {
            let open = |path: &Path| File::open(path).map_err(Error::io("read", path));
            read_half((open(images)?, &images.to_string_lossy()), (open(labels)?, &labels.to_string_lossy()))
        };
        Ok(Self { train: half(&paths[0], &paths[1])?, test: half(&paths[2], &paths[3])? })
    }

    /// The complete set from the user's cache folder, after downloading what is not there yet:
    /// 12 MB, once. [`Downloader`](super::download::Downloader) has options and reports what
    /// was done.
    ///
    /// # Errors
    /// As [`Downloader::fetch`](super::download::Downloader::fetch) and [`from_dir`](Self::from_dir).
    #[cfg(feature = "mnist-download")]
    pub fn download() -> Result<Self> {
        let report = super::download::Downloader::in_cache()?.fetch()?;
        Self::from_dir(report.folder)
    }

    /// Both halves as floats: the course's four arrays. 220 MB as `f32` for the complete set.
    #[must_use]
    pub fn to_arrays<A: Float>(&self) -> MnistArrays<A> {
        MnistArrays {
            train_img: self.train.to_floats(),
            train_label: self.train.one_hot(),
            test_img: self.test.to_floats(),
            test_label: self.test.one_hot(),
        }
    }
}

/// MNIST as the course has it: pixels as floats in [0, 1], labels one-hot.
// Exhaustive: the course's four arrays, taken apart by name.
#[derive(Debug, Clone, PartialEq)]
pub struct MnistArrays<A = f32> {
    /// Images to train on, `[60000, 784]`.
    pub train_img: Array2<A>,
    /// Their labels, `[60000, 10]`.
    pub train_label: Array2<A>,
    /// Images to test with, `[10000, 784]`.
    pub test_img: Array2<A>,
    /// Their labels, `[10000, 10]`.
    pub test_label: Array2<A>,
}

/// The course's loader: all of MNIST as floats.
///
/// It calls `Mnist::embedded` if the feature `mnist-embedded` is on, else `Mnist::download`.
/// The copy in floats is 220 MB; [`Mnist`] with [`Dataset::gather`] trains alike from 55 MB of bytes.
///
/// # Errors
/// As the function that it calls.
///
/// ```no_run
/// let mnist = blasnet::load_mnist()?;
/// assert_eq!(mnist.train_img.dim(), (60_000, 784));
/// assert_eq!(mnist.train_label.row(0).to_vec(), [0., 0., 0., 0., 0., 1., 0., 0., 0., 0.]);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[cfg(any(feature = "mnist-embedded", feature = "mnist-download"))]
pub fn load_mnist() -> Result<MnistArrays> {
    #[cfg(feature = "mnist-embedded")]
    let mnist = Mnist::embedded()?;
    #[cfg(not(feature = "mnist-embedded"))]
    let mnist = Mnist::download()?;
    Ok(mnist.to_arrays())
}

/// One half from two IDX files and their names.
fn read_half(images: (impl Read, &str), labels: (impl Read, &str)) -> Result<Dataset> {
    let (images, images_name) = images;
    let (labels, labels_name) = labels;
    let idx::Idx { shape: [count, height, width], bytes } = idx::read(images, images_name)?;
    if [height, width] != [SIDE, SIDE] {
        return Err(Error::Data {
            file: images_name.to_owned(),
            problem: format!("has images of {height}×{width} pixels, expected {SIDE}×{SIDE}"),
        });
    }
    let pixels = Array2::from_shape_vec((count, PIXELS), bytes)
        .expect("`idx::read` returns as many bytes as the shape asks for");
    let labels = idx::read::<1>(labels, labels_name)?.bytes;
    Dataset::with_names(pixels, labels, CLASSES, images_name, labels_name)
}

/// Where the four files are.
fn find(folder: &Path) -> Result<[PathBuf; 4]> {
    // A folder that is not there deserves the system's own words.
    std::fs::read_dir(folder).map_err(Error::io("read", folder))?;
    let found = ORIGINALS.each_ref().map(|original| {
        let dotted = original.name.replace("-idx", ".idx");
        [original.name, &dotted]
            .iter()
            .flat_map(|name| [folder.join(name), folder.join(format!("{name}.gz"))])
            .find(|path| path.is_file())
    });
    let missing: Vec<_> = std::iter::zip(&ORIGINALS, &found)
        .filter(|(_, path)| path.is_none())
        .map(|(original, _)| original.name)
        .collect();
    if missing.is_empty() {
        Ok(found.map(|path| path.expect("none is missing")))
    } else {
        Err(Error::Data {
            file: folder.display().to_string(),
            problem: format!(
                "has no {}, expected the four MNIST files, each gzipped (`.gz`) or not",
                missing.join(", no ")
            ),
        })
    }
}
