//! NumPy's format of one array, `.npy`.
//!
//! ```text
//! \x93NUMPY, 1, 0     the magic string and the format's version; 2 and 3 have a longer header
//! 2 or 4 bytes        the header's length, the lowest first
//! the header          {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }, spaces, a newline
//! the elements        as many as the shape has
//! ```
//!
//! Source: NumPy's documentation, "NEP 1 — A simple file format for NumPy arrays".

use std::io::Read;

use super::MAX_BYTES;
use super::tensor::{Kind, Tensor};

/// An array of an archive.
pub(super) enum Array {
    Numbers(Tensor<'static>),
    /// Of strings, with a comma between each and the next.
    Text(String),
}

/// What an array consists of.
#[derive(Debug, Clone, Copy)]
enum Element {
    Number(Kind),
    /// So many characters of four bytes each, zeros behind those that are needed.
    Characters(usize),
}

/// What an array's header says.
#[derive(Debug, PartialEq, Eq)]
struct Header<'a> {
    descr: &'a str,
    fortran: bool,
    shape: Vec<usize>,
}

const MAGIC: &[u8] = b"\x93NUMPY";

/// Headers are about 100 bytes long.
const MAX_HEADER: u32 = 1 << 14;

/// The elements begin at a multiple of this.
const ALIGNMENT: usize = 64;

/// Bytes of a character.
const CHARACTER: usize = size_of::<char>();

/// A text that is longer is none.
const MAX_CHARACTERS: usize = 1 << 24;

impl Element {
    fn of(descr: &str) -> Option<Self> {
        Some(match descr {
            "f2" => Self::Number(Kind::F16),
            "f4" => Self::Number(Kind::F32),
            "f8" => Self::Number(Kind::F64),
            _ => {
                let count = descr.strip_prefix('U')?.parse().ok();
                Self::Characters(count.filter(|&count| (1..=MAX_CHARACTERS).contains(&count))?)
            }
        })
    }

    fn size(self) -> usize {
        match self {
            Self::Number(kind) => kind.size(),
            Self::Characters(count) => CHARACTER * count,
        }
    }
}

/// Reads an array of at most `budget` bytes, and takes them from it. Memory grows with what really arrives, never
/// with what a header claims.
///
/// # Errors
/// If the bytes are no such array, or one of something else than floating-point numbers or strings.
pub(super) fn read(reader: &mut impl Read, name: &str, budget: &mut u64) -> Result<Array, String> {
    let wrong = |problem: String| format!("array `{name}` {problem}");
    let text = read_header(reader).map_err(wrong)?;
    let header = Header::parse(&text).ok_or_else(|| wrong(format!("has a header that is none: {text:?}")))?;
    let Header { descr, fortran, shape } = header;
    let (big_endian, element) = match descr.split_at_checked(1) {
        Some((order @ ("<" | ">"), element)) => (order == ">", Element::of(element)),
        _ => (false, None),
    };
    let element = element
        .ok_or_else(|| wrong(format!("is of type {descr:?}, expected floats (f2, f4, f8) or strings")))?;
    let size = shape.iter().try_fold(element.size(), |size, &count| size.checked_mul(count));
    let Some(size) = size.filter(|&size| size as u64 <= *budget) else {
        let problem = format!("is of type {descr:?} and shape {shape:?}");
        return Err(wrong(format!("{problem}, expected at most {MAX_BYTES} bytes in all arrays")));
    };
    let bytes = take(reader, size as u64).map_err(wrong)?;
    if bytes.len() < size {
        return Err(wrong(format!("ends after {} bytes of {size}", bytes.len())));
    }
    // Reading on past the last byte also makes the archive compare its checksum.
    if !take(reader, 1).map_err(wrong)?.is_empty() {
        return Err(wrong(format!("goes on after the {size} bytes that shape {shape:?} asks for")));
    }
    *budget -= size as u64;
    match element {
        Element::Number(kind) => {
            let (name, bytes) = (name.to_owned(), bytes.into());
            Ok(Array::Numbers(Tensor { name, shape, kind, big_endian, fortran, bytes }))
        }
        Element::Characters(count) => {
            let strings = bytes.chunks_exact(CHARACTER * count).map(|bytes| string(bytes, big_endian));
            let strings: Option<Vec<_>> = strings.collect();
            strings.map(|strings| Array::Text(strings.join(","))).ok_or_else(|| wrong("is no text".into()))
        }
    }
}

/// The bytes of an array of numbers.
pub(super) fn of_numbers(tensor: &Tensor<'_>) -> Vec<u8> {
    let descr = format!("<f{}", tensor.kind.size());
    write(&descr, &tensor.shape, &tensor.bytes)
}

/// The bytes of an array without axes of one string.
pub(super) fn of_text(text: &str) -> Vec<u8> {
    let mut bytes: Vec<u8> = text.chars().flat_map(|character| u32::from(character).to_le_bytes()).collect();
    // NumPy has no strings of no length.
    bytes.resize(bytes.len().max(CHARACTER), 0);
    write(&format!("<U{}", bytes.len() / CHARACTER), &[], &bytes)
}

