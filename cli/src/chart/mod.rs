//! [`Figure`]: a chart as SVG, by plotters, for light and dark screens and for paper.

mod axes;
mod axis;
mod scale;
mod theme;

use maud::{Markup, PreEscaped, html};
use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, IntoDrawingArea, SVGBackend};

pub use axes::{Axes, builder, draw_axes, draw_legend, significant};
pub use axis::MarkedAxis;
pub use scale::Scale;
pub use theme::{
    BLUE, GREY, GRID, LETTER, ORANGE, PAPER, TEXT, axis_text, cell_name, cell_note, cell_text, dark_colours,
    heading, small_text,
};

/// Where a figure is drawn.
pub type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// What drawing gives. Into memory it cannot fail but by a mistake in the drawing.
pub type Drawn = Result<(), Box<dyn std::error::Error>>;

/// A chart with its title.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// In a few words, for who cannot see it too.
    pub title: String,
    size: (u32, u32),
    /// What lies inside of the element `svg`.
    content: String,
}

impl Figure {
    /// Draws on an area of so many units, pixels at their usual size.
    pub fn draw(title: impl Into<String>, size: (u32, u32), draw: impl FnOnce(&Area<'_>) -> Drawn) -> Self {
        let mut svg = String::new();
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&PAPER)
            .map_err(Into::into)
            .and_then(|()| draw(&area))
            .and_then(|()| Ok(area.present()?))
            .expect("a figure in memory can be drawn");
        drop(area);
        let content = svg.split_once('>').and_then(|(_, rest)| rest.trim_end().strip_suffix("</svg>"));
        let content = content.expect("plotters writes one element svg").trim().to_owned();
        Self { title: title.into(), size, content }
    }

    /// The element for a page whose style has [`dark_colours`].
    pub fn inline(&self) -> Markup {
        self.element(None)
    }

    /// A file of its own.
    pub fn file(&self) -> String {
        format!("{}\n", self.element(Some(&dark_colours())).into_string())
    }

    fn element(&self, style: Option<&str>) -> Markup {
        let (width, height) = self.size;
        html! {
            svg xmlns="http://www.w3.org/2000/svg" role="img" width=(width) height=(height)
                viewBox={ "0 0 " (width) " " (height) } aria-label=(self.title) {
                title { (self.title) }
                @if let Some(style) = style { style { (PreEscaped(style)) } }
                (PreEscaped(&self.content))
            }
        }
    }
}
