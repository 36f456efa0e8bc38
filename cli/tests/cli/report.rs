//! `train --report` and `report`: every part is there, with the run's own numbers.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use scraper::{Html, Selector};
use serde_json::Value;

use crate::common::{Digits, Run, blasnet, tensors};
#[cfg(unix)]
use crate::ctrl_c::{endless_run, interrupted};

/// Images that the small data set is tested on.
const TEST: u64 = 100;

/// A report's files.
struct Report<'a>(&'a str);

impl Report<'_> {
    fn text(&self, name: &str) -> String {
        fs::read_to_string(Path::new(self.0).join(name)).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text("report.json")).unwrap()
    }

    fn page(&self) -> Html {
        let page = Html::parse_document(&self.text("report.html"));
        assert_eq!(page.errors, [""; 0]);
        page
    }

    /// A table's rows, without its header.
    fn rows(&self, name: &str) -> Vec<Vec<String>> {
        let text = self.text(name);
        text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
    }

    /// All that is written in a figure.
    fn words(&self, name: &str) -> Vec<String> {
        let text = self.text(name);
        let figure = roxmltree::Document::parse(&text).unwrap();
        assert_eq!(figure.root_element().tag_name().name(), "svg");
        let texts =
            figure.descendants().filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "text")));
        texts.map(|node| node.text().unwrap().trim().to_owned()).collect()
    }
}

/// The texts of all elements that are found so.
fn texts(page: &Html, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    page.select(&selector).map(|element| element.text().collect::<String>().trim().to_owned()).collect()
}

