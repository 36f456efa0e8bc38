//! Handwriting that no data set has: digits drawn here, in pens, places and light that differ, and recognised by the
//! network that `predict` trains for itself.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

use image::{GrayImage, ImageBuffer, ImageFormat, Luma};

use crate::common::blasnet;

/// Each digit's lines, drawn as people write them in America, where MNIST's hands are from, in a square of side 1 with
/// (0, 0) at its upper left.
type Strokes = BTreeMap<usize, Vec<Vec<[f32; 2]>>>;

/// So many of the ten digits have to be recognised.
const ENOUGH: usize = 8;

/// A way to draw the digits.
struct Hand {
    name: &'static str,
    /// The picture's width and height.
    picture: (u32, u32),
    /// Where the digits' square begins.
    corner: (f32, f32),
    /// Its side.
    side: f32,
    /// The pen's width, of that.
    pen: f32,
    /// How far the upper end leans to the right, of the height.
    slant: f32,
    /// Lightness of ink, and of paper on the left and on the right.
    ink: f32,
    paper: (f32, f32),
    format: ImageFormat,
}

const ORDINARY: Hand = Hand {
    name: "ordinary",
    picture: (280, 280),
    corner: (50.0, 50.0),
    side: 180.0,
    pen: 0.09,
    slant: 0.0,
    ink: 0.1,
    paper: (1.0, 1.0),
    format: ImageFormat::Png,
};

const HANDS: [Hand; 12] = [
    ORDINARY,
    Hand { name: "light on dark", ink: 1.0, paper: (0.0, 0.0), ..ORDINARY },
    Hand { name: "thin pen", pen: 0.025, ..ORDINARY },
    Hand { name: "thick pen", pen: 0.17, ..ORDINARY },
    Hand { name: "off centre", corner: (95.0, 5.0), ..ORDINARY },
    Hand {
        name: "small in a large picture",
        picture: (1600, 1200),
        corner: (1200.0, 150.0),
        side: 90.0,
        ..ORDINARY
    },
    Hand { name: "large", picture: (1400, 1400), corner: (100.0, 100.0), side: 1200.0, ..ORDINARY },
    Hand { name: "tiny", picture: (24, 24), corner: (3.0, 3.0), side: 18.0, ..ORDINARY },
    Hand { name: "leaning to the right", slant: 0.25, ..ORDINARY },
    Hand { name: "leaning to the left", slant: -0.15, ..ORDINARY },
    Hand { name: "pencil", pen: 0.05, ink: 0.7, paper: (0.9, 0.9), ..ORDINARY },
    Hand { name: "photograph", ink: 0.15, paper: (0.4, 0.8), format: ImageFormat::Jpeg, ..ORDINARY },
];

impl Hand {
    /// A picture of these lines, by a round pen.
    fn draw(&self, lines: &[Vec<[f32; 2]>]) -> GrayImage {
        let place = |&[x, y]: &[f32; 2]| {
            let leaning = x + self.slant * (0.5 - y);
            (self.corner.0 + self.side * leaning, self.corner.1 + self.side * y)
        };
        let lines: Vec<Vec<(f32, f32)>> = lines.iter().map(|line| line.iter().map(place).collect()).collect();
        let (width, height) = self.picture;
        let mut covered = ImageBuffer::<Luma<f32>, _>::new(width, height);
        let reach = self.pen * self.side / 2.0 + 0.5;
        for piece in lines.iter().flat_map(|line| line.windows(2)) {
            let (from, to) = (piece[0], piece[1]);
            // Only where the pen comes by.
            let near =
                |a: f32, b: f32, end| (a.min(b) - reach) as u32..((a.max(b) + reach) as u32 + 1).min(end);
            for y in near(from.1, to.1, height) {
                for x in near(from.0, to.0, width) {
                    let nearest = distance((x as f32 + 0.5, y as f32 + 0.5), from, to);
                    let covered = &mut covered[(x, y)].0[0];
                    *covered = covered.max((reach - nearest).clamp(0.0, 1.0));
                }
            }
        }
        GrayImage::from_fn(width, height, |x, y| {
            let paper = self.paper.0 + (self.paper.1 - self.paper.0) * x as f32 / width as f32;
            Luma([(255.0 * (paper + (self.ink - paper) * covered[(x, y)].0[0])).round() as u8])
        })
    }

    /// The digits as files in this folder.
    fn write(&self, strokes: &Strokes, folder: &Path) {
        for (digit, lines) in strokes {
            let mut file = Cursor::new(Vec::new());
            self.draw(lines).write_to(&mut file, self.format).unwrap();
            let name = format!("{digit}.{}", self.format.extensions_str()[0]);
            std::fs::write(folder.join(name), file.into_inner()).unwrap();
        }
    }
}

/// From a point to a straight piece between two others.
fn distance(at: (f32, f32), from: (f32, f32), to: (f32, f32)) -> f32 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let along = ((at.0 - from.0) * dx + (at.1 - from.1) * dy) / (dx * dx + dy * dy).max(f32::MIN_POSITIVE);
    let along = along.clamp(0.0, 1.0);
    (at.0 - from.0 - along * dx).hypot(at.1 - from.1 - along * dy)
}

#[test]
fn handwriting_is_recognised_whatever_the_pen_the_place_and_the_light() {
    let strokes: Strokes = serde_json::from_str(include_str!("../strokes.json")).unwrap();
    assert!(strokes.keys().copied().eq(0..=9));
    let folders: Vec<_> = HANDS.iter().map(|_| tempfile::tempdir().unwrap()).collect();
    HANDS.iter().zip(&folders).for_each(|(hand, folder)| hand.write(&strokes, folder.path()));
    // All at once: a network is trained for each run.
    let names = folders.iter().map(|folder| folder.path().to_str().unwrap());
    let run = blasnet(&["predict", "--json"].into_iter().chain(names).collect::<Vec<_>>());
    let answers: Vec<usize> = run
        .lines()
        .iter()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            usize::try_from(line["digit"].as_u64().unwrap()).unwrap()
        })
        .collect();
    assert_eq!(answers.len(), 10 * HANDS.len());

    let (mut right, mut table, mut enough) = (0, String::new(), true);
    for (hand, answers) in HANDS.iter().zip(answers.chunks(10)) {
        let wrong: Vec<String> = (0..10)
            .zip(answers)
            .filter(|(digit, answer)| digit != *answer)
            .map(|(digit, answer)| format!("{digit} as {answer}"))
            .collect();
        right += 10 - wrong.len();
        enough &= 10 - wrong.len() >= ENOUGH;
        table += &format!("{:26} {:2} of 10  {}\n", hand.name, 10 - wrong.len(), wrong.join(", "));
    }
    table += &format!("{right} of {} in all", answers.len());
    println!("{table}");
    assert!(enough, "fewer than {ENOUGH} of 10:\n{table}");
}
