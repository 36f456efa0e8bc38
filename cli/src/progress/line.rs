//! The live line: as much as the window has room for.

use std::time::Duration;

use blasnet::Scores;
use console::Style;
use indicatif::HumanDuration;

use super::history::{History, STRETCHES};
use super::sparkline::{logarithmic, sparkline};

/// Cells of a sparkline, the fewest and more: divisors of [`STRETCHES`].
const CELLS: usize = 8;
const MORE_CELLS: [usize; 2] = [STRETCHES, 12];

/// Columns of the bar, the fewest and the most.
const BAR: [usize; 2] = [6, 24];

const SEPARATOR: &str = ", ";

/// The line of a run that has taken so long, in no more columns than these, with its curves in the accent's colour.
///
/// `███░░░ 31200/60000, 3995 steps/s, 7s left, loss 0.0851 ▇▅▃▂▁···, acc 97.4 % ▁▃▅▇█···`
pub fn line(history: &History, elapsed: Duration, columns: usize, accent: &Style) -> String {
    let Scores { loss, accuracy, .. } = history.recent();
    let (made, steps) = history.position();
    // The first part has no separator in front of it.
    let mut room = Room(columns + SEPARATOR.len());

    // From here on in the order of what one would miss most.
    let loss = room.part(format!("loss {}", number(loss)));
    let accuracy = room.part(format!("acc {:.1} %", 100.0 * accuracy));
    // As wide as they ever get, so that nothing moves.
    let position = room.part(format!("{made:>digits$}/{steps}", digits = steps.to_string().len()));
    let left = history.left(elapsed).map(|left| format!("{:#}", HumanDuration(left)));
    let left = left.and_then(|left| room.part(format!("{left:>3} left")));
    let bar = loss.is_some() && room.take(BAR[0] + 1);
    let curves = [&loss, &accuracy].map(|part| part.is_some() && room.take(CELLS + 1));
    let rate = room.part(format!("{} steps/s", number(history.rate(elapsed))));
    let drawn = curves.iter().filter(|&&drawn| drawn).count();
    let more = MORE_CELLS.into_iter().find(|cells| room.take(drawn * (cells - CELLS)));
    let cells = more.unwrap_or(CELLS);

    let bar = match bar {
        true => bar_of(history.share(), (BAR[0] + room.0).min(BAR[1])) + " ",
        false => String::new(),
    };
    let [losses, errors] = [history.losses(cells), history.errors(cells)].map(|values| logarithmic(&values));
    let accuracies: Vec<_> = errors.into_iter().map(|height| height.map(|height| 1.0 - height)).collect();
    let with_curve = |part: Option<String>, drawn: bool, heights: &[Option<f64>]| {
        part.map(|part| match drawn {
            true => format!("{part} {}", accent.apply_to(sparkline(heights))),
            false => part,
        })
    };
    let loss = with_curve(loss, curves[0], &losses);
    let accuracy = with_curve(accuracy, curves[1], &accuracies);
    let parts: Vec<_> = [position, rate, left, loss, accuracy].into_iter().flatten().collect();
    bar + &parts.join(SEPARATOR)
}

/// Columns that are still free.
struct Room(usize);

impl Room {
    fn take(&mut self, columns: usize) -> bool {
        match self.0.checked_sub(columns) {
            Some(rest) => self.0 = rest,
            None => return false,
        }
        true
    }

    /// The text, if there is room for it and a separator. Its signs have one column each.
    fn part(&mut self, text: String) -> Option<String> {
        self.take(text.chars().count() + SEPARATOR.len()).then_some(text)
    }
}

fn bar_of(share: f64, columns: usize) -> String {
    let full = ((share * columns as f64) as usize).min(columns);
    "█".repeat(full) + &"░".repeat(columns - full)
}

/// Some five signs, whatever its size.
fn number(number: f64) -> String {
    match number.abs() {
        size if size < 10.0 => format!("{number:.4}"),
        size if size < 1000.0 => format!("{number:.2}"),
        size if size < 1e6 => format!("{number:.0}"),
        _ => format!("{number:.1e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half of a run, in which the loss falls to a quarter again and again.
    fn history() -> History {
        let mut history = History::new(60_000);
        for made in 1..=30_000 {
            let loss = 0.25_f64.powi((made - 1) / 5000);
            history.record(made as usize, Scores::new(loss, 1.0 - loss / 2.0));
        }
        history
    }

    fn drawn(history: &History, columns: usize) -> String {
        line(history, Duration::from_secs(10), columns, &Style::new())
    }

    #[test]
    fn parts_come_by_importance_as_there_is_room() {
        let history = history();
        let lines = [
            (7, ""),
            (10, "10s left"),
            (17, "loss 0.0010"),
            (18, "███░░░ loss 0.0010"),
            (31, "███░░░ loss 0.0010, acc 100.0 %"),
            (47, "30000/60000, 10s left, loss 0.0010, acc 100.0 %"),
            (78, "██████░░░░░░ 30000/60000, 10s left, loss 0.0010 █▆▃▁····, acc 100.0 % ▁▃▆█····"),
            (
                98,
                "█████░░░░░ 30000/60000, 3000 steps/s, 10s left, \
                 loss 0.0010 █▇▅▄▂▁······, acc 100.0 % ▁▂▄▅▇█······",
            ),
        ];
        for (columns, expected) in lines {
            assert_eq!(drawn(&history, columns), expected, "{columns}");
        }
    }

    #[test]
    fn no_line_is_wider_than_its_window() {
        let endless = History::new(usize::MAX);
        let mut diverged = History::new(1);
        diverged.record(1, Scores::new(f64::INFINITY, f64::NAN));
        diverged.record(1, Scores::new(f64::INFINITY, f64::NAN));
        for history in [history(), endless, diverged, History::new(0)] {
            for columns in 0..300 {
                let line = drawn(&history, columns);
                assert!(line.chars().count() <= columns, "{columns}: {line}");
            }
        }
    }
}
