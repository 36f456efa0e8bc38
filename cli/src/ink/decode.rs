//! A file's bytes as a picture that is upright, and no larger than memory allows.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::Unreadable;

/// As many pixels may a picture have: most cameras', and no bomb's.
pub const MOST_PIXELS: u64 = 64 << 20;

/// As many bytes may they take: four channels of 16 bits.
const MOST_BYTES: u64 = 8 * MOST_PIXELS;

/// A picture of which no more has been read than its header.
pub struct Header<Decoder> {
    decoder: Decoder,
}

/// Reads the header, and refuses what is no picture, or one of more than so many pixels, [`MOST_PIXELS`] at most.
pub fn header(bytes: &[u8], most: u64) -> Result<Header<impl ImageDecoder>, Unreadable> {
    let format = format(bytes)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    match u64::from(width) * u64::from(height) {
        0 => Err(Unreadable::Damaged(format!("it has {width} × {height} pixels"))),
        pixels if pixels > most.min(MOST_PIXELS) => Err(Unreadable::TooLarge { width, height }),
        _ if format == ImageFormat::Jpeg && !ends(bytes) => {
            Err(Unreadable::Damaged("it ends before its last row".to_owned()))
        }
        _ => Ok(Header { decoder }),
    }
}

impl<Decoder: ImageDecoder> Header<Decoder> {
    /// How many pixels there are.
    pub fn pixels(&self) -> u64 {
        let (width, height) = self.decoder.dimensions();
        u64::from(width) * u64::from(height)
    }

    /// Reads them.
    pub fn decode(mut self) -> Result<DynamicImage, Unreadable> {
        // A camera that does not know how it is held writes nonsense or nothing.
        let orientation = self.decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let mut picture = DynamicImage::from_decoder(self.decoder).map_err(damaged)?;
        picture.apply_orientation(orientation);
        Ok(picture)
    }
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
    // Behind the mark of the start, segment by segment to the first scan: a preview in one of them has its own end.
    let mut rest = jpeg.get(2..).unwrap_or_default();
    loop {
        match *rest {
            [0xff, START_OF_SCAN, ..] => return rest.windows(2).any(|bytes| bytes == END_OF_IMAGE),
            // Any number of these may stand in front of a mark.
            [0xff, 0xff, ..] => rest = &rest[1..],
            [0xff, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([high, low]));
                rest = rest.get(2 + length..).unwrap_or_default();
            }
            // The decoder has understood the header, whatever this is.
            _ => return true,
        }
    }
}

/// What the decoder says, whose words may have several lines.
fn damaged(error: ImageError) -> Unreadable {
    Unreadable::Damaged(error.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
}
