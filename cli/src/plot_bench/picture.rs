//! Tables with their axes as a figure.

use plotters::prelude::{Circle, PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBColor, ShapeStyle, TextStyle};

use super::layout::{AXIS, GAP, Layout, MARGIN, letters};
use super::table::{Form, Group, Mark, Sign, Table, columns};
use crate::chart::{
    Area, BLUE, Drawn, Figure, GREY, GRID, ORANGE, PAPER, TEXT, cell_name, cell_note, cell_text, heading,
};

/// How high the page's title is.
const TOP: i32 = 84;
/// Above a table's rows: its title, its legend, its axis' name, its columns' heads.
const HEAD: i32 = 120;
/// Below its rows: the axis' numbers again.
const FOOT: i32 = 44;
const ROW: i32 = 20;
/// In front of a group's name.
const SPACE: i32 = 8;

/// The tables below each other, under a title and the words about it.
pub fn draw(title: &str, about: &str, tables: &[Table]) -> Figure {
    let layout = Layout::of(about, tables);
    let name = if about.is_empty() { title.to_owned() } else { format!("{title} on {about}") };
    let height = TOP + tables.iter().map(height).sum::<i32>();
    Figure::draw(printable(&name), (layout.width.unsigned_abs(), height.unsigned_abs()), |area| {
        let page = Page { area, layout: &layout };
        page.text(title, (MARGIN, 34), HPos::Left, &heading(26))?;
        page.text(about, (MARGIN, 62), HPos::Left, &cell_note())?;
        let mut y = TOP;
        for table in tables {
            page.table(table, y)?;
            y += self::height(table);
        }
        Ok(())
    })
}

fn height(table: &Table) -> i32 {
    let rows: usize = table.groups.iter().map(|group| 1 + group.rows.len()).sum();
    HEAD + rows as i32 * ROW + table.groups.len() as i32 * SPACE + FOOT
}

