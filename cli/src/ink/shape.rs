//! Connected strokes, and what is none beside them: specks, and whatever a photograph has caught around its paper.

use super::Plane;

/// A shape of less than this share of the heaviest one's weight is dirt, or a grain of the paper.
const SPECK: f32 = 1.0 / 40.0;

/// A shape along more than this share of a side is a table's edge or a page's shadow.
const FRAME: f32 = 1.0 / 2.0;

/// Pixels above 0 that touch, if only by a corner.
#[derive(Debug, Default)]
struct Shape {
    places: Vec<(u32, u32)>,
    /// The sum of its ink's squares: a faint shadow may be wide and is no stroke.
    weight: f32,
    /// Places at the left, right, upper and lower border.
    at_border: [u32; 4],
}

/// Sets to 0 what is below `least`, and what does not belong to the heaviest shape: specks, frames, and where that shape
/// is whole, what the border cuts off.
pub fn keep_strokes(ink: &mut Plane, least: f32) {
    ink.iter_mut().filter(|ink| **ink < least).for_each(|ink| *ink = 0.0);
    let (width, height) = ink.dimensions();
    let is_frame = |shape: &Shape| {
        let sides = [height, height, width, width];
        shape.at_border.iter().zip(sides).any(|(&at, side)| at as f32 > FRAME * side as f32)
    };
    let shapes = shapes(ink);
    // A picture that is cut at its strokes may have nothing but frames.
    let Some(heaviest) = shapes.iter().max_by(|a, b| {
        let order = is_frame(b).cmp(&is_frame(a));
        order.then(a.weight.total_cmp(&b.weight))
    }) else {
        return;
    };
    let is_whole = |shape: &Shape| shape.at_border == [0; 4];
    let belongs = |shape: &Shape| {
        shape.weight >= SPECK * heaviest.weight
            && (is_whole(shape) || !is_whole(heaviest))
            && is_frame(shape) == is_frame(heaviest)
    };
    for place in shapes.iter().filter(|shape| !belongs(shape)).flat_map(|shape| &shape.places) {
        ink[*place].0[0] = 0.0;
    }
}

fn shapes(ink: &Plane) -> Vec<Shape> {
    let (width, height) = ink.dimensions();
    let mut unseen = ink.clone();
    let mut shapes = Vec::new();
    for (x, y, _) in ink.enumerate_pixels() {
        let mut shape = Shape::default();
        shape.take(&mut unseen, (x, y));
        let mut next = 0;
        while let Some(&(x, y)) = shape.places.get(next) {
            next += 1;
            for y in y.saturating_sub(1)..(y + 2).min(height) {
                for x in x.saturating_sub(1)..(x + 2).min(width) {
                    shape.take(&mut unseen, (x, y));
                }
            }
        }
        if next > 0 {
            shapes.push(shape);
        }
    }
    shapes
}

impl Shape {
    /// Takes the pixel's ink, if there is any still.
    fn take(&mut self, unseen: &mut Plane, (x, y): (u32, u32)) {
        let ink = std::mem::take(&mut unseen[(x, y)].0[0]);
        if ink > 0.0 {
            self.weight += ink * ink;
            self.places.push((x, y));
            let (right, bottom) = (unseen.width() - 1, unseen.height() - 1);
            let is_there = [x == 0, x == right, y == 0, y == bottom];
            self.at_border.iter_mut().zip(is_there).for_each(|(at, is_there)| *at += u32::from(is_there));
        }
    }
}
