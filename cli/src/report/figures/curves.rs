//! Loss and accuracy along a run.

use std::ops::Range;

use plotters::prelude::*;

use super::WIDE;
use crate::chart::{
    Axes, BLUE, Figure, MarkedAxis, ORANGE, Scale, builder, draw_axes, draw_legend, significant,
};
use crate::report::curve::{Curve, Point};
use crate::report::recorder::{EpochRow, History, Record};

/// What a curve shows of a run.
pub struct Quantity {
    title: &'static str,
    /// In words, for the axis.
    unit: &'static str,
    /// Of a stretch of steps.
    of_steps: fn(&Point) -> f64,
    /// Of an epoch's steps.
    of_training: fn(&EpochRow) -> f64,
    /// Behind an epoch.
    of_epoch: fn(&EpochRow) -> Option<f64>,
    /// What the axis runs along. Losses fall by factors, and so do the shares of wrong answers.
    to_axis: fn(f64) -> f64,
    /// Numbers that the axis may name, if it runs along this range.
    marks: fn(&Range<f64>) -> Vec<f64>,
    /// How it writes one.
    label: fn(f64) -> String,
    legend: SeriesLabelPosition,
}

pub const LOSS: Quantity = Quantity {
    title: "Loss",
    unit: "mean loss (nats)",
    of_steps: |point| point.loss,
    of_training: |epoch| epoch.train_loss,
    of_epoch: |epoch| epoch.loss,
    to_axis: |loss| loss.max(1e-9).log10(),
    marks: |range| Scale::between(range.start, range.end).marks(),
    label: significant,
    legend: SeriesLabelPosition::UpperRight,
};

pub const ACCURACY: Quantity = Quantity {
    title: "Accuracy",
    unit: "answered rightly (%)",
    of_steps: |point| point.accuracy,
    of_training: |epoch| epoch.train_accuracy,
    of_epoch: |epoch| epoch.accuracy,
    // So that 100 % is on it.
    to_axis: |share| -(1.0 - share + 0.003).log10(),
    marks: |_| vec![0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0],
    label: |share| significant(100.0 * share),
    legend: SeriesLabelPosition::LowerRight,
};

impl Quantity {
    /// The axis for this range, with the numbers that lie in it.
    fn axis_along(&self, range: Range<f64>) -> MarkedAxis {
        let marks = (self.marks)(&range).into_iter().map(|mark| ((self.to_axis)(mark), (self.label)(mark)));
        let marks = marks.filter(|(at, _)| range.contains(at)).collect();
        MarkedAxis { range, marks }
    }
}

/// What training went like by steps, and what came of it behind each epoch.
pub fn curves(record: &Record, quantity: &Quantity) -> Figure {
    let History { scored_on, steps_in_epoch, steps, epochs } = &record.history;
    let in_epoch = *steps_in_epoch as f64;
    // Where this process has made no step, epochs are all that is known.
    let curve = record.curve.as_ref().filter(|curve| !curve.points.is_empty());
    let training: Vec<(f64, f64)> = match curve {
        Some(curve) => curve
            .points
            .iter()
            .map(|point| (point.step as f64 / in_epoch, (quantity.of_steps)(point)))
            .collect(),
        None => epochs.iter().map(|epoch| (epoch.epoch as f64, (quantity.of_training)(epoch))).collect(),
    };
    let training: Vec<(f64, f64)> = training.into_iter().map(|(x, y)| (x, (quantity.to_axis)(y))).collect();
    let scored: Vec<(f64, f64)> = epochs
        .iter()
        .filter_map(|epoch| Some((epoch.epoch as f64, (quantity.to_axis)((quantity.of_epoch)(epoch)?))))
        .collect();
    let x_end = (*steps as f64 / in_epoch).max(1e-9);
    let y = range(training.iter().chain(&scored).map(|&(_, y)| y));
    let axis = quantity.axis_along(y);
    Figure::draw(format!("{} of training and of {scored_on} images", quantity.title), WIDE, |area| {
        let mut chart = builder(area).build_cartesian_2d(0.0..x_end, axis.clone())?;
        let axes = Axes {
            x: "epoch",
            y: quantity.unit,
            x_label: &|x| significant(*x),
            y_label: &|y| axis.label(*y),
            x_labels: 11,
            y_labels: axis.marks.len(),
        };
        draw_axes(&mut chart, &axes)?;
        chart
            .draw_series(LineSeries::new(training, BLUE.mix(0.75)))?
            .label(format!("training, mean of {}", stretch(curve)))
            .legend(|(x, y)| PathElement::new([(x, y), (x + 24, y)], BLUE.stroke_width(2)));
        if !scored.is_empty() {
            chart
                .draw_series(LineSeries::new(scored.iter().copied(), ORANGE.stroke_width(2)))?
                .label(format!("{scored_on} images, behind each epoch"))
                .legend(|(x, y)| PathElement::new([(x, y), (x + 24, y)], ORANGE.stroke_width(2)));
        }
        // Marks, where they do not hide the line; a shape besides the colour.
        if scored.len() <= 50 {
            chart.draw_series(scored.iter().map(|&at| Circle::new(at, 4, ORANGE.filled())))?;
        }
        draw_legend(&mut chart, quantity.legend.clone())
    })
}

/// What a point of training is the mean of.
fn stretch(curve: Option<&Curve>) -> String {
    match curve.map(|curve| curve.stretch) {
        Some(1) => "each batch".into(),
        Some(steps) => format!("{steps} batches"),
        None => "each epoch".into(),
    }
}

/// From the least to the most of these, with some room.
fn range(numbers: impl Iterator<Item = f64>) -> Range<f64> {
    let (least, most) = numbers
        .filter(|number| number.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), x| (least.min(x), most.max(x)));
    match least <= most {
        true => {
            let room = (0.05 * (most - least)).max(1e-6);
            least - room..most + room
        }
        false => 0.0..1.0,
    }
}
