//! Files that are no pictures, or not whole, or lie.

use image::{GrayImage, ImageFormat};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;

use super::super::read;
use super::{drawing, file, pgm};

fn files() -> [Vec<u8>; 3] {
    [file(drawing(), ImageFormat::Png), file(drawing(), ImageFormat::Jpeg), pgm(&drawing())]
}

/// A PNG that says it has so many pixels, and has none.
fn png_of(width: u32, height: u32) -> Vec<u8> {
    let mut png = file(GrayImage::new(1, 1), ImageFormat::Png);
    // The first chunk: 8 bytes of the file's mark, 4 of length, then what the checksum behind it covers.
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = crc32fast::hash(&png[12..29]);
    png[29..33].copy_from_slice(&sum.to_be_bytes());
    png
}

#[test]
fn each_fault_is_named() {
    let cases: [(&[u8], &str); 14] = [
        (b"", "is no picture: it is empty; expected PNG, JPEG or PGM"),
        (b"Dear reader, this is a text", r"it begins with `Dear rea`"),
        (b"\x00\x01\nbinary", r"it begins with `\x00\x01\nbinar`"),
        (b"GIF89a and so on", "is no picture: it is image/gif; expected PNG"),
        (&png_of(0, 5), "is damaged: "),
        (&png_of(60_000, 60_000), "is too large: 60000 × 60000 pixels, expected at most 67 million"),
        (&png_of(u32::MAX, u32::MAX), "is "),
        (&png_of(5000, 5000), "is damaged: "),
        (b"P5 4 4 0\n0123456789abcdef", "is damaged: "),
        (b"P5 4 4 65536\n0123456789abcdef", "is damaged: "),
        (b"P5 0 4 255\n", "is damaged: it has 0 × 4 pixels"),
        (b"P5 4000000000 4000000000 255\n", "is "),
        (b"P5 4 4 255\n0123", "is damaged: "),
        (b"P2 2 2 255\n1 2 3 x", "is damaged: "),
    ];
    for (bytes, says) in cases {
        let error = read(bytes).unwrap_err().to_string();
        assert!(error.contains(says), "`{says}` expected: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn pictures_without_anything_on_them_are_blank() {
    for (width, height) in [(1, 1), (1, 5000), (5000, 1), (28, 28), (300, 200)] {
        for lightness in [0, 128, 255] {
            let picture = GrayImage::from_pixel(width, height, image::Luma([lightness]));
            for bytes in
                [pgm(&picture), file(picture.clone(), ImageFormat::Png), file(picture, ImageFormat::Jpeg)]
            {
                let error = read(&bytes).unwrap_err().to_string();
                assert_eq!(error, "is blank: nothing is drawn on it", "{width} × {height}, {lightness}");
            }
        }
    }
    // However long it is.
    assert!(read(&pgm(&GrayImage::new(1, 3_000_000))).is_err());
}

#[test]
fn a_part_of_a_file_is_no_picture() {
    for file in files() {
        for end in 0..file.len() - 16 {
            assert!(read(&file[..end]).is_err(), "{end} of {} bytes", file.len());
        }
        read(&file).unwrap();
    }
}

/// That there are pixels from paper to ink, or none.
fn is_sound(bytes: &[u8]) {
    if let Ok(pixels) = read(bytes) {
        assert!(pixels.iter().all(|pixel| (0.0..=1.0).contains(pixel)));
        assert!(pixels.contains(&1.0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500, failure_persistence: None, rng_seed: RngSeed::Fixed(0), ..ProptestConfig::default()
    })]

    #[test]
    fn any_bytes_are_read_or_refused(
        start in prop::sample::select(vec![&b""[..], b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"P2 ", b"P5 9 9 255\n"]),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        is_sound(&[start, &bytes].concat());
    }

    #[test]
    fn files_with_wrong_bytes_are_read_or_refused(
        file in prop::sample::select(files().to_vec()),
        wrong in prop::collection::vec((any::<Index>(), any::<u8>()), 1..8),
        end in any::<Index>(),
        is_whole in any::<bool>(),
    ) {
        let mut file = file;
        for (place, byte) in wrong {
            let place = place.index(file.len());
            file[place] = byte;
        }
        let end = if is_whole { file.len() } else { end.index(file.len()) };
        is_sound(&file[..end]);
    }

    #[test]
    fn any_small_picture_is_read_or_blank(
        width in 1_u32..40,
        pixels in prop::collection::vec(any::<u8>(), 40..400),
    ) {
        let height = pixels.len() as u32 / width;
        let picture = GrayImage::from_vec(width, height, pixels[..(width * height) as usize].to_vec()).unwrap();
        is_sound(&pgm(&picture));
    }
}
