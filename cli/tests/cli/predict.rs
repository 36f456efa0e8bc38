//! `blasnet predict` on files and folders, good and bad, by a network whose answers are known.

use std::fs;

use image::{GrayImage, ImageFormat, Luma};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::Value;
use tempfile::TempDir;

use crate::common::{Run, blasnet, start};

/// A folder with a network in it, and room for pictures.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        desk.network(1.0);
        desk
    }

    /// A network that answers 7 if there is ink in a pixel where a standing bar has some and a lying one has none, else
    /// 3; by weights that are so many times as large.
    fn network(&self, times: f32) {
        let mut w1 = [0.0; 784];
        w1[5 * 28 + 14] = 10.0;
        let (mut w2, mut b2) = ([0.0; 10], [0.0; 10]);
        (w2[7], b2[3]) = (times, 5.0);
        let tensors: [(&str, Vec<usize>, &[f32]); 4] = [
            ("w1", vec![784, 1], &w1),
            ("b1", vec![1], &[0.0]),
            ("w2", vec![1, 10], &w2),
            ("b2", vec![10], &b2),
        ];
        let bytes = tensors.map(|(name, shape, numbers)| {
            (name, shape, numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>())
        });
        let views = bytes
            .iter()
            .map(|(name, shape, bytes)| (*name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
        fs::write(self.file("model"), safetensors::serialize(views, None).unwrap()).unwrap();
    }

    fn file(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    /// Puts a picture with a bar there, which is a 3 if it lies and a 7 if it stands.
    fn draw(&self, name: &str, digit: u32) -> String {
        let file = self.file(name);
        let bar = |x: u32, y: u32| (20..40).contains(&x) && (28..32).contains(&y);
        let picture = GrayImage::from_fn(60, 60, |x, y| {
            let is_ink = if digit == 3 { bar(x, y) } else { bar(y, x) };
            Luma([if is_ink { 0 } else { 255 }])
        });
        let format = ImageFormat::from_path(&file).unwrap();
        // The same bytes whatever the extension's case.
        picture.save_with_format(&file, format).unwrap();
        file
    }

    fn predict(&self, args: &[&str]) -> Run {
        blasnet(&[&["predict", "--threads", "2", "--model", &self.file("model")], args].concat())
    }
}

/// File and digit of each line of JSON.
#[track_caller]
fn answers(run: &Run) -> Vec<(String, u64)> {
    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let probabilities: Vec<f64> =
            line["probabilities"].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect();
        assert_eq!(probabilities.len(), 10);
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-5, "{line}");
        let digit = line["digit"].as_u64().unwrap();
        assert_eq!(line["probability"].as_f64().unwrap(), probabilities[usize::try_from(digit).unwrap()]);
        (line["file"].as_str().unwrap().to_owned(), digit)
    };
    run.stdout.lines().map(line).collect()
}

#[test]
fn one_picture_has_all_ten_as_bars() {
    let desk = Desk::new();
    let seven = desk.draw("seven.png", 7);
    let run = desk.predict(&[&seven]);
    let lines = run.lines();
    assert_eq!((lines.len(), lines[0]), (11, format!("{seven}: 7").as_str()));
    assert_eq!(run.stderr, "");
    // e¹⁰ / (e¹⁰ + e⁵ + 8) for the 7, and e⁵ for the 3.
    assert_eq!(lines[8], format!("7  99.3 % {}", "█".repeat(31) + "▊"));
    assert_eq!((lines[4], lines[1]), ("3   0.7 % ▎", "0   0.0 %"));
}

#[test]
fn several_pictures_have_a_line_each_in_the_order_asked_for() {
    let desk = Desk::new();
    let (three, seven) = (desk.draw("three.jpg", 3), desk.draw("seven.pgm", 7));
    let run = desk.predict(&[&three, &seven, &three]);
    let three = format!("3  94.3 % ▁▁▁█▁▁▁▁▁▁ {three}");
    let seven = format!("7  99.3 % ▁▁▁▁▁▁▁█▁▁ {seven}");
    assert_eq!(run.lines(), ["          0123456789", &three, &seven, &three]);
    assert_eq!(run.stderr, "");
}

#[test]
fn a_folder_is_its_pictures_by_name() {
    let desk = Desk::new();
    fs::create_dir_all(desk.file("scans/more.png")).unwrap();
    let pictures = [("10.pgm", 3), ("9.jpeg", 7), ("A.PNG", 7), ("b.Jpg", 3)];
    for (name, digit) in pictures.iter().rev() {
        desk.draw(&format!("scans/{name}"), *digit);
    }
    // Neither pictures nor asked for by name.
    fs::write(desk.file("scans/notes.txt"), "notes").unwrap();
    desk.draw("scans/more.png/deeper.png", 3);
    let first = desk.draw("z.png", 3);
    let run = desk.predict(&["--json", &first, &desk.file("scans")]);
    let expected = pictures.map(|(name, digit)| (desk.file(&format!("scans/{name}")), digit.into()));
    assert_eq!(answers(&run), [&[(first, 3)], &expected[..]].concat());
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
}

