//! Each blob is its original, byte for byte, and cheap to unpack.

use blasnet_mnist::File;
use sha2::{Digest, Sha256};
use std::io::Read;

#[test]
fn each_file_unpacks_to_the_original() {
    for file in File::ALL {
        let bytes = file.read().unwrap();
        assert_eq!(bytes.len(), file.size(), "{}", file.name());
        // `read` reserves what it needs, once: the whole set costs a reader 55 MB and no more.
        assert_eq!(bytes.capacity(), file.size(), "{}", file.name());
        let found: String = Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(found, file.sha256(), "{}", file.name());
    }
}

#[test]
fn open_streams_the_same_bytes() {
    let mut start = [0; 13];
    let mut reader = File::TestLabels.open().unwrap();
    reader.read_exact(&mut start).unwrap();
    assert_eq!(start, [0, 0, 8, 1, 0, 0, 0x27, 0x10, 7, 2, 1, 0, 4]);
}

#[test]
fn the_blobs_leave_room_for_a_crate_of_ten_mebibytes() {
    let total: usize = File::ALL.iter().map(|file| file.compressed().len()).sum();
    assert!(total < 10_000_000, "{total} bytes");
}

/// The window is what a streaming decoder must hold beside the output.
#[test]
fn no_blob_asks_for_a_window_above_eight_mebibytes() {
    for file in File::ALL {
        let mut decoder = zstd::Decoder::with_buffer(file.compressed()).unwrap();
        decoder.window_log_max(23).unwrap();
        let read = std::io::copy(&mut decoder, &mut std::io::sink()).unwrap();
        assert_eq!(read, file.size() as u64, "{}", file.name());
    }
}
