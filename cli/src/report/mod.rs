//! The report of a network and its run: [`Report`], and `blasnet report`.

mod answers;
mod curve;
mod figures;
mod folder;
mod histogram;
mod layers;
mod machine;
mod page;
mod phases;
mod picture;
mod recorder;
mod tables;

use std::collections::BTreeMap;

use blasnet::{Dataset, Mlp, Scores, evaluate};
use serde::Serialize;

use crate::args;
use crate::end::End;
use crate::{model, threads};

pub use answers::{Answers, Mistake};
pub use folder::Folder;
pub use layers::{Layer, Unit};
pub use machine::Machine;
pub use phases::{Phase, Phases};
pub use recorder::{History, Record, Recorder};

/// In the settings of a network whose run was broken off.
pub const INTERRUPTED: &str = "interrupted";

/// Where a model's file keeps its run's [`History`].
pub const HISTORY: &str = "history";

/// Mistakes that are shown.
const MISTAKES: usize = 50;
/// Units that are shown.
const UNITS: usize = 40;

/// Everything that is known, as `report.json` has it.
#[derive(Debug, Serialize)]
pub struct Report {
    /// `[in, hidden…, out]`.
    pub sizes: Vec<usize>,
    pub parameters: usize,
    /// Which images the network is scored on: `test` or `held-out`.
    pub scored_on: String,
    pub images: usize,
    pub loss: f64,
    pub accuracy: f64,
    /// How the network was made, as far as that is known.
    pub settings: BTreeMap<String, String>,
    /// The command that makes it again.
    pub reproduce: Option<String>,
    pub machine: Machine,
    /// Seconds by what was done in them.
    pub phases: Vec<Phase>,
    pub run: Option<Record>,
    /// `[label][answer]`.
    pub confusion: Vec<Vec<u64>>,
    pub classes: Vec<ClassScores>,
    /// Wrong answers in all.
    pub wrong: usize,
    /// The most confident of them.
    pub mistakes: Vec<Mistake>,
    pub layers: Vec<Layer>,
    /// The strongest of the first layer.
    pub units: Vec<Unit>,
}

/// How well a digit is told from others. NaN, which JSON writes as null, where nothing is divided by nothing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassScores {
    pub digit: usize,
    pub images: u64,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

/// What is known of a network beside itself.
#[derive(Debug)]
pub struct About {
    pub settings: BTreeMap<String, String>,
    /// The flag of other images than MNIST's.
    pub data_flag: Option<String>,
    pub scored_on: &'static str,
    pub run: Option<Record>,
    pub phases: Phases,
}

impl Report {
    /// Looks at a network. `scores` are its scores on `data`. To be called inside of [`threads::compute`].
    pub fn of(network: &Mlp<f32>, data: &Dataset, scores: Scores, mut about: About) -> Result<Self, End> {
        let Answers { confusion, mistakes } = Answers::of(network, data)?;
        let layers = layers::layers(network, data)?;
        let units = layers::strongest(network, UNITS);
        let classes = (0..data.classes()).map(|digit| ClassScores {
            digit,
            images: confusion.counts().row(digit).sum(),
            precision: confusion.precision(digit),
            recall: confusion.recall(digit),
            f1: confusion.f1(digit),
        });
        let classes = classes.collect();
        about.phases.lap("looking at its answers and units");
        Ok(Self {
            sizes: network.sizes().to_vec(),
            parameters: network.values().len(),
            scored_on: about.scored_on.to_owned(),
            images: data.len(),
            loss: scores.loss,
            accuracy: scores.accuracy,
            reproduce: reproduce(&about.settings, about.data_flag),
            settings: about.settings,
            machine: Machine::look(),
            phases: about.phases.into(),
            run: about.run,
            confusion: confusion.counts().rows().into_iter().map(|row| row.to_vec()).collect(),
            classes,
            wrong: mistakes.len(),
            mistakes: mistakes.into_iter().take(MISTAKES).collect(),
            layers,
            units,
        })
    }

    /// Puts the page, its figures and the numbers into a folder.
    pub fn write(&self, folder: &Folder, data: &Dataset) -> Result<(), End> {
        let figures = figures::all(self);
        for named in &figures {
            folder.write(&format!("{}.svg", named.name), named.figure.file().as_bytes())?;
        }
        for (name, bytes) in tables::all(self) {
            folder.write(name, &bytes)?;
        }
        let json = serde_json::to_vec_pretty(self).expect("numbers and texts can be written to memory");
        folder.write("report.json", &json)?;
        // Last: whoever finds it finds the rest.
        folder.write(folder::PAGE, page::page(self, &figures, data).into_string().as_bytes())
    }
}

/// The command that makes such a network again, if the settings are all that it needs.
fn reproduce(settings: &BTreeMap<String, String>, data_flag: Option<String>) -> Option<String> {
    if settings.contains_key(INTERRUPTED) {
        return None;
    }
    let flags = args::Train::flags(settings)?.into_iter().chain(data_flag);
    Some(["blasnet train".to_owned()].into_iter().chain(flags).collect::<Vec<_>>().join(" "))
}

/// `blasnet report`.
pub fn report(args: &args::Report) -> Result<(), End> {
    let saved = &args.saved;
    let mut phases = Phases::start();
    let (network, mut settings) = model::network_and_settings(&saved.model, saved.hidden.activation)?;
    let test = saved.data.load()?.test;
    let folder = Folder::check("--to ", &args.to)?;
    let run = settings.get(HISTORY).and_then(|text| History::from_text(text)).map(Record::from);
    if run.is_some() {
        settings.remove(HISTORY);
    }
    phases.lap("loading the network and the images");
    threads::compute(saved.threads.threads, || {
        let scores = evaluate(&network, &test)?;
        model::check_scores(&saved.model, scores)?;
        phases.lap("scoring on the test images");
        let data_flag = saved.data.flag()?;
        let about = About { settings, data_flag, scored_on: "test", run, phases };
        Report::of(&network, &test, scores, about)?.write(&folder, &test)
    })?;
    crate::output::print(&folder.page().display().to_string())
}
