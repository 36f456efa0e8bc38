//! The lightness of a picture, on paper.

use image::{DynamicImage, ImageBuffer, Luma, Pixel, Primitive};

/// From 0 (black) to 65,535 (white), for each pixel.
pub type Sheet = ImageBuffer<Luma<u16>, Vec<u16>>;

const BLACK: u16 = 0;
const WHITE: u16 = u16::MAX;

/// The picture on white paper; what is transparent may also have light strokes, which black paper shows.
pub fn sheets(picture: &DynamicImage) -> impl Iterator<Item = Sheet> {
    let papers: &[u16] = if picture.has_alpha() { &[WHITE, BLACK] } else { &[WHITE] };
    papers.iter().map(|&paper| on(paper, picture))
}

fn on(paper: u16, picture: &DynamicImage) -> Sheet {
    use DynamicImage as Any;
    match picture {
        Any::ImageLuma8(pixels) => lightness(paper, pixels),
        Any::ImageLumaA8(pixels) => lightness(paper, pixels),
        Any::ImageRgb8(pixels) => lightness(paper, pixels),
        Any::ImageRgba8(pixels) => lightness(paper, pixels),
        Any::ImageLuma16(pixels) => lightness(paper, pixels),
        Any::ImageLumaA16(pixels) => lightness(paper, pixels),
        Any::ImageRgb16(pixels) => lightness(paper, pixels),
        Any::ImageRgba16(pixels) => lightness(paper, pixels),
        // None of our formats has it.
        other => lightness(paper, &other.to_rgba16()),
    }
}

fn lightness<P: Pixel>(paper: u16, pixels: &ImageBuffer<P, Vec<P::Subpixel>>) -> Sheet
where
    P::Subpixel: Into<u32>,
{
    let most: u32 = P::Subpixel::DEFAULT_MAX_VALUE.into();
    let (scale, paper) = (u32::from(u16::MAX) / most, u32::from(paper));
    let values = pixels.pixels().map(|pixel| {
        let [lightness, opacity] = pixel.to_luma_alpha().0.map(Into::into);
        // Neither 255² · 257 nor 65,535² is too much for 32 bits.
        let mixed = (lightness * scale * opacity + paper * (most - opacity)) / most;
        u16::try_from(mixed).unwrap_or(u16::MAX)
    });
    let (width, height) = pixels.dimensions();
    ImageBuffer::from_vec(width, height, values.collect()).expect("one value for each pixel")
}
