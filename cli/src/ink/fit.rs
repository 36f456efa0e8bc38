//! Ink as MNIST's images have it: 20 pixels wide or high, and its centre of mass in the middle of 28 × 28.

use blasnet::data::{PIXELS, SIDE};
use image::imageops::{self, FilterType};

use super::{Pixels, Plane};

/// The box that a digit fits into.
const BOX: u32 = 20;

pub fn fit(ink: &Plane) -> Pixels {
    let scale = BOX as f32 / ink.width().max(ink.height()) as f32;
    let scaled = |side: u32| ((side as f32 * scale).round() as u32).clamp(1, BOX);
    let small = imageops::resize(ink, scaled(ink.width()), scaled(ink.height()), FilterType::Triangle);
    // A thin pen's stroke is as dark as a thick one's.
    let most = small.iter().copied().fold(0.0, f32::max);
    let (left, top) = (place(&small, |x, _| x), place(&small, |_, y| y));
    let mut pixels = [0.0; PIXELS];
    for (x, y, ink) in small.enumerate_pixels() {
        pixels[(top + y as usize) * SIDE + left + x as usize] = (ink.0[0] / most).clamp(0.0, 1.0);
    }
    pixels
}

/// Where the box begins in one direction, so that its centre of mass is in the middle.
fn place(ink: &Plane, coordinate: fn(u32, u32) -> u32) -> usize {
    let (mut mass, mut moment, mut length) = (0.0, 0.0, 0);
    for (x, y, ink) in ink.enumerate_pixels() {
        let at = coordinate(x, y);
        mass += ink.0[0];
        moment += ink.0[0] * at as f32;
        length = length.max(at as usize + 1);
    }
    // Pixel 14, counted from 0: there MNIST's images have it, but for rounding to whole pixels.
    let middle = SIDE as f32 / 2.0;
    ((middle - moment / mass).round() as usize).min(SIDE - length)
}
