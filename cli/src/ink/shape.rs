//! Connected strokes, and what is only a speck beside them.

use super::Plane;

/// A shape with less ink than this share of the one with most is dirt, or a grain of the paper.
const SPECK: f32 = 1.0 / 20.0;

/// Sets to 0 what is below `least`, and shapes that are specks.
pub fn keep_shapes(ink: &mut Plane, least: f32) {
    let width = ink.width() as usize;
    let ink: &mut [f32] = ink;
    ink.iter_mut().filter(|ink| **ink < least).for_each(|ink| *ink = 0.0);
    let shapes = shapes(ink, width);
    let amount = |shape: &Vec<usize>| shape.iter().map(|&place| ink[place]).sum::<f32>();
    let amounts: Vec<f32> = shapes.iter().map(amount).collect();
    let most = amounts.iter().copied().fold(0.0, f32::max);
    for (shape, amount) in shapes.iter().zip(amounts) {
        if amount < SPECK * most {
            shape.iter().for_each(|&place| ink[place] = 0.0);
        }
    }
}

/// The places of each shape: pixels above 0 that touch, if only by a corner.
fn shapes(ink: &[f32], width: usize) -> Vec<Vec<usize>> {
    let height = ink.len() / width;
    let mut unseen: Vec<bool> = ink.iter().map(|&ink| ink > 0.0).collect();
    let mut shapes = Vec::new();
    for start in 0..unseen.len() {
        if !unseen[start] {
            continue;
        }
        unseen[start] = false;
        let mut shape = vec![start];
        let mut next = 0;
        while let Some(&place) = shape.get(next) {
            next += 1;
            let (x, y) = (place % width, place / width);
            for y in y.saturating_sub(1)..(y + 2).min(height) {
                for x in x.saturating_sub(1)..(x + 2).min(width) {
                    if std::mem::take(&mut unseen[y * width + x]) {
                        shape.push(y * width + x);
                    }
                }
            }
        }
        shapes.push(shape);
    }
    shapes
}
