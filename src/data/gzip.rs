//! Bytes that may or may not be gzipped: what they are is in their first two, whatever their name says.

use flate2::read::MultiGzDecoder;
use std::io::{self, Read};

/// The bytes of `reader`, unpacked if they start as a gzip stream does.
///
/// # Errors
/// If the first two bytes cannot be read.
pub(crate) fn unpack<'a>(mut reader: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut magic = Vec::with_capacity(2);
    reader.by_ref().take(2).read_to_end(&mut magic)?;
    let gzipped = magic == [0x1f, 0x8b];
    let whole = io::Cursor::new(magic).chain(reader);
    Ok(if gzipped {
        Box::new(Gunzip(MultiGzDecoder::new(Source {
            inner: whole,
            failed: false,
        })))
    } else {
        Box::new(whole)
    })
}

/// A decoder whose errors say whether the stream is damaged or could not be read.
struct Gunzip<R>(MultiGzDecoder<Source<R>>);

impl<R: Read> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| {
            if self.0.get_ref().failed {
                return error;
            }
            let problem = format!("the gzip stream is damaged or cut short ({error})");
            io::Error::new(io::ErrorKind::InvalidData, problem)
        })
    }
}

/// Remembers whether an error came from below the decoder.
struct Source<R> {
    inner: R,
    failed: bool,
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = self.inner.read(buffer);
        self.failed |= result.is_err();
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn unpacked(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        unpack(bytes)?.read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn plain_and_gzipped_bytes_come_out_alike() {
        for bytes in [&b""[..], b"\x1f", b"\x1f\x8c", b"some bytes, some bytes"] {
            assert_eq!(unpacked(bytes).unwrap(), bytes);
            assert_eq!(unpacked(&gzipped(bytes)).unwrap(), bytes);
        }
    }

    #[test]
    fn a_stream_cut_anywhere_is_an_error() {
        let whole = gzipped(b"some bytes, some bytes");
        for length in 2..whole.len() {
            let error = unpacked(&whole[..length]).unwrap_err();
            assert!(error.to_string().contains("cut short"), "{length}: {error}");
        }
    }

    #[test]
    fn a_changed_byte_is_an_error() {
        let mut bytes = gzipped(b"some bytes, some bytes");
        let checksum = bytes.len() - 8;
        bytes[checksum] ^= 1;
        let error = unpacked(&bytes).unwrap_err();
        assert!(error.to_string().contains("damaged"), "{error}");
    }

    #[test]
    fn what_cannot_be_read_is_not_called_damaged() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the cable is out"))
            }
        }
        let start = gzipped(b"some bytes");
        let mut out = Vec::new();
        let error = unpack(start[..15].chain(Broken))
            .unwrap()
            .read_to_end(&mut out)
            .unwrap_err();
        assert_eq!(error.to_string(), "the cable is out");
    }
}
