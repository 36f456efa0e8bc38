//! A file's bytes as a picture that is upright, and no larger than memory allows.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::Unreadable;

/// As many pixels may a picture have: any camera's, and no bomb's.
pub const MOST_PIXELS: u64 = 100_000_000;

/// As many bytes may it have once it is decoded.
const MOST_BYTES: u64 = 512 << 20;

pub fn decode(bytes: &[u8]) -> Result<DynamicImage, Unreadable> {
    let format = format(bytes)?;
    let damaged = |error: ImageError| Unreadable::Damaged(one_line(&error));

    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    match u64::from(width) * u64::from(height) {
        0 => return Err(Unreadable::Damaged(format!("it has {width} × {height} pixels"))),
        1..=MOST_PIXELS if decoder.total_bytes() <= MOST_BYTES => {}
        _ => return Err(Unreadable::TooLarge { width, height }),
    }
    // A camera that does not know how it is held writes nonsense or nothing.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    if format == ImageFormat::Jpeg && !ends(bytes) {
        return Err(Unreadable::Damaged("it ends before its last row".to_owned()));
    }
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Told by the first bytes: a file's name need not be true.
fn format(bytes: &[u8]) -> Result<ImageFormat, Unreadable> {
    let found = match image::guess_format(bytes) {
        Ok(format) if format.reading_enabled() => return Ok(format),
        Ok(format) => format!("it is {}", format.to_mime_type()),
        Err(_) if bytes.is_empty() => "it is empty".to_owned(),
        Err(_) => format!("it begins with `{}`", bytes[..bytes.len().min(8)].escape_ascii()),
    };
    Err(Unreadable::NoPicture(found))
}

/// Whether a JPEG has its end. The decoder makes grey rows of what is missing, as browsers do, and a digit's lower half
/// may be there.
fn ends(jpeg: &[u8]) -> bool {
    const START_OF_SCAN: u8 = 0xda;
    const END_OF_IMAGE: [u8; 2] = [0xff, 0xd9];
    // Segment by segment to the first scan: a preview in one of them has an end of its own.
    let mut rest = &jpeg[2..];
    loop {
        match *rest {
            [0xff, START_OF_SCAN, ..] => return rest.windows(2).any(|bytes| bytes == END_OF_IMAGE),
            // Any number of these may stand in front of a marker.
            [0xff, 0xff, ..] => rest = &rest[1..],
            [0xff, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([high, low]));
                rest = rest.get(2 + length..).unwrap_or_default();
            }
            // Not as it should be, but it was decoded.
            _ => return true,
        }
    }
}

/// What the decoder says, whose words may have several lines.
fn one_line(error: &ImageError) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}
