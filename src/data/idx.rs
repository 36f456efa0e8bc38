//! The IDX format, in which MNIST and its relatives are published: arrays of unsigned bytes.
//!
//! ```text
//! 0, 0, 8, D          the magic number: unsigned bytes (8) in D dimensions
//! D × 4 bytes         the dimensions, each a big-endian number
//! product of them     the bytes, the last dimension fastest
//! ```
//!
//! Source: the format's description on the page of its authors,
//! "The MNIST database of handwritten digits" (LeCun, Cortes and Burges).

use super::gzip;
use crate::{Error, Result};
use std::io::{self, Read};

/// No more than this many bytes are read, whatever a header claims: 2 GiB, three times the largest
/// relative of MNIST. A gzip stream of a few MB could otherwise unpack until memory ends.
const LIMIT: u64 = 1 << 31;

/// The first allocation; each further one at most doubles what has really arrived.
const FIRST: usize = 1 << 20;

/// An array of unsigned bytes in `D` dimensions, as it lay in an IDX file.
// Exhaustive: an IDX file holds nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idx<const D: usize> {
    /// The dimensions, none of them 0.
    pub shape: [usize; D],
    /// Their product of bytes, the last dimension fastest.
    pub bytes: Vec<u8>,
}

/// Reads an IDX file of unsigned bytes in `D` dimensions, gzipped or not; `name` is for the errors.
///
/// Memory grows with what really arrives, never with what the header claims.
///
/// # Errors
/// [`Error::Data`], with what was found and expected, if the magic number is another, a dimension
/// is 0, the shape asks for more than 2 GiB, bytes are missing, bytes follow, or the gzip stream is
/// damaged. [`Error::Io`] if the system cannot read.
///
/// ```
/// use blasnet::data::idx;
///
/// let file = [0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 3, 7, 8, 9];
/// let array = idx::read::<2>(&file[..], "three-pixels")?;
/// assert_eq!(array.shape, [1, 3]);
/// assert_eq!(array.bytes, [7, 8, 9]);
///
/// let error = idx::read::<2>(&file[..14], "three-pixels").unwrap_err();
/// assert_eq!(error.to_string(), "three-pixels: ends after 14 bytes, expected 15 for shape [1, 3]");
/// # Ok::<(), blasnet::Error>(())
/// ```
pub fn read<const D: usize>(reader: impl Read, name: &str) -> Result<Idx<D>> {
    let broken = |error| unreadable(error, name);
    let data = |problem: String| Error::Data { file: name.to_owned(), problem };
    let mut reader = gzip::unpack(reader).map_err(broken)?;

    let header = 4 + 4 * D;
    let mut start = Vec::with_capacity(header);
    let length = fill(&mut reader, &mut start, header).map_err(broken)?;
    if let Some(problem) = wrong_magic::<D>(&start) {
        return Err(data(problem));
    }
    if length < header {
        return Err(data(format!("ends after {length} bytes, expected a header of {header}")));
    }
    let claimed: [u32; D] = std::array::from_fn(|axis| {
        u32::from_be_bytes(std::array::from_fn(|byte| start[4 + 4 * axis + byte]))
    });
    let size = size(&claimed).map_err(data)?;

    let mut bytes = Vec::new();
    while bytes.len() < size {
        let step = (size - bytes.len()).min(bytes.len().max(FIRST));
        bytes
            .try_reserve_exact(step)
            .map_err(|_| data(format!("there is no memory for the {size} bytes of shape {claimed:?}")))?;
        if fill(&mut reader, &mut bytes, step).map_err(broken)? < step {
            return Err(data(format!(
                "ends after {} bytes, expected {} for shape {claimed:?}",
                header + bytes.len(),
                header + size
            )));
        }
    }
    // Reading on past the last byte also makes a gzip stream compare its checksum.
    if fill(&mut reader, &mut start, 1).map_err(broken)? > 0 {
        return Err(data(format!(
            "goes on after the {} bytes that shape {claimed:?} asks for, expected it to end there",
            header + size
        )));
    }
    // Lossless: each dimension is a factor of `size`, which is a `usize`.
    let shape = claimed.map(|dimension| dimension as usize);
    Ok(Idx { shape, bytes })
}

/// Appends up to `count` bytes to `buffer`; fewer only at the end. Returns how many.
fn fill(reader: &mut dyn Read, buffer: &mut Vec<u8>, count: usize) -> io::Result<usize> {
    reader.take(count as u64).read_to_end(buffer)
}

fn wrong_magic<const D: usize>(start: &[u8]) -> Option<String> {
    let found = start.get(..4)?;
    let expected = [0, 0, 8, u8::try_from(D).ok()?];
    (found != expected).then(|| {
        format!(
            "starts with the bytes {found:02x?}, expected the IDX magic number {expected:02x?} \
             (unsigned bytes in {D} dimensions)"
        )
    })
}

/// The product of the dimensions.
fn size(shape: &[u32]) -> Result<usize, String> {
    if shape.contains(&0) {
        return Err(format!("has shape {shape:?}, expected at least 1 in each dimension"));
    }
    shape
        .iter()
        .try_fold(1_u64, |product, &dimension| product.checked_mul(dimension.into()))
        .filter(|&size| size <= LIMIT)
        .and_then(|size| usize::try_from(size).ok())
        .ok_or_else(|| format!("claims shape {shape:?}, expected at most {LIMIT} bytes"))
}

/// An error of the system's is [`Error::Io`], one of a decoder's is about the data.
fn unreadable(source: io::Error, name: &str) -> Error {
    if source.raw_os_error().is_some() {
        Error::io("read", name.as_ref())(source)
    } else {
        Error::Data { file: name.to_owned(), problem: source.to_string() }
    }
}

#[cfg(test)]
mod tests;
