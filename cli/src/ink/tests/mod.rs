mod files;
mod hostile;
mod mnist;

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, Luma};

use super::{Plane, find};

/// A binary PGM.
fn pgm(picture: &GrayImage) -> Vec<u8> {
    let header = format!("P5 {} {} 255\n", picture.width(), picture.height());
    [header.as_bytes(), picture].concat()
}

fn file(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.into().write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// Something like a 4 in ink on paper, which is not the same from any other side.
fn drawing() -> GrayImage {
    GrayImage::from_fn(60, 80, |x, y| {
        let upright = (36..44).contains(&x) && (10..70).contains(&y);
        let across = (12..50).contains(&x) && (45..52).contains(&y);
        let left = (12..19).contains(&x) && (20..52).contains(&y);
        Luma([if upright || across || left { 30 } else { 240 }])
    })
}

/// What is found on a sheet of so many pixels, which this draws from 0 (black) to 1 (white).
fn found((width, height): (u32, u32), draw: impl Fn(u32, u32) -> f32) -> Option<Plane> {
    let lightness = |x, y| Luma([(draw(x, y) * f32::from(u16::MAX)) as u16]);
    find::find(&image::ImageBuffer::from_fn(width, height, lightness))
}

#[test]
fn strokes_are_found_with_what_belongs_to_them() {
    // Two strokes, a speck, and a table's edge, which goes out of the picture.
    let stroke = |x: u32, y: u32| (60..66).contains(&x) && ((40..60).contains(&y) || (64..90).contains(&y));
    let ink = found((200, 150), |x, y| match (x, y) {
        _ if stroke(x, y) => 0.2,
        (120, 30) => 0.2,
        (0..20, _) => 0.1,
        _ => 0.9,
    });
    assert_eq!(ink.unwrap().dimensions(), (6, 50));
}

#[test]
fn a_small_digit_is_found_in_a_huge_picture() {
    let at = |x: u32, y: u32| (5000..5010).contains(&x) && (3000..3100).contains(&y);
    let ink = found((8000, 6000), |x, y| if at(x, y) { 0.0 } else { 1.0 }).unwrap();
    assert!(ink.height() > 60 && ink.width().abs_diff(ink.height() / 10) <= 1, "{:?}", ink.dimensions());
}

/// From -1 to 1, the same every time.
fn noise(count: u32) -> Vec<f32> {
    let next = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some(*state)
    };
    let states = std::iter::successors(Some(1), |&state| next(&mut { state }));
    states.take(count as usize).map(|state| (state >> 8) as f32 / 2_f32.powi(23) - 1.0).collect()
}

#[test]
fn rough_paper_is_blank() {
    let noise = noise(200 * 200);
    let rough = |x: u32, y: u32| 0.1 * noise[(y * 200 + x) as usize];
    assert!(found((200, 200), |x, y| 0.6 + rough(x, y)).is_none());
    let in_the_shadow = |x: u32| 0.5 + 0.4 * (x as f32 / 200.0).powi(2);
    assert!(found((200, 200), |x, y| in_the_shadow(x) + 0.5 * rough(x, y)).is_none());

    let line = |x: u32, y: u32| if (80..90).contains(&x) && (50..150).contains(&y) { 0.5 } else { 0.0 };
    let ink = found((200, 200), |x, y| 0.8 + rough(x, y) - line(x, y)).unwrap();
    assert!(ink.width().abs_diff(ink.height() / 10) <= 1, "{:?}", ink.dimensions());
}

#[test]
fn strokes_that_are_lost_from_near_are_seen_from_afar() {
    let noise = noise(1600 * 1600);
    let is_ink = |x: u32, y: u32| (1000..1100).contains(&x) && (800..1300).contains(&y);
    let ink = found((1600, 1600), |x, y| {
        let paper = if is_ink(x, y) { 0.45 } else { 0.6 };
        paper + 0.4 * noise[(y * 1600 + x) as usize]
    });
    let (width, height) = ink.unwrap().dimensions();
    assert!((4..=7).contains(&(height / width)), "{width} × {height}");
}
