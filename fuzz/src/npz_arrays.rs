//! An `.npz` file with right checksums, whatever is in it.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The archive of these files: of each its name, a zero, two bytes that say how long it is (the lower first), and
/// what is in it.
pub fn npz_arrays(mut bytes: &[u8]) -> bool {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    while let Some((name, length, rest)) = header(bytes) {
        let (file, rest) = rest.split_at(length.min(rest.len()));
        bytes = rest;
        // Not a second one of this name.
        if archive.start_file(name, options).is_err() {
            return false;
        }
        archive.write_all(file).unwrap();
    }
    crate::npz(&archive.finish().unwrap().into_inner())
}

/// A file's name and length, and what comes behind them.
fn header(bytes: &[u8]) -> Option<(&str, usize, &[u8])> {
    let end = bytes.iter().position(|&byte| byte == 0)?;
    let (length, rest) = bytes[end + 1..].split_first_chunk()?;
    Some((str::from_utf8(&bytes[..end]).ok()?, u16::from_le_bytes(*length).into(), rest))
}
