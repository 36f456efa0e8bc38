use super::*;
use proptest::prelude::*;

/// An IDX file, whose bytes need not fit its shape.
fn file(shape: &[u32], bytes: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, u8::try_from(shape.len()).unwrap()];
    for dimension in shape {
        file.extend(dimension.to_be_bytes());
    }
    file.extend(bytes);
    file
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::GzEncoder::new(bytes, flate2::Compression::fast())
        .read_to_end(&mut out)
        .unwrap();
    out
}

fn problem<const D: usize>(bytes: &[u8]) -> String {
    read::<D>(bytes, "f").unwrap_err().to_string()
}

#[test]
fn each_fault_has_its_sentence() {
    let whole = file(&[2, 2], &[1, 2, 3, 4]);
    let cases = [
        (vec![], "f: ends after 0 bytes, expected a header of 12"),
        (
            whole[..7].to_vec(),
            "f: ends after 7 bytes, expected a header of 12",
        ),
        (
            whole[..13].to_vec(),
            "f: ends after 13 bytes, expected 16 for shape [2, 2]",
        ),
        (
            [&whole[..], &[5]].concat(),
            "f: goes on after the 16 bytes that shape [2, 2] asks for, expected it to end there",
        ),
        (
            file(&[4], &[1, 2, 3, 4, 5, 6, 7, 8]),
            "f: starts with the bytes [00, 00, 08, 01], expected the IDX magic number \
             [00, 00, 08, 02] (unsigned bytes in 2 dimensions)",
        ),
        (
            file(&[0, 2], &[]),
            "f: has shape [0, 2], expected at least 1 in each dimension",
        ),
        (
            file(&[u32::MAX, u32::MAX], &[1]),
            "f: claims shape [4294967295, 4294967295], expected at most 2147483648 bytes",
        ),
        (
            file(&[1 << 16, (1 << 15) + 1], &[1]),
            "f: claims shape [65536, 32769], expected at most 2147483648 bytes",
        ),
    ];
    for (bytes, expected) in cases {
        assert_eq!(problem::<2>(&bytes), expected);
    }
    // Three dimensions whose product overflows 64 bits.
    let overflow = problem::<3>(&file(&[u32::MAX; 3], &[]));
    assert!(overflow.contains("expected at most"), "{overflow}");
}

#[test]
fn a_damaged_gzip_stream_says_so() {
    let mut bytes = gzipped(&file(&[3], &[1, 2, 3]));
    let checksum = bytes.len() - 8;
    bytes[checksum] ^= 1;
    let found = problem::<1>(&bytes);
    assert!(
        found.starts_with("f: the gzip stream is damaged"),
        "{found}"
    );
}

/// The header claims 2 GiB; what is allocated must follow the 1 MiB and a bit that is there.
#[test]
fn a_claim_is_not_allocated() {
    struct Watch<'a>(&'a [u8], usize);
    impl Read for Watch<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = self.1.max(buffer.len());
            self.0.read(buffer)
        }
    }
    let bytes = file(&[1 << 16, 1 << 15], &vec![7; FIRST + 5]);
    let mut watch = Watch(&bytes, 0);
    let error = read::<2>(&mut watch, "f").unwrap_err().to_string();
    assert_eq!(
        error,
        "f: ends after 1048593 bytes, expected 2147483660 for shape [65536, 32768]"
    );
    assert!(
        watch.1 <= FIRST,
        "a buffer of {} bytes was offered",
        watch.1
    );
}

#[test]
fn a_large_array_is_held_once() {
    let count = 3 * FIRST + 1;
    let bytes = file(&[u32::try_from(count).unwrap()], &vec![7; count]);
    let array = read::<1>(&bytes[..], "f").unwrap();
    assert_eq!(array.bytes.len(), count);
    assert_eq!(array.bytes.capacity(), count);
}

#[test]
fn the_systems_errors_stay_the_systems() {
    struct Denied;
    impl Read for Denied {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::from_raw_os_error(13))
        }
    }
    assert!(matches!(read::<1>(Denied, "f"), Err(Error::Io { .. })));
}

fn arrays() -> impl Strategy<Value = ([u32; 3], Vec<u8>)> {
    ((1..5_u32), (1..5_u32), (1..5_u32)).prop_flat_map(|(a, b, c)| {
        let size = (a * b * c) as usize;
        (Just([a, b, c]), prop::collection::vec(any::<u8>(), size))
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        prop_assert!(read::<1>(&bytes[..], "f").is_err() || bytes.starts_with(&[0, 0, 8, 1]));
    }

    #[test]
    fn arbitrary_bytes_after_a_magic_number_never_panic(
        rest in prop::collection::vec(any::<u8>(), 0..64),
        zipped in any::<bool>(),
    ) {
        let mut bytes = vec![0, 0, 8, 3];
        bytes.extend(rest);
        let bytes = if zipped { gzipped(&bytes) } else { bytes };
        if let Ok(array) = read::<3>(&bytes[..], "f") {
            prop_assert_eq!(array.bytes.len(), array.shape.iter().product::<usize>());
        }
    }

    #[test]
    fn arbitrary_bytes_after_a_gzip_header_never_panic(
        rest in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
        bytes.extend(rest);
        prop_assert!(read::<3>(&bytes[..], "f").is_err());
    }

    #[test]
    fn what_was_written_is_read((shape, bytes) in arrays(), zipped in any::<bool>()) {
        let file = file(&shape, &bytes);
        let file = if zipped { gzipped(&file) } else { file };
        let array = read::<3>(&file[..], "f").unwrap();
        prop_assert_eq!(array.shape, shape.map(|dimension| dimension as usize));
        prop_assert_eq!(array.bytes, bytes);
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error((shape, bytes) in arrays(), zipped in any::<bool>()) {
        let file = file(&shape, &bytes);
        let file = if zipped { gzipped(&file) } else { file };
        for length in 0..file.len() {
            prop_assert!(read::<3>(&file[..length], "f").is_err(), "{} bytes", length);
        }
        let longer = [&file[..], &[0]].concat();
        prop_assert!(read::<3>(&longer[..], "f").is_err());
    }
}
