//! The complete MNIST data set of handwritten digits, inside the crate: no network, no cache, no files.
//!
//! Each of the four original IDX files is one zstd blob of this crate, 9.8 MB together, and comes out
//! byte for byte as its authors published it: 54,950,048 bytes together.
//!
//! | [`File`] | IDX shape | bytes |
//! |---|---|---|
//! | [`File::TrainImages`] | `[60000, 28, 28]` | 47,040,016 |
//! | [`File::TrainLabels`] | `[60000]` | 60,008 |
//! | [`File::TestImages`] | `[10000, 28, 28]` | 7,840,016 |
//! | [`File::TestLabels`] | `[10000]` | 10,008 |
//!
//! An IDX file is a big-endian header (a magic number of 4 bytes, then 4 bytes for each dimension:
//! 16 bytes for images, 8 for labels) and then one byte a pixel (0 is paper, 255 is ink) or label (0 to 9).
//!
//! ```
//! let labels = blasnet_mnist::File::TrainLabels.read()?;
//! assert_eq!(labels.len(), 60_008);
//! assert_eq!(labels[8..13], [5, 0, 4, 1, 9]);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Licence
//! The data set was made by Yann LeCun, Corinna Cortes and Christopher J.C. Burges and is under
//! CC BY-SA 3.0; so is this crate. It was compressed for this crate, and is otherwise unmodified.

#![forbid(unsafe_code)]

use std::io::{self, Read};

/// One of the four files that MNIST consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum File {
    /// 60,000 images to train on, 28×28 pixels each.
    TrainImages,
    /// Their labels.
    TrainLabels,
    /// 10,000 images to test with, by other writers.
    TestImages,
    /// Their labels.
    TestLabels,
}

impl File {
    /// All four, in the order of this enum.
    pub const ALL: [Self; 4] = [
        Self::TrainImages,
        Self::TrainLabels,
        Self::TestImages,
        Self::TestLabels,
    ];

    /// The original file name, such as `train-images-idx3-ubyte`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TrainImages => "train-images-idx3-ubyte",
            Self::TrainLabels => "train-labels-idx1-ubyte",
            Self::TestImages => "t10k-images-idx3-ubyte",
            Self::TestLabels => "t10k-labels-idx1-ubyte",
        }
    }

    /// SHA-256 of the original file (what [`read`](Self::read) returns), in lower-case hexadecimal.
    #[must_use]
    pub const fn sha256(self) -> &'static str {
        match self {
            Self::TrainImages => "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            Self::TrainLabels => "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            Self::TestImages => "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            Self::TestLabels => "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        }
    }

    /// Bytes of the original file.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::TrainImages => 16 + 60_000 * 28 * 28,
            Self::TrainLabels => 8 + 60_000,
            Self::TestImages => 16 + 10_000 * 28 * 28,
            Self::TestLabels => 8 + 10_000,
        }
    }

    /// The zstd frame as it lies in the binary.
    ///
    /// It needs a window of at most 8 MiB, which RFC 8878 has every decoder support.
    #[must_use]
    pub const fn compressed(self) -> &'static [u8] {
        match self {
            Self::TrainImages => include_bytes!("../data/train-images-idx3-ubyte.zst"),
            Self::TrainLabels => include_bytes!("../data/train-labels-idx1-ubyte.zst"),
            Self::TestImages => include_bytes!("../data/t10k-images-idx3-ubyte.zst"),
            Self::TestLabels => include_bytes!("../data/t10k-labels-idx1-ubyte.zst"),
        }
    }

    /// A reader of the original file's bytes that decompresses as it goes, holding about 8 MiB itself.
    ///
    /// # Errors
    /// If zstd has no memory for its decoder. The reader itself fails only if the blob is damaged:
    /// each carries a checksum.
    pub fn open(self) -> io::Result<impl Read> {
        zstd::Decoder::with_buffer(self.compressed())
    }

    /// The original file's [`size`](Self::size) bytes.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn read(self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(self.size());
        self.open()?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}
