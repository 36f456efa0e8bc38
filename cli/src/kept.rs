//! [`Kept`]: the folder of `--checkpoint`, and what a resumed run begins with.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use blasnet::checkpoint::{Checkpoint, Checkpoints};
use blasnet::data::Dataset;
use blasnet::{blas, parallel};
use rand::rngs::Xoshiro256PlusPlus;

use crate::args;
use crate::end::{End, told};
use crate::output::note;

/// What is written in a checkpoint's settings beside the flags: of what the run was made, so that it is noticed where
/// the rest would be of something else.
const TRAINING_DATA: &str = "training-data";
const BLAS: &str = "blas";
const THREADS: &str = "threads";

/// As this program trains.
type Keeper = Checkpoints<f32, Xoshiro256PlusPlus>;
type State = Checkpoint<f32, Xoshiro256PlusPlus>;

/// A folder that this run alone writes to.
#[derive(Debug)]
pub struct Kept {
    name: String,
    checkpoints: Keeper,
    /// Where the run goes on.
    newest: Option<State>,
}

impl Kept {
    /// Takes the folder for a run, and finds where that goes on if it is to.
    pub fn open(folder: &Path, resume: bool) -> Result<Self, End> {
        let name = format!("--checkpoint {}", folder.display());
        if resume && !folder.exists() {
            return Err(End::unusable(name, "there is no such folder; leave out --resume to begin a run"));
        }
        let checkpoints = Checkpoints::open(folder)?;
        let newest = match resume {
            true => checkpoints.newest()?,
            false => None,
        };
        match &newest {
            Some(newest) => {
                for damaged in &newest.damaged {
                    let steps = newest.checkpoint.steps();
                    let damaged = told(damaged);
                    note(&format!("warning: {damaged}; going on from the one before it, of step {steps}"));
                }
            }
            None if resume => {
                let problem = "holds no checkpoint; leave out --resume to begin a run";
                return Err(End::unusable(name, problem));
            }
            None if !checkpoints.is_empty()? => {
                let problem =
                    "holds checkpoints of another run: go on with that by --resume, or name a new folder";
                return Err(End::unusable(name, problem));
            }
            None => {}
        }
        Ok(Self { name, checkpoints, newest: newest.map(|newest| newest.checkpoint) })
    }

    /// The flags that the run began with; those of this process have the last word, but may not differ.
    pub fn flags(&self, args: args::Train) -> Result<args::Train, End> {
        let Some(newest) = &self.newest else {
            return Ok(args);
        };
        let is_flag = |name: &str| ![TRAINING_DATA, BLAS].contains(&name);
        let flags = newest.settings().iter().filter(|(name, _)| is_flag(name));
        let args = args.behind(flags.flat_map(|(name, value)| [format!("--{name}").into(), value.into()]))?;
        for (name, now) in args.settings() {
            match newest.settings().get(&name) {
                Some(then) if *then == now => {}
                then => {
                    let then = then.map_or("without it".into(), |then| format!("with {then}"));
                    let problem = format!("the run began {then}; leave it out, or begin another run");
                    return Err(End::unusable(format!("--{name} {now}"), problem));
                }
            }
        }
        Ok(args)
    }

    /// Gives what a [`Trainer`](blasnet::Trainer) needs, now that it is known what is computed, and with what.
    pub fn begin(self, args: &args::Train, data: &Dataset) -> Result<(Keeper, Option<State>), End> {
        let mut settings = args.settings();
        settings.extend(args.data.folder()?.map(|folder| ("data".to_owned(), folder)));
        let now = BTreeMap::from([
            (TRAINING_DATA.to_owned(), format!("crc32 {:08x}", checksum(data))),
            (THREADS.to_owned(), parallel::threads().to_string()),
            (BLAS.to_owned(), blas::name()),
        ]);
        if let Some(newest) = &self.newest {
            let then = |name: &str| newest.settings().get(name).map_or("unknown", String::as_str);
            let differs =
                |name: &str| (then(name) != now[name]).then(|| (then(name).to_owned(), now[name].clone()));
            if let Some((then, now)) = differs(TRAINING_DATA) {
                let problem =
                    format!("its run was on other data ({then}, this is {now}): name that with --data");
                return Err(End::unusable(self.name, problem));
            }
            for name in [THREADS, BLAS] {
                if let Some((then, now)) = differs(name) {
                    note(&format!(
                        "warning: {name}: {now}, and {then} before; rounding may differ from here on"
                    ));
                }
            }
        }
        settings.extend(now);
        let tell = |error| {
            let problem = told(&error);
            note(&format!("warning: {problem}; the run goes on, the checkpoint before is untouched"));
        };
        let mut checkpoints = self.checkpoints.settings(settings).on_failure(tell);
        if let Some(steps) = args.checkpoint_every {
            checkpoints = checkpoints.every_steps(steps);
        }
        if let Some(minutes) = args.checkpoint_minutes.or(args.checkpoint_every.is_none().then_some(1.0)) {
            // More than there is room for is never.
            let time = Duration::try_from_secs_f64(60.0 * minutes).unwrap_or(Duration::MAX);
            checkpoints = checkpoints.every(time);
        }
        Ok((checkpoints, self.newest))
    }
}

/// Of pixels and labels.
fn checksum(data: &Dataset) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(data.images().as_slice().expect("a data set's pixels are in standard layout"));
    hasher.update(data.labels());
    hasher.finalize()
}