/// A number of the last two lines.
fn printed(run: &Run, name: &str) -> f64 {
    let line = run.lines().into_iter().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(": ").trim_end_matches(" %").parse().unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[test]
fn the_numbers_are_those_of_the_run() {
    let digits = Digits::new();
    let folder = digits.file("report");
    let run = blasnet(&digits.train(&["--epochs", "3", "--rate", "0.01", "--report", &folder]));
    let report = Report(&folder);
    let json = report.json();

    assert_eq!(number(&json["loss"]), printed(&run, "Test Loss"));
    assert_eq!(
        format!("{:.1}", 100.0 * number(&json["accuracy"])),
        format!("{:.1}", printed(&run, "Test Acc"))
    );
    assert_eq!(json["sizes"], serde_json::json!([784, 16, 10]));
    assert_eq!(json["parameters"], 784 * 16 + 16 + 16 * 10 + 10);
    assert_eq!((&json["scored_on"], &json["images"]), (&"test".into(), &TEST.into()));

    let counts: Vec<Vec<u64>> = serde_json::from_value(json["confusion"].clone()).unwrap();
    let right: u64 = (0..10).map(|digit| counts[digit][digit]).sum();
    assert_eq!(counts.iter().flatten().sum::<u64>(), TEST);
    assert_eq!(right as f64 / TEST as f64, number(&json["accuracy"]));
    assert_eq!(json["wrong"], TEST - right);
    for (digit, class) in json["classes"].as_array().unwrap().iter().enumerate() {
        let answers: u64 = counts.iter().map(|row| row[digit]).sum();
        let labels: u64 = counts[digit].iter().sum();
        let right = counts[digit][digit] as f64;
        assert_eq!(number(&class["recall"]), right / labels as f64);
        if answers > 0 {
            assert_eq!(number(&class["precision"]), right / answers as f64);
        }
    }

    // Each step's line is in the curve, and each epoch is the mean of its steps.
    let steps = json["run"]["curve"]["points"].as_array().unwrap();
    assert_eq!(json["run"]["curve"]["stretch"], 1);
    assert_eq!(steps.len(), 30);
    assert_eq!(number(&steps[0]["loss"]), printed(&run, "Loss 0"));
    let epochs = json["run"]["epochs"].as_array().unwrap();
    assert_eq!(epochs.len(), 3);
    for (epoch, scores) in epochs.iter().enumerate() {
        let mean = steps[10 * epoch..][..10].iter().map(|step| number(&step["loss"])).sum::<f64>() / 10.0;
        assert!((number(&scores["train_loss"]) - mean).abs() < 1e-12);
    }
    assert_eq!(number(&epochs[2]["loss"]), number(&json["loss"]));
    assert!(json["phases"].as_array().unwrap().iter().all(|phase| number(&phase["seconds"]) > 0.0));
    assert_eq!(json["machine"]["threads"], 2);
}

#[test]
fn every_part_is_on_the_page() {
    let digits = Digits::new();
    let folder = digits.file("report");
    blasnet(&digits.train(&["--epochs", "3", "--report", &folder])).lines();
    let (report, json) = (Report(&folder), Report(&folder).json());
    let page = report.page();

    let sections: BTreeSet<String> = page
        .select(&Selector::parse("section").unwrap())
        .map(|section| section.attr("id").unwrap().to_owned())
        .collect();
    let all = ["confusion", "curves", "layers", "mistakes", "run", "units"];
    assert_eq!(sections, all.map(String::from).into());
    let accuracy = format!("{:.2} % of 100 test images", 100.0 * number(&json["accuracy"]));
    assert!(texts(&page, ".big")[0].starts_with(&accuracy));
    let figures = page.select(&Selector::parse("figure svg[role=img] > title").unwrap()).count();
    assert_eq!(figures, 6);

    let mistakes = json["mistakes"].as_array().unwrap();
    assert_eq!(mistakes.len(), json["wrong"].as_u64().unwrap().min(50) as usize);
    assert!(!mistakes.is_empty(), "a network that knows all has none to show");
    let alts: Vec<&str> = page
        .select(&Selector::parse("#mistakes img").unwrap())
        .map(|image| image.attr("alt").unwrap())
        .collect();
    let expected: Vec<String> = mistakes
        .iter()
        .map(|mistake| format!("a {} taken for a {}", mistake["label"], mistake["answer"]))
        .collect();
    assert_eq!(alts, expected);
    let sure: Vec<f64> = mistakes.iter().map(|mistake| number(&mistake["probability"])).collect();
    assert!(sure.is_sorted_by(|one, other| one >= other));
    assert_eq!(page.select(&Selector::parse("#units img").unwrap()).count(), 16);
    let settings = texts(&page, "#run td.text");
    for value in ["Xoshiro256PlusPlus", "shuffled", "drawn"] {
        assert_eq!(settings.iter().any(|setting| setting == value), value != "shuffled");
    }

    // Nothing is fetched: all that is named is in the page itself.
    for (element, attribute) in
        [("a", "href"), ("link", "href"), ("img", "src"), ("script", "src"), ("use", "href")]
    {
        for element in page.select(&Selector::parse(element).unwrap()) {
            let target = element.attr(attribute).unwrap();
            assert!(target.starts_with('#') || target.starts_with("data:"), "{target}");
        }
    }
    assert!(!report.text("report.html").contains("url("));
}

#[test]
fn figures_and_tables_have_the_same_numbers() {
    let digits = Digits::new();
    let folder = digits.file("report");
    blasnet(&digits.train(&["--epochs", "2", "--report", &folder])).lines();
    let (report, json) = (Report(&folder), Report(&folder).json());

    let cells = report.rows("confusion.csv");
    assert_eq!(cells.len(), 100);
    for cell in &cells {
        let (label, answer): (usize, usize) = (cell[0].parse().unwrap(), cell[1].parse().unwrap());
        assert_eq!(cell[2], json["confusion"][label][answer].to_string());
    }
    let words = report.words("confusion.svg");
    let mut counts: Vec<&String> = cells.iter().map(|cell| &cell[2]).collect();
    for word in &words {
        if let Some(at) = counts.iter().position(|count| *count == word) {
            counts.swap_remove(at);
        }
    }
    assert_eq!(counts, [""; 0], "counts that are not drawn");

    assert_eq!(report.rows("classes.csv").len(), 10);
    assert_eq!(report.rows("steps.csv").len(), 20);
    assert_eq!(report.rows("units.csv").len(), 16);
    for (row, epoch) in report.rows("epochs.csv").iter().zip(json["run"]["epochs"].as_array().unwrap()) {
        assert_eq!(row[3].parse::<f64>().unwrap(), number(&epoch["loss"]));
    }
    let mistakes = json["mistakes"].as_array().unwrap();
    for (row, mistake) in report.rows("mistakes.csv").iter().zip(mistakes) {
        assert_eq!(row[0], mistake["image"].to_string());
    }
    let of = |layer: &str, of: &str| -> u64 {
        let rows = report.rows("histograms.csv");
        let counts = rows.iter().filter(|row| row[0] == layer && row[1] == of);
        counts.map(|row| row[4].parse::<u64>().unwrap()).sum()
    };
    let activations = &json["layers"][0]["activations"];
    assert_eq!(of("1", "weights"), 784 * 16);
    assert_eq!(of("2", "weights"), 16 * 10);
    assert_eq!(of("1", "activations") + activations["zeros"].as_u64().unwrap(), 16 * TEST);

    for (name, axis) in [("loss", "mean loss (nats)"), ("accuracy", "answered rightly (%)")] {
        let words = report.words(&format!("{name}.svg"));
        for word in ["epoch", axis, "test images, behind each epoch", "training, mean of each batch"] {
            assert!(words.iter().any(|found| found == word), "{word}: {words:?}");
        }
    }
    for (name, axis) in [("classes", "digit"), ("weights", "weight"), ("activations", "activation")] {
        assert!(report.words(&format!("{name}.svg")).iter().any(|word| word == axis), "{name}");
    }
}

#[test]
fn a_saved_network_has_the_same_report_but_for_the_batches() {
    let digits = Digits::new();
    let (model, of_run, of_model) =
        (digits.file("m.safetensors"), digits.file("of-run"), digits.file("of-model"));
    let flags = ["--epochs", "2", "--activation", "tanh", "--report", &of_run, "--save", &model];
    blasnet(&digits.train(&flags)).lines();
    let run = blasnet(&[
        "report",
        "--model",
        &model,
        "--data",
        digits.folder(),
        "--to",
        &of_model,
        "--threads",
        "2",
    ]);
    assert_eq!(run.lines(), [format!("{of_model}/report.html")]);

    let (one, other) = (Report(&of_run).json(), Report(&of_model).json());
    for part in
        ["sizes", "loss", "accuracy", "confusion", "classes", "mistakes", "layers", "units", "reproduce"]
    {
        assert_eq!(one[part], other[part], "{part}");
    }
    assert_eq!(other["run"]["epochs"], one["run"]["epochs"]);
    assert_eq!(other["run"]["curve"], Value::Null);
    let words = Report(&of_model).words("loss.svg");
    assert!(words.iter().any(|word| word == "training, mean of each epoch"), "{words:?}");
    let page = Report(&of_model).page();
    assert_eq!(texts(&page, "#run pre"), [one["reproduce"].as_str().unwrap()]);
}

#[test]
fn a_network_from_elsewhere_has_no_curves() {
    let digits = Digits::new();
    let [ours, bare, folder] = ["m.safetensors", "bare.safetensors", "report"].map(|name| digits.file(name));
    blasnet(&digits.train(&["--epochs", "1", "--save", &ours])).lines();
    let bytes = fs::read(&ours).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap().tensors();
    fs::write(&bare, safetensors::serialize(tensors, None).unwrap()).unwrap();
    blasnet(&["report", "--model", &bare, "--data", digits.folder(), "--to", &folder]).lines();
    let json = Report(&folder).json();
    assert_eq!((&json["run"], &json["reproduce"]), (&Value::Null, &Value::Null));
    assert_eq!(texts(&Report(&folder).page(), "#curves"), [""; 0]);
}

/// It has learnt nothing: each image is taken for a 0, and no other digit is ever answered.
#[test]
fn a_network_without_hidden_layers_or_sense() {
    let digits = Digits::new();
    let [model, folder] = ["zero.safetensors", "report"].map(|name| digits.file(name));
    let (w, b) = (vec![0; 4 * 784 * 10], vec![0; 4 * 10]);
    let view = |shape, bytes| TensorView::new(Dtype::F32, shape, bytes).unwrap();
    let tensors = [("w1", view(vec![784, 10], &w)), ("b1", view(vec![10], &b))];
    fs::write(&model, safetensors::serialize(tensors, None).unwrap()).unwrap();
    blasnet(&["report", "--model", &model, "--data", digits.folder(), "--to", &folder]).lines();
    let json = Report(&folder).json();
    let [zero, one] = [0, 1].map(|digit| &json["classes"][digit]);
    assert_eq!((&zero["precision"], &zero["recall"]), (&0.1.into(), &1.0.into()));
    assert_eq!((&one["precision"], &one["recall"]), (&Value::Null, &0.0.into()));
    assert_eq!(json["layers"][0]["activations"], Value::Null);
    assert_eq!(json["mistakes"].as_array().unwrap().len(), 50);
    assert!(texts(&Report(&folder).page(), "#confusion td").iter().any(|cell| cell == "–"));
}

#[test]
fn the_command_that_is_told_makes_the_same_network() {
    let digits = Digits::new();
    let (model, again, folder) =
        (digits.file("m.safetensors"), digits.file("again.safetensors"), digits.file("report"));
    let flags = ["--epochs", "2", "--optimizer", "adam", "--hold-out", "100", "--seed", "7"];
    let run = blasnet(&digits.train(&[&flags[..], &["--report", &folder, "--save", &model]].concat()));
    let json = Report(&folder).json();
    assert_eq!((&json["scored_on"], &json["images"]), (&"held-out".into(), &100.into()));
    assert_eq!(number(&json["loss"]), printed(&run, "Held-Out Loss"));

    let command = json["reproduce"].as_str().unwrap().to_owned();
    let words: Vec<&str> = command.split(' ').skip(1).chain(["--threads", "2", "--save", &again]).collect();
    let second = blasnet(&words);
    let of_model = digits.file("of-model");
    blasnet(&["report", "--model", &model, "--data", digits.folder(), "--to", &of_model]).lines();
    let words = Report(&of_model).words("loss.svg");
    assert!(words.iter().any(|word| word == "held-out images, behind each epoch"), "{words:?}");
    // Neither does a report change a run.
    assert_eq!(second.stdout, run.stdout);
    assert!(tensors(&again) == tensors(&model));
}

#[test]
fn a_resumed_run_has_all_epochs() {
    let digits = Digits::new();
    let (folder, report, whole) = (digits.file("run"), digits.file("report"), digits.file("whole"));
    let flags = ["--epochs", "4", "--report", &whole];
    blasnet(&digits.train(&flags)).lines();
    let keep = ["--epochs", "4", "--checkpoint", &folder, "--checkpoint-every", "25", "--report", &report];
    blasnet(&digits.train(&keep)).lines();
    // The newest is the last step's; without it the one before is gone on from.
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "safetensors"));
    files.sort();
    fs::remove_file(files.pop().unwrap()).unwrap();
    blasnet(&["train", "--checkpoint", &folder, "--resume", "--report", &report]).lines();

    let (whole, resumed) = (Report(&whole).json(), Report(&report).json());
    let at = resumed["run"]["resumed_at"].as_u64().unwrap();
    assert!(0 < at && at < 40, "{at}");
    assert_eq!(resumed["run"]["epochs"], whole["run"]["epochs"]);
    let points = whole["run"]["curve"]["points"].as_array().unwrap();
    assert_eq!(resumed["run"]["curve"]["points"].as_array().unwrap()[..], points[at as usize..]);
    assert!(texts(&Report(&report).page(), "#curves p")[0].contains(&format!("behind step {at}")));
}

