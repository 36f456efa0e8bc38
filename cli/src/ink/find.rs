//! The strokes on a sheet: where they are, and how much ink there is.

use image::imageops;

use super::Plane;
use super::paper::paper;
use super::shape::keep_strokes;
use super::sheet::Sheet;

/// A sheet, or a part of it, is looked at in no more pixels a side.
const SIDE: u32 = 128;

/// Ink that is less of a step than this from the paper, on the way from black to white, is none.
const CONTRAST: f32 = 1.0 / 32.0;

/// What is below this share of the darkest ink is the blur around strokes.
const BLUR: f32 = 0.1;

/// Strokes are narrower than this share of the part that is looked at.
const WIDEST_STROKE: f32 = 1.0 / 3.0;

/// Of all pixels three in ten are sure to be paper; what they do not exceed tells how rough it is. With noise of the
/// deviation σ it is 2.5 σ, as the paper's level is taken from the extreme of a window, and all of the noise is below 7 σ.
const PAPER: f32 = 0.3;

/// Ink is more than so many times the paper's roughness.
const INK: f32 = 3.0;

/// If the darkest is not so many times that, there is none.
const DARKEST: f32 = 5.0;

/// The ink within its box, from 0 to 1; `None` for a blank sheet.
///
/// The sheet is looked at as a whole first, and then closer and closer where the ink is: what is small in a large picture
/// is found as well as what fills it, and at the end the strokes are as sharp as they need to be.
pub fn find(sheet: &Sheet) -> Option<Plane> {
    let mut part = Part { x: 0, y: 0, width: sheet.width(), height: sheet.height() };
    let mut light_on_dark = None;
    let mut found = None;
    loop {
        let lightness = part.shrunk(sheet);
        let mut ink = match *light_on_dark.get_or_insert_with(|| is_light_on_dark(&lightness)) {
            true => light_ink(&lightness),
            false => dark_ink(lightness),
        };
        clean(&mut ink);
        let Some(within) = bounds(&ink) else {
            // Of paper so rough that strokes are lost in it from near, it was well to keep a distance.
            return found;
        };
        let Part { x, y, width, height } = within;
        found = Some(imageops::crop_imm(&ink, x, y, width, height).to_image());
        let is_close = 2 * within.longer() >= ink.width().max(ink.height());
        if is_close || part.longer() <= SIDE {
            return found;
        }
        part = part.closer(within, ink.dimensions());
    }
}

/// The border is paper, most of it; what is farthest from it is ink.
fn is_light_on_dark(lightness: &Plane) -> bool {
    let (right, bottom) = (lightness.width() - 1, lightness.height() - 1);
    let mut border: Vec<f32> = lightness
        .enumerate_pixels()
        .filter(|&(x, y, _)| x == 0 || y == 0 || x == right || y == bottom)
        .map(|(.., pixel)| pixel.0[0])
        .collect();
    let paper = quantile(&mut border, 0.5);
    let (least, most) =
        lightness.iter().fold((paper, paper), |(least, most), &pixel| (pixel.min(least), pixel.max(most)));
    most - paper > paper - least
}

/// How much lighter pixels are than what is around them.
fn light_ink(lightness: &Plane) -> Plane {
    let mut ink = lightness.clone();
    ink.iter_mut().zip(paper(lightness, window(lightness)).iter()).for_each(|(ink, paper)| *ink -= paper);
    ink
}

/// How much darker, as a share of that: in a shadow, ink and paper come closer together.
fn dark_ink(lightness: Plane) -> Plane {
    let mut ink = lightness;
    ink.iter_mut().for_each(|pixel| *pixel = 1.0 - *pixel);
    let paper = paper(&ink, window(&ink));
    for (ink, paper) in ink.iter_mut().zip(paper.iter()) {
        // What is nearly black by itself has more noise than ink.
        *ink = (*ink - paper) / (1.0 - paper).max(0.1);
    }
    ink
}

/// A square's side that no stroke is as wide as.
fn window(pixels: &Plane) -> u32 {
    (pixels.width().max(pixels.height()) as f32 * WIDEST_STROKE) as u32
}

/// Makes ink 1 at most, and 0 where there is no stroke.
fn clean(ink: &mut Plane) {
    let roughness = quantile(&mut ink.to_vec(), PAPER);
    let most = ink.iter().copied().fold(0.0, f32::max);
    if most < CONTRAST.max(DARKEST * roughness) {
        ink.fill(0.0);
    } else {
        ink.iter_mut().for_each(|ink| *ink /= most);
        keep_strokes(ink, BLUR.max(INK * roughness / most));
    }
}

/// The number that this share of them does not exceed.
fn quantile(numbers: &mut [f32], share: f32) -> f32 {
    let place = ((numbers.len() - 1) as f32 * share) as usize;
    *numbers.select_nth_unstable_by(place, f32::total_cmp).1
}

/// The box of what is not 0.
fn bounds(ink: &Plane) -> Option<Part> {
    let inked = ink.enumerate_pixels().filter(|(.., ink)| ink.0[0] > 0.0);
    let (left, top, right, bottom) =
        inked.fold((u32::MAX, u32::MAX, 0, 0), |(left, top, right, bottom), (x, y, _)| {
            (left.min(x), top.min(y), right.max(x + 1), bottom.max(y + 1))
        });
    (left < right).then(|| Part { x: left, y: top, width: right - left, height: bottom - top })
}

/// A rectangle of pixels.
#[derive(Debug, Clone, Copy)]
struct Part {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

impl Part {
    fn longer(self) -> u32 {
        self.width.max(self.height)
    }

    /// Its pixels' lightness from 0 to 1, averaged over as many as are needed to have no more than [`SIDE`] a side.
    fn shrunk(self, sheet: &Sheet) -> Plane {
        let Self { x, y, width, height } = self;
        let part = imageops::crop_imm(sheet, x, y, width, height);
        let shrink = |side: u32| match self.longer() <= SIDE {
            true => side,
            false => (u64::from(side) * u64::from(SIDE)).div_ceil(u64::from(self.longer())) as u32,
        };
        let small = imageops::thumbnail(&*part, shrink(width), shrink(height));
        let (width, height) = small.dimensions();
        let lightness = small.iter().map(|&pixel| f32::from(pixel) / f32::from(u16::MAX));
        Plane::from_vec(width, height, lightness.collect()).expect("as many pixels")
    }

    /// The part of it where a look at it in so many pixels has seen something, with some paper around.
    fn closer(self, seen: Self, (columns, rows): (u32, u32)) -> Self {
        let paper = seen.longer().div_ceil(4);
        let (x, width) = closer((self.x, self.width), (seen.x, seen.width), paper, columns);
        let (y, height) = closer((self.y, self.height), (seen.y, seen.height), paper, rows);
        Self { x, y, width, height }
    }
}

/// [`Part::closer`] in one direction; places and lengths.
fn closer(
    (start, length): (u32, u32),
    (seen, seen_length): (u32, u32),
    paper: u32,
    pixels: u32,
) -> (u32, u32) {
    let scaled = |place: u32| (u64::from(place) * u64::from(length) / u64::from(pixels)) as u32;
    let from = scaled(seen.saturating_sub(paper));
    let to = scaled((seen + seen_length + paper).min(pixels));
    (start + from, (to - from).max(1))
}
