//! `blasnet plot-bench`: measurements in, a picture out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use roxmltree::{Document, Node};
use tempfile::TempDir;

use crate::common::{Run, blasnet};

/// Parts of a run, on a busy machine.
const LIMITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/limits.json");
const CRITERION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/criterion");

/// What letters are wide that all are equally wide, as a part of their size: as DejaVu's, Menlo's and others'.
const LETTER: f64 = 0.602;

/// A place for files, which is no project's.
struct Room(TempDir);

impl Room {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file that is written there.
    fn file(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// A benchmark of criterion, with these numbers of nanoseconds.
    fn benchmark(&self, group: &str, id: &str, [least, median, most]: [f64; 3]) {
        let folder = format!("criterion/{}/{}/new", plain(group), plain(id));
        let json = serde_json::json!({ "group_id": group, "function_id": id, "value_str": null });
        self.file(&format!("{folder}/benchmark.json"), &json.to_string());
        let interval =
            serde_json::json!({ "confidence_level": 0.95, "lower_bound": least, "upper_bound": most });
        let json =
            serde_json::json!({ "median": { "point_estimate": median, "confidence_interval": interval } });
        self.file(&format!("{folder}/estimates.json"), &json.to_string());
    }

    fn criterion(&self) -> String {
        self.path("criterion").to_str().unwrap().to_owned()
    }

    /// Runs `plot-bench` there, where there is nothing else to be found.
    fn run(&self, args: &[&str]) -> Run {
        self.run_with(args, &[])
    }

    fn run_with(&self, args: &[&str], variables: &[(&str, &Path)]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_blasnet"));
        command.arg("plot-bench").args(args).current_dir(&self.0).stdin(Stdio::null());
        command.env_remove("CARGO_TARGET_DIR").env_remove("CRITERION_HOME").envs(variables.iter().copied());
        command.output().unwrap().into()
    }

    /// The picture that it makes of these.
    fn picture(&self, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{run:?}");
        fs::read_to_string(self.path("bench.svg")).unwrap()
    }
}

/// As criterion names folders.
fn plain(name: &str) -> String {
    name.replace(|sign: char| !sign.is_ascii_alphanumeric(), "_")
}

/// A limit's row.
fn row(what: &str, numbers: &str) -> String {
    format!(r#"{{"what": "{what}", "size": "f32 10", "threads": 1, {numbers}, "goal": null, "note": "raw"}}"#)
}

const GOOD: &str = r#""ours": 2e-6, "limit": 1e-6, "ratio": 0.5, "spread": 0.1"#;

fn limits(rows: &[String]) -> String {
    let machine = r#"{"cpu": "a cpu", "cores": 2, "blas": "a blas", "rustc": "rustc 1", "os": "linux"}"#;
    format!(r#"{{"machine": {machine}, "rows": [{}]}}"#, rows.join(", "))
}

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

/// A text's place: where its line is, and where it begins and ends.
struct Text {
    text: String,
    y: i64,
    start: f64,
    end: f64,
}

fn texts(picture: &Document<'_>) -> Vec<Text> {
    let texts = picture.descendants().filter(|node| node.has_tag_name("text"));
    let text = |node: Node<'_, '_>| {
        let text = node.text().unwrap().trim().to_owned();
        let width = text.chars().count() as f64 * LETTER * number(node, "font-size");
        let start = match node.attribute("text-anchor").unwrap() {
            "start" => number(node, "x"),
            "middle" => number(node, "x") - width / 2.0,
            _ => number(node, "x") - width,
        };
        Text { text, y: number(node, "y") as i64, start, end: start + width }
    };
    texts.map(text).collect()
}

/// The texts of each line, from the left to the right.
fn lines(picture: &str) -> Vec<Vec<String>> {
    let picture = Document::parse(picture).unwrap();
    let mut lines: BTreeMap<i64, Vec<Text>> = BTreeMap::new();
    for text in texts(&picture) {
        lines.entry(text.y).or_default().push(text);
    }
    let sorted = lines.into_values().map(|mut line| {
        line.sort_by(|a, b| a.start.total_cmp(&b.start));
        line.into_iter().map(|text| text.text).collect()
    });
    sorted.collect()
}

/// That no text leaves the picture or touches another.
#[track_caller]
fn assert_tidy(picture: &str) {
    let picture = Document::parse(picture).unwrap();
    let size = |name| number(picture.root_element(), name);
    let mut texts = texts(&picture);
    texts.sort_by(|a, b| (a.y, a.start).partial_cmp(&(b.y, b.start)).unwrap());
    for text in &texts {
        assert!(text.start >= 0.0 && text.end <= size("width"), "{} of {}", text.text, size("width"));
        assert!((10.0..size("height") - 10.0).contains(&(text.y as f64)), "{}", text.text);
    }
    for pair in texts.windows(2) {
        let apart = pair[0].end + 4.0 <= pair[1].start || (pair[1].y - pair[0].y) >= 15;
        assert!(pair[0].y != pair[1].y || apart, "{} and {}", pair[0].text, pair[1].text);
    }
}

#[test]
fn each_row_is_there_with_its_numbers() {
    let picture = Room::new().picture(&["--limits", LIMITS, "--criterion", CRITERION]);
    let expected: &[&[&str]] = &[
        &["blasnet's benchmarks"],
        &[
            "AMD EPYC, cores: 2, linux x86_64, OpenBLAS 0.3.21, kernel Haswell, rustc 1.95.0 (59807616e 2026-04-14)",
        ],
        &["Node by node, beside the machine's limit"],
        &["goal met", "goal missed", "no goal", "goal", "distance between the quartiles"],
        &["the limit's time ÷ ours, on a logarithmic scale: 1 is at the limit, more is faster than it"],
        &["threads", "1", "2", "5", "ratio", "ours", "limit", "goal"],
        &["Affine forward", "limit: raw one"],
        &["f32 100x784x500", "1", "1.00", "688 µs", "682 µs", "0.95 met"],
        &["f32 100x784x500", "2", "0.70", "913 µs", "648 µs", "0.95 missed"],
        &["Add forward", "limit: streaming copy, 12 B an element / prefetching copy, 12 B an element"],
        &["f32 16000000", "1", "0.94", "8.59 ms", "4.32 ms", "0.90 met"],
        &["f32 16000000", "2", "1.17", "8.81 ms", "10.2 ms", "0.90 met"],
        &["sgd", "limit: raw one"],
        &["f32 100x784x500x10", "1", "0.91", "3.52 ms", "1.45 ms", "0.87 met"],
        &["f32 100x784x500x10", "2", "1.98", "1.73 ms", "7.43 ms", "0.87 met"],
        &["train", "limit: raw one"],
        &["f32 100x784x500x10", "1", "0.67", "2.00 ms", "1.39 ms"],
        &["f32 100x784x500x10", "2", "1.45", "4.64 ms", "5.62 ms"],
        &["sgd on MNIST, sparse", "limit: raw dense one; rate: of as many dense"],
        &["f32 100x784x500x10", "1", "4.70", "316 µs", "1.51 ms", "2.50 met"],
        &["f32 100x784x500x10", "2", "2.42", "571 µs", "1.39 ms", "2.50 missed"],
        &["1", "2", "5"],
        &["Medians of criterion's benchmarks"],
        &["median", "its confidence interval", "limit, measured in a run of its own"],
        &["time of a call, on a logarithmic scale: less is faster"],
        &["threads", "10 µs", "100 µs", "1 ms", "10 ms", "median", "interval", "limit"],
        &["add"],
        &["forward/f32/4000x4000", "1", "7.65 ms", "7.50 ms … 7.80 ms", "4.32 ms"],
        &["forward/f64/100x100", "1", "1.74 µs", "1.66 µs … 1.82 µs"],
        &["affine"],
        &["forward/f32/100x784x500", "1", "697 µs", "685 µs … 710 µs", "682 µs"],
        &["forward/f32/100x784x500", "2", "940 µs", "939 µs … 942 µs", "648 µs"],
        &["forward/f32/1000x784x500", "1", "7.03 ms", "7.02 ms … 7.04 ms"],
        &["10 µs", "100 µs", "1 ms", "10 ms"],
    ];
    assert_eq!(lines(&picture), expected);
    assert_tidy(&picture);
}

#[test]
fn each_mark_is_where_its_number_says() {
    let room = Room::new();
    let rows: Vec<String> = [0.5, 1.0, 2.0, 4.0, 8.0]
        .iter()
        .map(|ratio| row("a", &GOOD.replace("0.5", &ratio.to_string()).replace("0.1", "0.0")))
        .collect();
    let picture = room.picture(&["--limits", &room.file("limits.json", &limits(&rows))]);
    let picture = Document::parse(&picture).unwrap();
    let texts = texts(&picture);
    let circles = picture.descendants().filter(|node| node.has_tag_name("circle"));
    let places: Vec<(i64, f64)> =
        circles.map(|circle| (number(circle, "cy") as i64, number(circle, "cx"))).collect();
    let at = |ratio: &str| {
        let cell = texts.iter().find(|text| text.text == ratio).unwrap();
        places.iter().find(|(y, _)| *y == cell.y).unwrap().1
    };
    let heads = texts.iter().find(|text| text.text == "threads").unwrap().y;
    let middle = |text: &str| {
        let found = texts.iter().find(|found| found.text == text && found.y == heads).unwrap();
        (found.start + found.end) / 2.0
    };
    // Equal factors are equally far apart, and the axis' numbers are where they are, too.
    let places = ["0.50", "1.00", "2.00", "4.00", "8.00"].map(at);
    for pair in places.windows(2) {
        assert!((pair[1] - pair[0] - (places[1] - places[0])).abs() <= 1.0, "{places:?}");
    }
    for (place, name) in [(0, "0.5"), (1, "1"), (2, "2")] {
        assert!((places[place] - middle(name)).abs() <= 1.0, "{name}: {places:?}");
    }
}

#[test]
fn each_colour_has_one_for_dark_screens() {
    let picture = Room::new().picture(&["--limits", LIMITS, "--criterion", CRITERION]);
    let picture = Document::parse(&picture).unwrap();
    let style = picture.descendants().find(|node| node.has_tag_name("style")).unwrap().text().unwrap();
    assert!(style.starts_with("@media screen and (prefers-color-scheme:dark){"), "{style}");
    let mut colours = 0;
    for (name, colour) in picture
        .descendants()
        .flat_map(|node| ["fill", "stroke"].map(|name| (name, node.attribute(name))))
        .filter_map(|(name, colour)| Some((name, colour.filter(|colour| *colour != "none")?)))
    {
        assert!(style.contains(&format!("svg [{name}=\"{colour}\"]")), "{colour}");
        colours += 1;
    }
    assert!(colours > 100);
}

#[test]
fn one_of_both_is_enough() {
    let room = Room::new();
    let picture = room.picture(&["--limits", LIMITS]);
    assert!(!picture.contains("criterion"), "{picture}");
    assert_tidy(&picture);
    let picture = room.picture(&["--criterion", CRITERION]);
    assert!(!picture.contains("Node by node") && !picture.contains("limit"), "{picture}");
    assert_tidy(&picture);
    // A group's folder will do.
    let group = format!("{CRITERION}/add");
    assert_eq!(
        lines(&room.picture(&["--criterion", &group]))
            .iter()
            .filter(|line| line[0].starts_with("forward/"))
            .count(),
        2
    );
}

#[test]
fn criterions_folder_is_found() {
    let room = Room::new();
    room.benchmark("new", "f32/100", [1e3, 2e3, 3e3]);
    let (criterion, target) = (room.path("criterion"), room.path("target"));
    let limits = room.file("limits.json", &limits(&[row("a", GOOD)]));
    let drawn = |args: &[&str], variables: &[(&str, &Path)]| {
        let run = room.run_with(args, variables);
        assert_eq!(run.code, Some(0), "{run:?}");
        run.stderr
    };
    let one = "bench.svg: rows of limits: 0, benchmarks of criterion: 1\n";
    assert_eq!(drawn(&[], &[("CRITERION_HOME", &criterion)]), one);
    assert_eq!(drawn(&[], &[("CARGO_TARGET_DIR", room.0.path())]), one);
    let both = "bench.svg: rows of limits: 1, benchmarks of criterion: 1\n";
    assert_eq!(drawn(&["--limits", &limits], &[("CRITERION_HOME", &criterion)]), both);

    let none = "bench.svg: rows of limits: 1, benchmarks of criterion: 0\n";
    assert_eq!(drawn(&["--limits", &limits], &[]), none);
    fs::create_dir_all(target.join("criterion")).unwrap();
    assert_eq!(drawn(&["--limits", &limits], &[]), none);
    room.run(&[]).fails(2, &["target/criterion: has no results", "cargo bench --bench nodes"]);
    fs::remove_dir_all(target).unwrap();
    room.run(&[])
        .fails(2, &["nothing to draw", "target/criterion", "--limits", "cargo bench --bench limits"]);
}

#[test]
fn the_same_measurements_give_the_same_bytes() {
    let (first, second) = (Room::new(), Room::new());
    let names: Vec<String> = (0..40).map(|number| format!("f32/{number}")).collect();
    for name in &names {
        first.benchmark("sgd", name, [1e3, 2e3, 3e3]);
    }
    // Made in another order, which folders may keep.
    for name in names.iter().rev() {
        second.benchmark("sgd", name, [1e3, 2e3, 3e3]);
    }
    let picture = |room: &Room| room.picture(&["--limits", LIMITS, "--criterion", &room.criterion()]);
    assert_eq!(picture(&first), picture(&second));
}

#[test]
fn names_are_never_taken_for_markup_or_cut() {
    let room = Room::new();
    let name = r#"</text><script>"&amp;'"#;
    let long = "a name that goes on and on, ".repeat(8);
    room.benchmark(name, "f32/<1>&\u{1b}[0m", [1e3, 2e3, 3e3]);
    room.benchmark("group", &format!("{long}/t16"), [1e3, 2e3, 3e3]);
    let rows = [row(r"</text>&\u0000\\", GOOD), row(long.trim(), GOOD)];
    let limits = room.file("limits.json", &limits(&rows));
    let picture = room.picture(&["--limits", &limits, "--criterion", &room.criterion()]);
    let lines = lines(&picture);
    for expected in [
        vec![name],
        vec!["</text>&\u{FFFD}\\", "limit: raw"],
        vec![long.trim(), "limit: raw"],
        vec!["f32/<1>&\u{FFFD}[0m", "2.00 µs", "1.00 µs … 3.00 µs"],
        vec![long.trim(), "16", "2.00 µs", "1.00 µs … 3.00 µs"],
    ] {
        assert!(lines.iter().any(|line| *line == expected), "{expected:?} of {lines:#?}");
    }
    assert_tidy(&picture);
}

#[test]
fn thousands_of_benchmarks_are_drawn() {
    let room = Room::new();
    for number in 0..2000 {
        let median = 10_f64.powi(number % 10);
        room.benchmark("many", &format!("f32/{number}"), [0.9 * median, median, 1.1 * median]);
    }
    let picture = room.picture(&["--criterion", &room.criterion()]);
    assert_eq!(lines(&picture).iter().filter(|line| line[0].starts_with("f32/")).count(), 2000);
    assert_tidy(&picture);
}

#[test]
fn limits_that_are_none_are_named_with_their_fault() {
    let room = Room::new();
    let change = |from: &str, to: &str| limits(&[row("a", GOOD), row("b", &GOOD.replace(from, to))]);
    let cases: [(String, &[&str]); 11] = [
        (String::new(), &["EOF"]),
        ("CPU      Intel Xeon".into(), &["expected value at line 1"]),
        ("[]".into(), &["line 1"]),
        ("{}".into(), &["missing field `machine`"]),
        (limits(&[]), &["has no rows"]),
        (change("2e-6", "null"), &["invalid type: null, expected f64"]),
        (change("2e-6", "NaN"), &["expected value"]),
        (change("2e-6", "-2e-6"), &["row 2 (b, f32 10, threads: 1): ours is -0.000002", "above 0"]),
        (change("1e-6", "0"), &["row 2", "limit is 0, expected a number above 0"]),
        (change("0.5", "1e999"), &["number out of range"]),
        (change("0.1", "-1"), &["row 2", "spread is -1, expected 0 or more"]),
    ];
    for (content, says) in cases {
        let file = room.file("limits.json", &content);
        let run = room.run(&["--limits", &file]);
        run.fails(
            2,
            &[&[file.as_str(), "`cargo bench --bench limits -- --json > limits.json` makes it"], says]
                .concat(),
        );
    }
    room.run(&["--limits", "missing.json"]).fails(2, &["missing.json: ", "No such file", "makes it"]);
    assert!(!room.path("bench.svg").exists());
}

#[test]
fn folders_of_criterion_that_are_none_are_named_with_their_fault() {
    let room = Room::new();
    let folder = room.criterion();
    let run = || room.run(&["--criterion", &folder]);
    run().fails(2, &[&folder, "No such file"]);
    fs::create_dir_all(room.path("criterion/sgd/f32_100/base")).unwrap();
    run().fails(2, &[&folder, "has no results", "<group>/<id>/new", "cargo bench --bench nodes"]);
    room.run(&["--criterion", LIMITS]).fails(2, &[LIMITS, "Not a directory"]);

    for (numbers, says) in [
        ([0.0, 1.0, 2.0], "lower_bound is 0, expected a number above 0"),
        ([1.0, -2.0, 2.0], "point_estimate is -2"),
        ([1.0, f64::NAN, 2.0], "invalid type: null"),
    ] {
        room.benchmark("sgd", "f32/100", numbers);
        run().fails(
            2,
            &["sgd/f32_100/new/estimates.json: ", says, "`cargo bench --bench nodes` makes it anew"],
        );
    }
    let (name, numbers) =
        ("criterion/sgd/f32_100/new/benchmark.json", "criterion/sgd/f32_100/new/estimates.json");
    room.benchmark("sgd", "f32/100", [1.0, 2.0, 3.0]);
    fs::remove_file(room.path(numbers)).unwrap();
    run().fails(2, &["estimates.json: No such file"]);
    room.file(name, r#"{"group_id": "sg"#);
    run().fails(2, &["benchmark.json: is not what was expected: EOF"]);
    assert!(!room.path("bench.svg").exists());
}

#[test]
fn a_picture_is_written_whole_or_not_at_all() {
    let room = Room::new();
    let old = room.file("bench.svg", "an older picture");
    room.run(&["--limits", "missing.json"]).fails(2, &["missing.json"]);
    assert_eq!(fs::read_to_string(&old).unwrap(), "an older picture");
    room.run(&["--limits", LIMITS, "bench.png"]).fails(2, &["bench.png: expected a name that ends in .svg"]);
    room.run(&["--limits", LIMITS, "missing/bench.svg"])
        .fails(2, &["missing/bench.svg: its folder", "make it first"]);
    fs::create_dir(room.path("folder.svg")).unwrap();
    room.run(&["--limits", LIMITS, "folder.svg"]).fails(2, &["folder.svg: is a folder"]);
    room.picture(&["--limits", LIMITS]);
    assert!(fs::read_to_string(&old).unwrap().starts_with("<svg"));
    assert_eq!(fs::read_dir(&room.0).unwrap().count(), 2);
}

#[test]
fn help_says_what_makes_its_input() {
    let help = blasnet(&["plot-bench", "--help"]).stdout;
    for says in
        ["cargo bench --bench limits -- --json > limits.json", "target/criterion", "[default: bench.svg]"]
    {
        assert!(help.contains(says), "{help}");
    }
}
