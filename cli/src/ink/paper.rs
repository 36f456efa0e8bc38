//! The paper under strokes, by mathematical morphology: the opening, which leaves nothing that is narrower than a window.
//! What it takes away, the top-hat, are the strokes.

use super::Plane;

/// Of pixels that are the larger the inkier, what is as wide as the window and as high. However it changes over the
/// picture, a shadow across it or a table around it, it is no stroke.
///
/// On a slope the opening is a step at the picture's edge. So it is that of the levelled picture, where that is more.
pub fn paper(pixels: &Plane, window: u32) -> Plane {
    let mut paper = open(pixels, window);
    let slope = Slope::of(&paper);
    let mut level = pixels.clone();
    level.enumerate_pixels_mut().for_each(|(x, y, pixel)| pixel.0[0] -= slope.at(x, y));
    let level = open(&level, window);
    for ((x, y, level), paper) in level.enumerate_pixels().zip(paper.iter_mut()) {
        *paper = paper.max(level.0[0] + slope.at(x, y));
    }
    paper
}

/// The plane that fits best, without its height.
struct Slope {
    middle: (f32, f32),
    to_the_right: f32,
    down: f32,
}

impl Slope {
    fn of(pixels: &Plane) -> Self {
        let middle = ((pixels.width() - 1) as f32 / 2.0, (pixels.height() - 1) as f32 / 2.0);
        // Least squares: on a whole rectangle the directions do not mix.
        let fitted = |along: &dyn Fn(u32, u32) -> f32| {
            let (mut product, mut square) = (0.0, 0.0);
            for (x, y, pixel) in pixels.enumerate_pixels() {
                let along = along(x, y);
                product += along * pixel.0[0];
                square += along * along;
            }
            if square > 0.0 { product / square } else { 0.0 }
        };
        let to_the_right = fitted(&|x, _| x as f32 - middle.0);
        let down = fitted(&|_, y| y as f32 - middle.1);
        Self { middle, to_the_right, down }
    }

    fn at(&self, x: u32, y: u32) -> f32 {
        self.to_the_right * (x as f32 - self.middle.0) + self.down * (y as f32 - self.middle.1)
    }
}

/// The opening: what is left of each height once all that the window does not fit into is gone.
fn open(pixels: &Plane, window: u32) -> Plane {
    slide(&slide(pixels, window, f32::min), window, f32::max)
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
