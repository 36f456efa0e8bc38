//! The confusion matrix.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::chart::{BLUE, Figure, GRID, ORANGE, axis_text, small_text};

/// A table of counts, deeper where there are more.
pub fn confusion(counts: &[Vec<u64>]) -> Figure {
    const CELL: i32 = 54;
    const LEFT: i32 = 70;
    const TOP: i32 = 58;
    let classes = counts.len() as i32;
    let size = ((LEFT + classes * CELL + 12) as u32, (TOP + classes * CELL + 12) as u32);
    Figure::draw("Confusion matrix: how often each digit was answered for each label", size, |area| {
        let (text, small) = (centred(axis_text()), centred(small_text()));
        area.draw(&Text::new("answer", (LEFT + classes * CELL / 2, 16), text.clone()))?;
        let sideways = text.clone().transform(FontTransform::Rotate270);
        area.draw(&Text::new("label", (14, TOP + classes * CELL / 2), sideways))?;
        for (label, row) in counts.iter().enumerate() {
            let (at, total) = (label as i32, row.iter().sum::<u64>().max(1));
            area.draw(&Text::new(label.to_string(), (LEFT + at * CELL + CELL / 2, TOP - 14), text.clone()))?;
            area.draw(&Text::new(label.to_string(), (LEFT - 16, TOP + at * CELL + CELL / 2), text.clone()))?;
            for (answer, &count) in row.iter().enumerate() {
                let (x, y) = (LEFT + answer as i32 * CELL, TOP + at * CELL);
                let right = label == answer;
                let share = count as f64 / total as f64;
                // Mistakes are few: by the root of their share they can be told apart.
                let depth = if right { 0.35 * share } else { share.sqrt() };
                let colour = if right { BLUE } else { ORANGE };
                let cell = [(x + 1, y + 1), (x + CELL - 1, y + CELL - 1)];
                area.draw(&Rectangle::new(cell, GRID.mix(0.35).filled()))?;
                area.draw(&Rectangle::new(cell, colour.mix(depth.min(0.75)).filled()))?;
                let style = if count == 0 { small.clone() } else { text.clone() };
                area.draw(&Text::new(count.to_string(), (x + CELL / 2, y + CELL / 2), style))?;
            }
        }
        Ok(())
    })
}

fn centred(style: TextStyle<'static>) -> TextStyle<'static> {
    style.pos(Pos::new(HPos::Center, VPos::Center))
}
