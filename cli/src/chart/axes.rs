//! What charts have in common: axes with their names and numbers, and a legend.

use plotters::coord::ranged1d::{Ranged, ValueFormatter};
use plotters::prelude::{
    Cartesian2d, ChartBuilder, ChartContext, SVGBackend, SeriesLabelPosition, TRANSPARENT,
};
use plotters::style::Color;

use super::{Area, Drawn, GREY, GRID, PAPER, axis_text};

/// A chart of numbers against numbers.
pub type Chart<'a, 'b, X, Y> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<X, Y>>;

/// The names of both axes, with units, and how their numbers are written.
pub struct Axes<'a> {
    pub x: &'a str,
    pub y: &'a str,
    pub x_label: &'a dyn Fn(&f64) -> String,
    pub y_label: &'a dyn Fn(&f64) -> String,
    /// Numbers along x, about.
    pub x_labels: usize,
    pub y_labels: usize,
}

/// A chart with room for its axes.
pub fn builder<'a, 'b>(area: &'a Area<'b>) -> ChartBuilder<'a, 'b, SVGBackend<'b>> {
    let mut builder = ChartBuilder::on(area);
    builder.margin(12).margin_right(20).x_label_area_size(44).y_label_area_size(70);
    builder
}

/// Draws both axes, and lines across the chart at y's numbers.
pub fn draw_axes<X, Y>(chart: &mut Chart<'_, '_, X, Y>, axes: &Axes<'_>) -> Drawn
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GREY)
        .x_desc(axes.x)
        .y_desc(axes.y)
        .x_labels(axes.x_labels)
        .y_labels(axes.y_labels)
        .x_label_formatter(axes.x_label)
        .y_label_formatter(axes.y_label)
        .label_style(axis_text())
        .axis_desc_style(axis_text())
        .draw()?;
    Ok(())
}

/// Draws the names of the series, which have been given theirs.
pub fn draw_legend<'a, 'b: 'a, X, Y>(chart: &mut Chart<'a, 'b, X, Y>, position: SeriesLabelPosition) -> Drawn
where
    X: Ranged<ValueType = f64>,
    Y: Ranged<ValueType = f64>,
{
    chart
        .configure_series_labels()
        .position(position)
        .margin(14)
        .legend_area_size(30)
        .border_style(TRANSPARENT)
        .background_style(PAPER.mix(0.85))
        .label_font(axis_text())
        .draw()?;
    Ok(())
}

/// Three digits, and no zeros behind the last.
pub fn significant(number: f64) -> String {
    let places = (2 - number.abs().max(1e-9).log10().floor() as i32).clamp(0, 9) as usize;
    let text = format!("{number:.places$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    // A number beside 0 that rounding has left.
    if text == "-0" { "0".into() } else { text.into() }
}
