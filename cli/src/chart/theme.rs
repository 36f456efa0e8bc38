//! Colours and letters of figures.
//!
//! plotters writes a colour at each shape. Those of a dark screen are put over them by a style sheet that finds each by
//! its name in the light: so a figure is drawn once.

use plotters::style::{FontStyle, IntoFont, RGBColor, TextStyle};

/// What lies below everything.
pub const PAPER: RGBColor = RGBColor(0xFF, 0xFF, 0xFF);
/// Letters and axes.
pub const TEXT: RGBColor = RGBColor(0x1B, 0x1F, 0x24);
/// What is said beside.
pub const GREY: RGBColor = RGBColor(0x5F, 0x66, 0x70);
/// Lines that the eye is to pass over.
pub const GRID: RGBColor = RGBColor(0xDF, 0xE3, 0xE8);
/// The first of two series; with the second told apart by all eyes (Okabe and Ito's colours, 2008).
pub const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xB2);
/// The second.
pub const ORANGE: RGBColor = RGBColor(0xD5, 0x5E, 0x00);

/// Each with the one in its place on a dark screen.
const DARK: [(RGBColor, &str); 6] = [
    (PAPER, "#15181c"),
    (TEXT, "#e6e9ed"),
    (GREY, "#a0a8b2"),
    (GRID, "#30363d"),
    (BLUE, "#56b4e9"),
    (ORANGE, "#f0903e"),
];

const FAMILY: &str = "system-ui, sans-serif";
/// For tables: its letters have one width, so that what they need is known without the font.
const TABLE_FAMILY: &str = "ui-monospace, monospace";
const TABLE_SIZE: u32 = 15;
/// As wide as a letter of a table, and a little more.
pub const LETTER: f64 = 7.4;

/// The style sheet that makes figures dark where the screen is.
pub fn dark_colours() -> String {
    let rule = |(RGBColor(r, g, b), dark): &(RGBColor, &str)| {
        let light = format!("#{r:02X}{g:02X}{b:02X}");
        format!("svg [fill=\"{light}\"]{{fill:{dark}}}svg [stroke=\"{light}\"]{{stroke:{dark}}}")
    };
    let rules: String = DARK.iter().map(rule).collect();
    format!("@media screen and (prefers-color-scheme:dark){{{rules}}}")
}

/// Letters of an axis.
pub fn axis_text() -> TextStyle<'static> {
    (FAMILY, 15).into_font().color(&TEXT)
}

/// Letters of what is said beside.
pub fn small_text() -> TextStyle<'static> {
    (FAMILY, 13).into_font().color(&GREY)
}

/// Letters of a title.
pub fn heading(size: u32) -> TextStyle<'static> {
    (FAMILY, size, FontStyle::Bold).into_font().color(&TEXT)
}

/// Letters of a table's cell.
pub fn cell_text() -> TextStyle<'static> {
    (TABLE_FAMILY, TABLE_SIZE).into_font().color(&TEXT)
}

/// Those of a name above others.
pub fn cell_name() -> TextStyle<'static> {
    (TABLE_FAMILY, TABLE_SIZE, FontStyle::Bold).into_font().color(&TEXT)
}

/// Those of what is said beside.
pub fn cell_note() -> TextStyle<'static> {
    (TABLE_FAMILY, TABLE_SIZE).into_font().color(&GREY)
}
