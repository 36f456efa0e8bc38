//! Precision and recall.

use plotters::prelude::*;

use super::WIDE;
use crate::chart::{Axes, BLUE, Figure, ORANGE, builder, draw_axes, draw_legend, significant};
use crate::report::ClassScores;

/// Precision and recall of each digit, as points: bars would have to begin at 0, where nothing is.
pub fn classes(classes: &[ClassScores]) -> Figure {
    let percents = classes.iter().flat_map(|class| [class.precision, class.recall]);
    let least = percents.filter(|share| share.is_finite()).fold(1.0, f64::min);
    let floor = (100.0 * least - 1.0).floor().max(0.0);
    let last = classes.len() as f64 - 0.5;
    Figure::draw("Precision and recall of each digit", WIDE, |area| {
        let top = 100.0 + 0.04 * (100.0 - floor);
        let mut chart = builder(area).build_cartesian_2d(-0.5..last, floor..top)?;
        let axes = Axes {
            x: "digit",
            y: "%",
            x_label: &|x| if x.fract() == 0.0 { x.to_string() } else { String::new() },
            y_label: &|y| significant(*y),
            x_labels: classes.len() + 1,
            y_labels: 8,
        };
        draw_axes(&mut chart, &axes)?;
        let at = |share: fn(&ClassScores) -> f64, aside: f64| {
            let points = classes.iter().map(move |class| (class.digit as f64 + aside, 100.0 * share(class)));
            points.filter(|(_, y)| y.is_finite())
        };
        chart
            .draw_series(at(|class| class.precision, -0.12).map(|at| Circle::new(at, 6, BLUE.filled())))?
            .label("precision: of the answers that name it, how many are right")
            .legend(|(x, y)| Circle::new((x + 12, y), 6, BLUE.filled()));
        chart
            .draw_series(
                at(|class| class.recall, 0.12).map(|at| TriangleMarker::new(at, 8, ORANGE.filled())),
            )?
            .label("recall: of its images, how many are found")
            .legend(|(x, y)| TriangleMarker::new((x + 12, y), 8, ORANGE.filled()));
        draw_legend(&mut chart, SeriesLabelPosition::LowerRight)
    })
}
