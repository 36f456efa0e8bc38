//! The same drawing in every kind of file.

use image::{
    DynamicImage, GrayAlphaImage, GrayImage, ImageBuffer, ImageFormat, Luma, LumaA, RgbImage, Rgba,
    RgbaImage, imageops,
};

use super::super::{Pixels, read};
use super::{drawing, file, pgm};

/// The mean difference between pixels.
fn difference(one: &Pixels, other: &Pixels) -> f32 {
    one.iter().zip(other).map(|(one, other)| (one - other).abs()).sum::<f32>() / one.len() as f32
}

#[track_caller]
fn assert_reads_as_drawn(file: &[u8], at_most: f32) {
    let (expected, pixels) = (read(&pgm(&drawing())).unwrap(), read(file).unwrap());
    let difference = difference(&expected, &pixels);
    assert!(difference <= at_most, "{difference}");
}

#[test]
fn png_of_any_depth_and_colour() {
    let grey = DynamicImage::from(drawing());
    let kinds: [DynamicImage; 8] = [
        grey.to_luma8().into(),
        grey.to_luma16().into(),
        grey.to_luma_alpha8().into(),
        grey.to_luma_alpha16().into(),
        grey.to_rgb8().into(),
        grey.to_rgb16().into(),
        grey.to_rgba8().into(),
        grey.to_rgba16().into(),
    ];
    for kind in kinds {
        assert_reads_as_drawn(&file(kind, ImageFormat::Png), 0.001);
    }
    let blue = RgbImage::from_fn(60, 80, |x, y| match drawing()[(x, y)].0[0] {
        0..128 => image::Rgb([20, 40, 200]),
        _ => image::Rgb([250, 245, 220]),
    });
    assert_reads_as_drawn(&file(blue, ImageFormat::Png), 0.001);
}

#[test]
fn pgm_of_any_depth() {
    let ascii = |most: u32| {
        let numbers =
            drawing().iter().map(|&pixel| format!("{}\n", u32::from(pixel) * most / 255)).collect::<String>();
        format!("P2\n# a comment\n60 80\n{most}\n{numbers}").into_bytes()
    };
    for most in [3, 100, 255, 1000, 65_535] {
        assert_reads_as_drawn(&ascii(most), 0.001);
    }
    let wide: Vec<u8> = drawing().iter().flat_map(|&pixel| (u16::from(pixel) * 257).to_be_bytes()).collect();
    assert_reads_as_drawn(&[b"P5 60 80 65535\n", &wide[..]].concat(), 0.001);
}

#[test]
fn jpeg_whichever_way_the_camera_was_held() {
    assert_reads_as_drawn(&file(drawing(), ImageFormat::Jpeg), 0.02);
    let turned: [(u8, GrayImage); 4] = [
        (3, imageops::rotate180(&drawing())),
        (5, imageops::rotate90(&imageops::flip_vertical(&drawing()))),
        (6, imageops::rotate270(&drawing())),
        (8, imageops::rotate90(&drawing())),
    ];
    for (orientation, picture) in turned {
        let jpeg = file(picture, ImageFormat::Jpeg);
        let turned = read(&jpeg).unwrap();
        assert!(difference(&read(&pgm(&drawing())).unwrap(), &turned) > 0.1);
        assert_reads_as_drawn(&[&jpeg[..2], &exif(orientation), &jpeg[2..]].concat(), 0.08);
    }
}

/// A segment of a JPEG that says how the camera was held.
fn exif(orientation: u8) -> Vec<u8> {
    let tag = [0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0];
    let tiff = [&b"II*\0\x08\0\0\0\x01\0"[..], &tag, &[0; 4]].concat();
    let length = u16::try_from(2 + 6 + tiff.len()).unwrap();
    [&[0xff, 0xe1], &length.to_be_bytes()[..], b"Exif\0\0", &tiff].concat()
}

#[test]
fn what_is_transparent_is_paper() {
    let stroke = |x, y| drawing()[(x, y)].0[0] < 128;
    // Dark and light strokes on nothing, whatever colour the nothing has.
    for (ink, nothing) in [(0, 0), (0, 255), (255, 255), (255, 0)] {
        let picture = RgbaImage::from_fn(60, 80, |x, y| match stroke(x, y) {
            true => Rgba([ink, ink, ink, 255]),
            false => Rgba([nothing, nothing, nothing, 0]),
        });
        assert_reads_as_drawn(&file(picture, ImageFormat::Png), 0.001);
    }
    // A sheet whose corners are round.
    let picture = GrayAlphaImage::from_fn(60, 80, |x, y| {
        LumaA([drawing()[(x, y)].0[0], if x + y < 9 { 0 } else { 255 }])
    });
    assert_reads_as_drawn(&file(picture, ImageFormat::Png), 0.001);
}

#[test]
fn light_strokes_on_dark_are_the_same() {
    let mut picture = drawing();
    imageops::invert(&mut picture);
    assert_reads_as_drawn(&pgm(&picture), 0.001);
    // And faint ones are as dark.
    let faint = ImageBuffer::from_fn(60, 80, |x, y| Luma([140 + drawing()[(x, y)].0[0] / 8]));
    assert_reads_as_drawn(&pgm(&faint), 0.001);
}
