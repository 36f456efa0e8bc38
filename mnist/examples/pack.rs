//! Makes the blobs of this crate from the four original files, gzipped or not:
//!
//! ```text
//! cargo run --release -p blasnet-mnist --example pack -- FOLDER_OF_THE_ORIGINALS mnist/data
//! ```
//!
//! Nothing is written unless the originals have the SHA-256 that [`File::sha256`] states, nor
//! unless what was packed unpacks to the same bytes.

use blasnet_mnist::File;
use sha2::{Digest, Sha256};
use std::error::Error;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use zstd::zstd_safe::CParameter;

/// The window that RFC 8878 asks every decoder to support: 8 MiB. Without this line, level 22 takes
/// the whole file as its window, 2 % smaller, and each reader must then hold the file twice.
const WINDOW_LOG: u32 = 23;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, to] = arguments.as_slice() else {
        return Err("usage: pack FOLDER_OF_THE_ORIGINALS DESTINATION".into());
    };
    let blobs = File::ALL
        .iter()
        .map(|file| pack(&original(Path::new(from), *file)?))
        .collect::<Result<Vec<_>, _>>()?;
    for (file, blob) in File::ALL.iter().zip(&blobs) {
        let path = Path::new(to).join(file.name()).with_extension("zst");
        fs::write(&path, blob)?;
        println!("{:>9} {}", blob.len(), path.display());
    }
    println!("{:>9} in all", blobs.iter().map(Vec::len).sum::<usize>());
    Ok(())
}

/// The bytes of `NAME` or `NAME.gz` in `folder`, if they are the original's.
fn original(folder: &Path, file: File) -> Result<Vec<u8>, Box<dyn Error>> {
    let path = folder.join(file.name());
    let bytes = if path.exists() {
        fs::read(path)?
    } else {
        let mut bytes = Vec::with_capacity(file.size());
        let gz = fs::File::open(path.with_extension("gz"))?;
        flate2::read::MultiGzDecoder::new(gz).read_to_end(&mut bytes)?;
        bytes
    };
    let found: String = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if found != file.sha256() {
        let (name, expected) = (file.name(), file.sha256());
        return Err(format!("{name} has SHA-256 {found}, expected {expected}").into());
    }
    Ok(bytes)
}

fn pack(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 22)?;
    encoder.set_parameter(CParameter::WindowLog(WINDOW_LOG))?;
    encoder.set_pledged_src_size(Some(bytes.len() as u64))?;
    encoder.include_checksum(true)?;
    encoder.write_all(bytes)?;
    let blob = encoder.finish()?;
    if zstd::decode_all(blob.as_slice())? != bytes {
        return Err("what was packed does not unpack to the same bytes".into());
    }
    Ok(blob)
}