fn write(descr: &str, shape: &[usize], elements: &[u8]) -> Vec<u8> {
    let lengths: String = shape.iter().map(|length| format!("{length},")).collect();
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({lengths}), }}");
    // Version 1.0 has two bytes for the length.
    let before = MAGIC.len() + 4;
    let end = (before + header.len() + 1).next_multiple_of(ALIGNMENT);
    header += &" ".repeat(end - before - header.len() - 1);
    header.push('\n');
    let length = u16::try_from(header.len()).expect("two axes at most").to_le_bytes();
    [MAGIC, &[1, 0], &length, header.as_bytes(), elements].concat()
}

fn read_header(reader: &mut impl Read) -> Result<String, String> {
    let cut = || "ends within its header".to_owned();
    let start = take(reader, 8)?;
    let version = match start.strip_prefix(MAGIC) {
        Some(&[version @ 1..=3, _]) => version,
        Some(&[version, _]) => {
            return Err(format!("is of version {version} of NumPy's format, expected 1 to 3"));
        }
        _ => return Err("does not start as NumPy's do".into()),
    };
    let mut length = take(reader, if version == 1 { 2 } else { 4 })?;
    if length.len() < 2 {
        return Err(cut());
    }
    length.resize(4, 0);
    let length = length.iter().rev().fold(0, |length, &byte| length << 8 | u32::from(byte));
    if length > MAX_HEADER {
        return Err(format!("has a header of {length} bytes, expected at most {MAX_HEADER}"));
    }
    let header = take(reader, length.into())?;
    if header.len() < length as usize {
        return Err(cut());
    }
    String::from_utf8(header).map_err(|_| "has a header that is no text".into())
}

impl<'a> Header<'a> {
    /// A dictionary with these three keys alone, in any order.
    fn parse(text: &'a str) -> Option<Self> {
        let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        while !rest.is_empty() {
            let (key, behind) = quoted(rest)?;
            let value = behind.trim_start().strip_prefix(':')?.trim_start();
            rest = match key {
                "descr" => {
                    let (value, rest) = quoted(value)?;
                    descr = Some(value);
                    rest
                }
                "fortran_order" => {
                    let (value, rest) = value.split_at_checked(value.find("e")? + 1)?;
                    fortran = Some(match value {
                        "True" => true,
                        "False" => false,
                        _ => return None,
                    });
                    rest
                }
                "shape" => {
                    let (lengths, rest) = value.strip_prefix('(')?.split_once(')')?;
                    let lengths = lengths.split(',').map(str::trim).filter(|length| !length.is_empty());
                    shape = Some(lengths.map(|length| length.parse().ok()).collect::<Option<_>>()?);
                    rest
                }
                _ => return None,
            };
            rest = rest.trim_start();
            rest = match rest.strip_prefix(',') {
                Some(rest) => rest.trim_start(),
                None if rest.is_empty() => rest,
                None => return None,
            };
        }
        Some(Self { descr: descr?, fortran: fortran?, shape: shape? })
    }
}

/// What stands in quotation marks at the start, and what behind them.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let mark = text.chars().next().filter(|mark| ['\'', '"'].contains(mark))?;
    text[1..].split_once(mark)
}

/// The text of characters of four bytes each, without the zeros behind it.
fn string(bytes: &[u8], big_endian: bool) -> Option<String> {
    let characters = bytes.as_chunks().0.iter().map(|&bytes| {
        char::from_u32(if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    });
    let text: String = characters.collect::<Option<_>>()?;
    Some(text.trim_end_matches('\0').to_owned())
}

/// So many bytes; fewer only at the end.
fn take(reader: &mut impl Read, count: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = reader.take(count).read_to_end(&mut bytes);
    read.map(|_| bytes).map_err(|error| format!("cannot be unpacked ({error})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Option<Header<'_>> {
        Header::parse(text)
    }

    #[test]
    fn a_header_is_a_dictionary_of_three_keys() {
        let numpys = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }          \n";
        assert_eq!(header(numpys), Some(Header { descr: "<f8", fortran: false, shape: vec![3, 4] }));
        let others = r#"{"shape":(), "fortran_order" : True ,"descr":"<U4"}"#;
        assert_eq!(header(others), Some(Header { descr: "<U4", fortran: true, shape: vec![] }));
        let vector = "{'descr': '>f4', 'fortran_order': False, 'shape': (7,)}";
        assert_eq!(header(vector).map(|header| header.shape), Some(vec![7]));

        for wrong in [
            "",
            "{}",
            "{",
            "}{",
            "{'descr': '<f8', 'fortran_order': False}",
            "{'descr': '<f8', 'fortran_order': Fe, 'shape': ()}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1,}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1,) 'more': 1}",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}",
            "{'descr': [('x', '<f8')], 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '<f8, 'fortran_order': False, 'shape': (1,)}",
            "{'é",
            "{'shape': (99999999999999999999999,)}",
        ] {
            assert_eq!(header(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_text_comes_back() {
        for text in ["", "gelu", "leaky-relu:0.2,tanh", "größer 🦀"] {
            let bytes = of_text(text);
            assert_eq!((bytes.len() - 4 * text.chars().count().max(1)) % ALIGNMENT, 0);
            match read(&mut &bytes[..], "text", &mut 1000) {
                Ok(Array::Text(again)) => assert_eq!(again, text),
                _ => panic!("{text}"),
            }
        }
    }
}