#[cfg(unix)]
#[test]
fn a_run_that_ctrl_c_has_ended_is_reported_on() {
    let digits = Digits::new();
    let folder = digits.file("report");
    let (child, stdout, _) = endless_run(&digits, &["--log-every", "1000", "--report", &folder]);
    let run = interrupted(child, stdout);
    assert!(run.stderr.ends_with(&format!("; report: {folder}/report.html\n")), "{run:?}");
    let json = Report(&folder).json();
    assert_eq!(json["settings"]["interrupted"], "yes");
    assert_eq!(json["reproduce"], Value::Null);
    let made = format!("interrupted after {} of", json["run"]["steps"]);
    assert!(run.stderr.starts_with(&made), "{made}: {run:?}");
}

#[test]
fn a_folder_that_cannot_be_is_told_before_the_run() {
    let digits = Digits::new();
    let file = digits.file("file");
    fs::write(&file, "mine").unwrap();
    let run = blasnet(&digits.train(&["--report", &file]));
    run.fails(2, &["--report", &file, "is a file, expected the name of a folder"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    let far = digits.file("no/such/folder");
    blasnet(&digits.train(&["--report", &far])).fails(2, &["--report", &far, "cannot be made"]);
    let inside = digits.file("taken");
    fs::create_dir_all(format!("{inside}/report.html")).unwrap();
    blasnet(&digits.train(&["--report", &inside])).fails(2, &["report.html", "is a folder"]);
    blasnet(&["report", "--model", &file, "--to", &digits.file("out")]).fails(2, &[&file]);
}

#[test]
fn other_files_in_the_folder_are_left_alone() {
    let digits = Digits::new();
    let folder = digits.file("report");
    fs::create_dir(&folder).unwrap();
    fs::write(format!("{folder}/notes.txt"), "mine").unwrap();
    fs::write(format!("{folder}/report.html"), "an old one").unwrap();
    blasnet(&digits.train(&["--epochs", "1", "--report", &folder])).lines();
    assert_eq!(fs::read_to_string(format!("{folder}/notes.txt")).unwrap(), "mine");
    assert!(Report(&folder).text("report.html").starts_with("<!DOCTYPE html>"));
}
