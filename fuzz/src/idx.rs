//! Arrays of bytes, gzipped or not.

use std::io::Write;

use blasnet::data::idx;
use flate2::Compression;
use flate2::write::GzEncoder;

/// An IDX file of labels or of images, of which MNIST consists.
pub fn idx(bytes: &[u8]) -> bool {
    read::<1>(bytes) | read::<3>(bytes)
}

fn read<const D: usize>(bytes: &[u8]) -> bool {
    let Ok(array) = idx::read::<D>(bytes, "a file") else {
        return false;
    };
    assert_eq!(array.shape.iter().product::<usize>(), array.bytes.len());
    let file = plain(&array);
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&file).unwrap();
        assert_eq!(idx::read::<D>(&gzip.finish().unwrap()[..], "its own file").unwrap(), array);
    } else {
        assert_eq!(bytes, file);
    }
    true
}

/// The file of this array, not gzipped.
fn plain<const D: usize>(array: &idx::Idx<D>) -> Vec<u8> {
    let dimension = |&dimension: &usize| u32::try_from(dimension).unwrap().to_be_bytes();
    let shape = array.shape.iter().flat_map(dimension);
    [0, 0, 8, D as u8].into_iter().chain(shape).chain(array.bytes.iter().copied()).collect()
}
