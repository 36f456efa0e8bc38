//! [`Form`]: how answers are printed.

use std::path::Path;

use serde::Serialize;

use crate::blocks::upright;
use crate::recogniser::Answer;

/// What is printed for a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One line with all probabilities as a row of blocks.
    Row,
    /// Several lines: each digit's probability, as a number and as a bar.
    Bars,
    /// An object in JSON, in one line.
    Json,
}

/// A bar of probability 1, in characters: with what stands in front of it, it fits into any terminal.
const BAR: usize = 32;

/// From one to seven eighths of a character, lying.
const LYING: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];

impl Form {
    /// For so many pictures.
    pub fn of(json: bool, pictures: usize) -> Self {
        match (json, pictures) {
            (true, _) => Self::Json,
            (false, 1) => Self::Bars,
            (false, _) => Self::Row,
        }
    }

    /// What stands above all answers.
    pub fn header(self) -> Option<&'static str> {
        // The name is last, as it may have any length.
        (self == Self::Row).then_some("          0123456789")
    }

    /// The answer to one picture.
    pub fn text(self, file: &Path, answer: &Answer) -> String {
        let Answer { digit, probability, probabilities, .. } = answer;
        match self {
            Self::Row => {
                let row: String =
                    probabilities.iter().map(|&probability| upright(probability.into())).collect();
                format!("{digit} {} {row} {}", percent(*probability), file.display())
            }
            Self::Bars => {
                let bars = probabilities.iter().enumerate();
                let bars = bars.map(|(digit, &probability)| {
                    let line = format!("{digit} {} {}", percent(probability), lying(probability));
                    format!("\n{}", line.trim_end())
                });
                format!("{}: {digit}{}", file.display(), bars.collect::<String>())
            }
            Self::Json => {
                let file = file.to_string_lossy();
                let line = Line { file: &file, answer };
                serde_json::to_string(&line).expect("text and numbers have a form in JSON")
            }
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    #[serde(flatten)]
    answer: &'a Answer,
}

fn percent(probability: f32) -> String {
    format!("{:5.1} %", 100.0 * probability)
}

/// A bar, the longer the likelier.
fn lying(probability: f32) -> String {
    let eighths = (probability * (8 * BAR) as f32).round() as usize;
    let last = (eighths % 8).checked_sub(1).map(|last| LYING[last]);
    "█".repeat(eighths / 8).chars().chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Answer {
        let mut probabilities = [0.0; 10];
        (probabilities[4], probabilities[9]) = (0.75, 0.25);
        Answer { digit: 4, probability: 0.75, probabilities, hidden: Vec::new() }
    }

    #[test]
    fn several_pictures_have_a_row_each_below_the_digits() {
        assert_eq!(Form::of(false, 2).header(), Some("          0123456789"));
        let row = Form::of(false, 2).text(Path::new("scans/four.png"), &answer());
        assert_eq!(row, "4  75.0 % ▁▁▁▁▆▁▁▁▁▃ scans/four.png");
    }

    #[test]
    fn one_picture_has_bars() {
        let bars = Form::of(false, 1).text(Path::new("four.png"), &answer());
        let lines: Vec<&str> = bars.lines().collect();
        assert_eq!(lines[..2], ["four.png: 4", "0   0.0 %"]);
        assert_eq!(lines[5], format!("4  75.0 % {}", "█".repeat(24)));
        assert_eq!((lines[10], lines.len()), ("9  25.0 % ████████", 11));
        assert_eq!((lying(0.5 + 3.0 / 256.0), lying(1.0)), ("█".repeat(16) + "▍", "█".repeat(32)));
    }

    #[test]
    fn json_has_all_numbers() {
        let line = Form::of(true, 1).text(Path::new("a \"b\".png"), &answer());
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["file"], "a \"b\".png");
        assert_eq!((&value["digit"], &value["probability"]), (&4.into(), &0.75.into()));
        assert_eq!(value["probabilities"].as_array().unwrap().len(), 10);
    }
}
