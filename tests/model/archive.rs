//! `.npz` files as NumPy's users make them, and worse ones.

use std::io::{Cursor, Write};

use blasnet::model::{Model, Names};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::{assert_same, small};

/// An archive of these files.
pub fn archive(files: &[(&str, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// An array's file with this header.
pub fn npy(header: &str, elements: &[u8]) -> Vec<u8> {
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\0", &length[..], header.as_bytes(), elements].concat()
}

pub fn array(descr: &str, order: &str, shape: &str, elements: &[u8]) -> Vec<u8> {
    npy(&format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n"), elements)
}

pub fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn load(files: &[(&str, Vec<u8>)]) -> blasnet::Result<Model<f64>> {
    Model::from_npz(&archive(files, CompressionMethod::Stored), "a file")
}

#[track_caller]
fn refused(files: &[(&str, Vec<u8>)], says: &str) {
    let error = load(files).unwrap_err().to_string();
    assert!(error.starts_with("a file: ") && error.contains(says), "{error}");
}

#[test]
fn the_same_bytes_each_time() {
    assert_eq!(small::<f32>().to_npz(Names::Course).unwrap(), small::<f32>().to_npz(Names::Course).unwrap());
}

#[test]
fn a_compressed_archive_is_read() {
    let plain = small::<f32>().to_npz(Names::Course).unwrap();
    let mut files = ZipArchive::new(Cursor::new(&plain)).unwrap();
    let files: Vec<(String, Vec<u8>)> = (0..files.len())
        .map(|place| {
            let mut file = files.by_index(place).unwrap();
            let mut bytes = Vec::new();
            std::io::copy(&mut file, &mut bytes).unwrap();
            (file.name().unwrap().into_owned(), bytes)
        })
        .collect();
    let files: Vec<_> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let compressed = archive(&files, CompressionMethod::Deflated);
    assert!(compressed.len() < plain.len());
    assert_same(&small(), &Model::<f32>::from_npz(&compressed, "a file").unwrap());
}

#[test]
fn either_order_of_axes_and_bytes_and_any_float() {
    let w = [1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0];
    let b = ("b1.npy", array("<f2", "False", "(3,)", &[0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00]));
    let columns = [1.0_f64, 4.0, 2.0, 5.0, 3.0, 6.0];
    let big: Vec<u8> = columns.iter().flat_map(|value| value.to_be_bytes()).collect();
    for file in [array("<f4", "False", "(2, 3)", &floats(&w)), array(">f8", "True", "(2, 3)", &big)] {
        let model = load(&[("w1.npy", file), b.clone()]).unwrap();
        let expected = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 1.0, -2.0, 2_f64.powi(-24)];
        assert_eq!(model.network.values(), expected);
    }
}

#[test]
fn texts_are_strings_of_numpys() {
    let zeros = |count| floats(&vec![0.0; count]);
    let utf32 = |text: &str| text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect::<Vec<u8>>();
    let network = |activation: Vec<u8>| {
        load(&[
            ("w1.npy", array("<f4", "False", "(1, 1)", &zeros(1))),
            ("b1.npy", array("<f4", "False", "(1,)", &floats(&[-1.0]))),
            ("w2.npy", array("<f4", "False", "(1, 1)", &zeros(1))),
            ("b2.npy", array("<f4", "False", "(1,)", &zeros(1))),
            ("w3.npy", array("<f4", "False", "(1, 1)", &floats(&[1.0]))),
            ("b3.npy", array("<f4", "False", "(1,)", &zeros(1))),
            ("activation.npy", activation),
            ("note.npy", array(">U3", "False", "()", &utf32("a\0\0"))),
        ])
    };
    let list = network(array(">U7", "False", "(2,)", &utf32("sigmoidtanh\0\0\0"))).unwrap();
    assert_eq!(list.about.iter().collect::<Vec<_>>(), [(&"note".to_owned(), &"a".to_owned())]);
    assert_eq!(list.network.forward(&ndarray::array![[0.0]]).unwrap(), ndarray::array![[0.0]]);
    let one = network(array(">U7", "False", "()", &utf32("sigmoid"))).unwrap();
    assert_eq!(one.network.forward(&ndarray::array![[0.0]]).unwrap(), ndarray::array![[0.5]]);
    let error = network(array(">U4", "False", "(3,)", &utf32("tanhtanhtanh"))).unwrap_err().to_string();
    assert!(error.contains("`activation` has 3 values, expected one, or one for each of 2"), "{error}");
    let error = network(array(">U1", "False", "()", &[0, 0x11, 0, 0])).unwrap_err().to_string();
    assert!(error.contains("array `activation` is no text"), "{error}");
}

#[test]
fn arrays_that_are_none() {
    let one = |bytes| [("w1.npy", bytes)];
    let four = floats(&[1.0]);
    refused(&[], "has no tensors");
    refused(&[("readme.txt", vec![])], "holds `readme.txt`, expected arrays");
    refused(&one(vec![]), "array `w1` does not start as NumPy's do");
    refused(&one(b"\x93NUMPY\x04\0\0\0".to_vec()), "is of version 4");
    refused(&one(b"\x93NUMPY\x01\0\x40".to_vec()), "ends within its header");
    refused(&one(b"\x93NUMPY\x01\0\x40\0{".to_vec()), "ends within its header");
    refused(&one(b"\x93NUMPY\x02\0\xff\xff\xff\xff".to_vec()), "a header of 4294967295 bytes");
    refused(&one(npy("{'descr': }", &four)), "has a header that is none");
    refused(&one(array("<i8", "False", "(1,)", &[0; 8])), "is of type \"<i8\", expected floats");
    refused(&one(array("|O", "False", "(1,)", &[0; 8])), "is of type \"|O\"");
    refused(&one(array("é", "False", "(1,)", &[0; 8])), "is of type \"é\"");
    refused(&one(array("<U0", "False", "(1000000000000,)", &[])), "is of type \"<U0\"");
    refused(&one(array("<f4", "False", "(2,)", &four)), "ends after 4 bytes of 8");
    refused(&one(array("<f4", "False", "()", &[0; 5])), "goes on after the 4 bytes that shape []");
    refused(&one(array("<f4", "False", "(0, 9)", &[])), "has no tensor `b1`");
}

#[test]
fn no_more_memory_than_bytes_whatever_a_header_claims() {
    let claims = |shape| [("w1.npy", array("<f8", "False", shape, &[]))];
    refused(&claims("(134217729,)"), "expected at most 1073741824 bytes in all arrays");
    refused(&claims("(4294967296, 4294967296)"), "expected at most 1073741824 bytes");
    refused(&claims("(18446744073709551615, 9)"), "expected at most 1073741824 bytes");
    refused(&claims("(134217728,)"), "ends after 0 bytes");
    // Many megabytes of nothing in a few kilobytes.
    let bomb = [("w1.npy", array("<f4", "False", "(1, 1)", &vec![0; 1 << 24]))];
    let bomb = archive(&bomb, CompressionMethod::Deflated);
    assert!(bomb.len() < 1 << 15);
    let error = Model::<f32>::from_npz(&bomb, "a file").unwrap_err().to_string();
    assert!(error.contains("goes on after the 4 bytes"), "{error}");
}

#[test]
fn a_text_cannot_have_an_arrays_name() {
    let mut model = small::<f32>();
    model.about.insert("w2".into(), "wide".into());
    let error = model.to_npz(Names::Course).unwrap_err();
    assert!(matches!(error, blasnet::Error::Encode { what: "the model", .. }), "{error:?}");
    let error = error.to_string();
    assert_eq!(error, "the model: has a text `w2`, which is the name of an array");
    assert!(model.to_npz(Names::Torch).is_ok());
}
