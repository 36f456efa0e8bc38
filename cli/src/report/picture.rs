//! Small pictures inside of a page: PNG as data URLs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use plotters::style::RGBColor;

use crate::chart::{BLUE, ORANGE};

/// Bytes of ink, 0 for paper, as dark on light; square.
pub fn ink(pixels: &[u8]) -> String {
    let grey: Vec<u8> = pixels.iter().map(|ink| 255 - ink).collect();
    png(&grey, ExtendedColorType::L8)
}

/// Numbers as colours: those above 0 blue, those below orange, the deeper the further; 0 is transparent. Square.
pub fn signed(numbers: &[f32]) -> String {
    let furthest = numbers.iter().fold(f32::MIN_POSITIVE, |furthest, x| furthest.max(x.abs()));
    let colour = |&number: &f32| {
        let RGBColor(r, g, b) = if number > 0.0 { BLUE } else { ORANGE };
        [r, g, b, (255.0 * number.abs() / furthest) as u8]
    };
    png(&numbers.iter().flat_map(colour).collect::<Vec<u8>>(), ExtendedColorType::Rgba8)
}

fn png(bytes: &[u8], kind: ExtendedColorType) -> String {
    let pixels = bytes.len() / usize::from(kind.bits_per_pixel() / 8);
    let side = pixels.isqrt() as u32;
    let mut png = Vec::new();
    PngEncoder::new(&mut png)
        .write_image(bytes, side, side, kind)
        .expect("a square of pixels can be written to memory");
    format!("data:image/png;base64,{}", STANDARD.encode(png))
}