/// Text without signs that no XML may have.
fn printable(text: &str) -> String {
    let printable = |sign: char| !sign.is_control() && !matches!(sign, '\u{FFFE}' | '\u{FFFF}');
    text.chars().map(|sign| if printable(sign) { sign } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// What is drawn on, and where.
struct Page<'a, 'b> {
    area: &'a Area<'b>,
    layout: &'a Layout,
}

impl Page<'_, '_> {
    fn table(&self, table: &Table, top: i32) -> Drawn {
        self.text(table.title, (MARGIN, top + 12), HPos::Left, &heading(20))?;
        self.legend(table, top + 40)?;
        let middle = self.layout.axis + AXIS / 2;
        self.text(table.axis, (middle, top + 70), HPos::Center, &cell_note())?;
        let ends = [self.layout.front.clone(), self.layout.behind(table)];
        self.cells(&table.heads, &ends, top + HEAD - 18, &cell_note())?;
        self.numbers(table, top + HEAD - 18)?;

        let mut y = top + HEAD;
        for group in &table.groups {
            self.line([(MARGIN, y), (self.layout.width - MARGIN, y)], GRID.stroke_width(1))?;
            y += SPACE;
            self.group(table, group, &ends, y)?;
            y += ROW * (1 + group.rows.len() as i32);
        }
        self.numbers(table, y + 18)
    }

    fn group(&self, table: &Table, group: &Group, ends: &[Vec<i32>; 2], top: i32) -> Drawn {
        let mut y = top + ROW / 2;
        self.text(&group.name, (MARGIN, y), HPos::Left, &cell_name())?;
        let behind = MARGIN + letters(columns(&group.name) + 2);
        self.text(&group.note, (behind, y), HPos::Left, &cell_note())?;
        self.grid(table, [top + ROW, top + ROW * (1 + group.rows.len() as i32)])?;
        for row in &group.rows {
            y += ROW;
            let cells = row.cells.each_ref().map(|cells| cells.iter().map(String::as_str).collect());
            self.cells(&cells, ends, y, &cell_text())?;
            self.drawn(table, &row.mark, y)?;
        }
        Ok(())
    }

    /// The axis' numbers.
    fn numbers(&self, table: &Table, y: i32) -> Drawn {
        for mark in table.scale.marks() {
            let x = self.layout.at(table, mark);
            self.text(&(table.label)(mark), (x, y), HPos::Center, &cell_note())?;
        }
        Ok(())
    }

    /// Lines at the axis' numbers.
    fn grid(&self, table: &Table, [top, bottom]: [i32; 2]) -> Drawn {
        let marks = table.scale.marks().into_iter().map(|mark| (mark, GRID));
        for (number, colour) in marks.chain(table.base.map(|base| (base, GREY))) {
            let x = self.layout.at(table, number);
            self.line([(x, top), (x, bottom)], colour.stroke_width(1))?;
        }
        Ok(())
    }

    /// A row's mark on the axis.
    fn drawn(&self, table: &Table, mark: &Mark, y: i32) -> Drawn {
        let Mark { form, value, whisker: (least, most), tick } = *mark;
        let at = |number| self.layout.at(table, number);
        if let Some(base) = table.base {
            let (from, to) = (at(base).min(at(value)), at(base).max(at(value)));
            self.area.draw(&Rectangle::new([(from, y - 3), (to, y + 3)], colour(form).mix(0.4).filled()))?;
        }
        if let Some(tick) = tick {
            self.tick(at(tick), y)?;
        }
        self.whisker([at(least), at(most)], y)?;
        self.mark(form, at(value), y)
    }

    /// The first cell of a row begins at the left, all others end at their column's end.
    fn cells(&self, cells: &[Vec<&str>; 2], ends: &[Vec<i32>; 2], y: i32, style: &TextStyle<'_>) -> Drawn {
        for (side, (cells, ends)) in cells.iter().zip(ends).enumerate() {
            for (place, (cell, &end)) in cells.iter().zip(ends).enumerate() {
                match (side, place) {
                    (0, 0) => self.text(cell, (MARGIN, y), HPos::Left, style)?,
                    _ => self.text(cell, (end, y), HPos::Right, style)?,
                }
            }
        }
        Ok(())
    }

    fn legend(&self, table: &Table, y: i32) -> Drawn {
        let mut x = MARGIN + 10;
        for &(sign, words) in &table.legend {
            match sign {
                Sign::Mark(form) => self.mark(form, x, y)?,
                Sign::Whisker => self.whisker([x - 10, x + 10], y)?,
                Sign::Tick => self.tick(x, y)?,
            }
            self.text(words, (x + 16, y), HPos::Left, &cell_note())?;
            x += 16 + letters(columns(words)) + 2 * GAP;
        }
        Ok(())
    }

    fn mark(&self, form: Form, x: i32, y: i32) -> Drawn {
        let colour = colour(form);
        match form {
            Form::Full | Form::Pale => self.area.draw(&Circle::new((x, y), 4, colour.filled()))?,
            // Colour alone does not tell everybody.
            Form::Hollow => {
                self.area.draw(&Circle::new((x, y), 4, PAPER.filled()))?;
                self.area.draw(&Circle::new((x, y), 4, colour.stroke_width(2)))?;
            }
        }
        Ok(())
    }

    fn whisker(&self, [from, to]: [i32; 2], y: i32) -> Drawn {
        self.line([(from, y), (to, y)], TEXT.stroke_width(1))
    }

    fn tick(&self, x: i32, y: i32) -> Drawn {
        self.line([(x, y - 7), (x, y + 7)], TEXT.stroke_width(2))
    }

    fn line(&self, ends: [(i32, i32); 2], style: ShapeStyle) -> Drawn {
        Ok(self.area.draw(&PathElement::new(ends, style))?)
    }

    fn text(&self, text: &str, at: (i32, i32), side: HPos, style: &TextStyle<'_>) -> Drawn {
        if text.is_empty() {
            return Ok(());
        }
        let style = style.pos(Pos::new(side, VPos::Center));
        Ok(self.area.draw(&Text::new(printable(text), at, style))?)
    }
}

fn colour(form: Form) -> RGBColor {
    match form {
        Form::Full => BLUE,
        Form::Hollow => ORANGE,
        Form::Pale => GREY,
    }
}
