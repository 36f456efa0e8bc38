//! Histograms of weights and activations.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::WIDE;
use crate::chart::{Area, Axes, BLUE, Drawn, Figure, TEXT, builder, draw_axes, significant, small_text};
use crate::report::histogram::Histogram;

/// Histograms below each other.
pub fn histograms(title: &str, axis: &str, of: Vec<(String, &Histogram)>) -> Figure {
    let (width, height) = (WIDE.0, 210);
    Figure::draw(title, (width, height * of.len() as u32), |area| {
        for (area, (name, histogram)) in area.split_evenly((of.len(), 1)).iter().zip(of) {
            draw_histogram(area, &name, axis, histogram)?;
        }
        Ok(())
    })
}

fn draw_histogram(area: &Area<'_>, name: &str, axis: &str, histogram: &Histogram) -> Drawn {
    let total = histogram.total().max(1) as f64;
    let share = |count: u64| 100.0 * count as f64 / total;
    let most = histogram.counts.iter().copied().max().map_or(1.0, share).max(1e-9);
    let end = histogram.from + histogram.width * histogram.counts.len() as f32;
    let x = f64::from(histogram.from)..f64::from(end);
    let mut chart = builder(area).build_cartesian_2d(x, 0.0..1.1 * most)?;
    let axes = Axes {
        x: axis,
        y: "% of all",
        x_label: &|x| significant(*x),
        y_label: &|y| significant(*y),
        x_labels: 11,
        y_labels: 4,
    };
    draw_axes(&mut chart, &axes)?;
    let bars = histogram.bars().filter(|&(.., count)| count > 0);
    chart.draw_series(bars.map(|(from, to, count)| {
        Rectangle::new([(f64::from(from), 0.0), (f64::from(to), share(count))], BLUE.mix(0.75).filled())
    }))?;
    let zeros = match histogram.zeros {
        0 => String::new(),
        zeros => format!(", {:.1} % of them exactly 0 and not drawn", share(zeros)),
    };
    let (right, top) = (area.dim_in_pixel().0 as i32 - 24, 16);
    let style = small_text().pos(Pos::new(HPos::Right, VPos::Top));
    let text = format!("{name}: {} numbers{zeros}", histogram.total());
    area.draw(&Text::new(text, (right, top), style.color(&TEXT)))?;
    Ok(())
}
