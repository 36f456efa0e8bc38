//! The paper under strokes, by mathematical morphology: the opening, which leaves nothing that is narrower than a window.
//! What it takes away, the top-hat, are the strokes.

use image::{Luma, imageops};

use super::Plane;

/// Of pixels that are the larger the inkier, what is as wide as the window and as high. However it changes over the
/// picture, a shadow across it or a table around it, it is no stroke.
///
/// Where the light falls off, the opening is a step at the picture's edge. So it is that of the levelled picture, where
/// that is more.
pub fn paper(pixels: &Plane, window: u32) -> Plane {
    let mut paper = open(pixels, window);
    let trend = Trend::of(&paper);
    let mut level = pixels.clone();
    level.enumerate_pixels_mut().for_each(|(x, y, pixel)| pixel.0[0] -= trend.at(x, y));
    let level = open(&level, window);
    for ((x, y, level), paper) in level.enumerate_pixels().zip(paper.iter_mut()) {
        *paper = paper.max(level.0[0] + trend.at(x, y));
    }
    paper
}

/// The polynomial of the second degree that fits best, but for its height.
struct Trend {
    sides: [f32; 2],
    weights: [f32; 5],
}

impl Trend {
    fn of(pixels: &Plane) -> Self {
        let mut trend = Self { sides: [pixels.width() as f32, pixels.height() as f32], weights: [0.0; 5] };
        let mut sums = [(0.0, 0.0); 5];
        for (x, y, pixel) in pixels.enumerate_pixels() {
            for ((product, square), term) in sums.iter_mut().zip(trend.terms(x, y)) {
                *product += term * pixel.0[0];
                *square += term * term;
            }
        }
        trend.weights = sums.map(|(product, square)| if square > 0.0 { product / square } else { 0.0 });
        trend
    }

    /// On a whole rectangle they are orthogonal: each one's weight is a least squares fit by itself.
    fn terms(&self, x: u32, y: u32) -> [f32; 5] {
        let [(u, uu), (v, vv)] = [(x, self.sides[0]), (y, self.sides[1])].map(|(at, side)| {
            // From -1 to 1, and its square without that one's mean.
            let along = (2.0 * at as f32 + 1.0) / side - 1.0;
            (along, along * along - (1.0 - 1.0 / (side * side)) / 3.0)
        });
        [u, v, u * v, uu, vv]
    }

    fn at(&self, x: u32, y: u32) -> f32 {
        self.terms(x, y).iter().zip(self.weights).map(|(term, weight)| term * weight).sum()
    }
}

/// The opening: what is left of each height once all that the window does not fit into is gone.
fn open(pixels: &Plane, window: u32) -> Plane {
    slide(&slide(pixels, window, f32::INFINITY, f32::min), window, f32::NEG_INFINITY, f32::max)
}

/// What is picked of each pixel's window around it; outside of the picture is what is never picked.
fn slide(pixels: &Plane, window: u32, outside: f32, pick: impl Fn(f32, f32) -> f32) -> Plane {
    let (width, height) = pixels.dimensions();
    let reach = window / 2;
    let mut padded = Plane::from_pixel(width + 2 * reach, height + 2 * reach, Luma([outside]));
    imageops::replace(&mut padded, pixels, reach.into(), reach.into());
    let row = padded.width() as usize;
    for next in [1, row] {
        // What is picked of a pixel and those behind it, of twice as many each time.
        let (mut picked, window) = (1, 2 * reach as usize + 1);
        while picked < window {
            let step = picked.min(window - picked);
            let behind = padded.as_raw()[step * next..].to_vec();
            padded.iter_mut().zip(behind).for_each(|(pixel, behind)| *pixel = pick(*pixel, behind));
            picked += step;
        }
    }
    imageops::crop_imm(&padded, 0, 0, width, height).to_image()
}