#[test]
fn many_pictures_are_more_than_a_batch() {
    let desk = Desk::new();
    fs::create_dir(desk.file("many")).unwrap();
    let digit = |number: usize| if number.is_multiple_of(3) { 3 } else { 7 };
    let (three, seven) = (fs::read(desk.draw("3.pgm", 3)).unwrap(), fs::read(desk.draw("7.pgm", 7)).unwrap());
    for number in 0..600 {
        let bytes = if digit(number) == 3 { &three } else { &seven };
        fs::write(desk.file(&format!("many/{number:03}.pgm")), bytes).unwrap();
    }
    let digits: Vec<u64> =
        answers(&desk.predict(&["--json", &desk.file("many")])).iter().map(|(_, digit)| *digit).collect();
    assert_eq!(digits, (0..600).map(digit).collect::<Vec<u64>>());
}

#[test]
fn a_bad_file_is_named_and_the_rest_goes_on() {
    let desk = Desk::new();
    let (three, seven) = (desk.draw("three.png", 3), desk.draw("seven.png", 7));
    let whole = fs::read(&three).unwrap();
    let bad: [(&str, &[u8], &str); 5] = [
        ("empty.png", b"", "is no picture: it is empty"),
        ("text.png", b"Dear reader,", "is no picture: it begins with `Dear rea`; expected PNG, JPEG or PGM"),
        ("part.png", &whole[..whole.len() / 2], "is damaged"),
        ("zero.pgm", b"P5 2 2 0\n1234", "is damaged"),
        ("blank.pgm", b"P5 2 2 255\n1111", "is blank"),
    ];
    let mut names = vec!["--json".to_owned(), three.clone()];
    for (name, bytes, _) in bad {
        fs::write(desk.file(name), bytes).unwrap();
        names.push(desk.file(name));
    }
    names.extend([desk.file("missing.png"), seven.clone()]);
    let run = desk.predict(&names.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(run.code, Some(2), "{run:?}");
    assert_eq!(answers(&run), [(three, 3), (seven, 7)]);
    let says = bad.map(|(name, _, says)| (name, says)).into_iter().chain([("missing.png", "No such file")]);
    assert_eq!(run.stderr.lines().count(), 6, "{run:?}");
    for (line, (name, says)) in run.stderr.lines().zip(says) {
        assert!(
            line.starts_with(&format!("error: {}: {says}", desk.file(name))),
            "`{says}` expected: {line}"
        );
    }
}

#[test]
fn folders_and_models_that_are_none() {
    let desk = Desk::new();
    desk.predict(&[&desk.file("missing")]).fails(2, &[&desk.file("missing"), "No such file"]);
    fs::create_dir(desk.file("empty")).unwrap();
    let says = [&desk.file("empty"), "has no picture in it", ".png, .jpg, .jpeg, .pgm"];
    desk.predict(&[&desk.file("empty")]).fails(2, &says);
    // Said before a network is trained.
    blasnet(&["predict", &desk.file("empty")]).fails(2, &says);
    desk.predict(&[]).fails(2, &["<IMAGE>"]);
    let three = desk.draw("three.png", 3);
    blasnet(&["predict", &three, "--model", &three]).fails(2, &[&three, "no safetensors file"]);
    desk.network(f32::MAX);
    desk.predict(&["--json", &desk.draw("seven.png", 7)]).fails(2, &["the network", "weights are too large"]);
}

#[cfg(unix)]
#[test]
fn links_to_nowhere_and_locked_files() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let desk = Desk::new();
    symlink(desk.file("nowhere"), desk.file("link")).unwrap();
    desk.predict(&[&desk.file("link")]).fails(2, &[&desk.file("link"), "No such file"]);

    let locked = desk.draw("locked.png", 3);
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    // Nothing is locked for root.
    if fs::read(&locked).is_err() {
        desk.predict(&[&locked]).fails(2, &[&locked, "Permission denied"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn any_bytes_make_a_name() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let desk = Desk::new();
    fs::create_dir(desk.file("scans")).unwrap();
    let name = desk.0.path().join("scans").join(OsStr::from_bytes(b"\xff3.png"));
    fs::rename(desk.draw("three.png", 3), name).unwrap();
    let run = desk.predict(&["--json", &desk.file("scans")]);
    assert_eq!(answers(&run), [(desk.file("scans/\u{fffd}3.png"), 3)]);
    assert!(desk.predict(&[&desk.file("scans")]).lines()[0].ends_with("\u{fffd}3.png: 3"));
}

#[test]
fn a_reader_who_leaves_is_no_error() {
    let desk = Desk::new();
    let (three, model) = (desk.draw("three.png", 3), desk.file("model"));
    let mut child = start(&["predict", "--model", &model, &three], std::process::Stdio::piped());
    drop(child.stdout.take());
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
}
