//! The top-hat transform of mathematical morphology: what is narrower than a window stands out from what surrounds it,
//! however that changes over the picture.

use super::Plane;

/// How far each pixel is above the light or dark that is as wide as the window: strokes, with `pixels` the larger the
/// inkier, by how much they are inkier than the paper around them. A shadow across the paper, or a table around it, is
/// wider than the window and nothing by itself.
pub fn top_hat(pixels: &Plane, window: u32) -> Plane {
    let eroded = slide(pixels, window, f32::min);
    let opened = slide(&eroded, window, f32::max);
    let mut above = pixels.clone();
    above.iter_mut().zip(opened.iter()).for_each(|(pixel, paper)| *pixel -= paper);
    above
}

/// The least or the most in the window around each pixel, as far as the picture goes.
fn slide(pixels: &Plane, window: u32, pick: fn(f32, f32) -> f32) -> Plane {
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    let reach = (window / 2) as usize;
    let mut rows = pixels.clone();
    for (row, from) in rows.chunks_exact_mut(width).zip(pixels.chunks_exact(width)) {
        for (x, most) in row.iter_mut().enumerate() {
            let near = &from[x.saturating_sub(reach)..(x + reach + 1).min(width)];
            *most = near.iter().copied().reduce(pick).expect("the pixel itself is near");
        }
    }
    let mut both = rows.clone();
    for (y, row) in both.chunks_exact_mut(width).enumerate() {
        let near = y.saturating_sub(reach)..(y + reach + 1).min(height);
        for from in rows.as_raw()[near.start * width..near.end * width].chunks_exact(width) {
            row.iter_mut().zip(from).for_each(|(most, &value)| *most = pick(*most, value));
        }
    }
    both
}
