//! `blasnet train`: the course's run (exercise 4-2) or another, and what it leaves behind.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Instant;

use blasnet::data::{Dataset, Mnist};
use blasnet::train::{EarlyStopping, steps_per_epoch};
use blasnet::{Mlp, Optimizer, Scores, blas, evaluate, parallel};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::args;
use crate::end::{End, told};
use crate::interrupt::Interrupt;
use crate::kept::Kept;
use crate::progress::Progress;
use crate::report::{self, About, Folder, Phases, Record, Recorder, Report};
use crate::target::Target;
use crate::{learner, model, output, threads};

pub fn train(args: args::Train) -> Result<(), End> {
    let interrupt = Interrupt::listen()?;
    let kept = args.checkpoint.as_deref().map(|folder| Kept::open(folder, args.resume)).transpose()?;
    let args = match &kept {
        Some(kept) => kept.flags(args)?,
        None => args,
    };
    let target = args.save.as_deref().map(Target::check).transpose()?;
    let folder = args.report.as_deref().map(|folder| Folder::check("--report ", folder)).transpose()?;
    let mut phases = Phases::start();
    let images = Images::load(&args)?;
    phases.lap("loading the images");
    threads::compute(args.threads.threads, || {
        Run { args: &args, target, folder, interrupt, images: &images }.run(kept, phases)
    })
}

/// What is trained on, and what the network is scored on at the end.
struct Images {
    train: Dataset,
    /// Also behind each epoch.
    held_out: Option<Dataset>,
    test: Dataset,
}

impl Images {
    fn load(args: &args::Train) -> Result<Self, End> {
        let Mnist { train, test } = args.data.load()?;
        let (train, held_out) = match args.hold_out {
            None => (train, None),
            Some(count) if count < train.len() => {
                let (train, held_out) = train.split_at(train.len() - count)?;
                (train, Some(held_out))
            }
            Some(count) => {
                let problem = format!("expected fewer than the {} images to train on", train.len());
                return Err(End::unusable(format_args!("--hold-out {count}"), problem));
            }
        };
        Ok(Self { train: train.read_as(args.input.into()), held_out, test })
    }
}

impl Images {
    /// What the network is scored on at the end.
    fn scored(&self) -> &Dataset {
        self.held_out.as_ref().unwrap_or(&self.test)
    }

    fn scored_name(&self) -> &'static str {
        if self.held_out.is_some() { "held-out" } else { "test" }
    }
}

struct Run<'a> {
    args: &'a args::Train,
    target: Option<Target>,
    /// Of the report.
    folder: Option<Folder>,
    interrupt: Interrupt,
    images: &'a Images,
}

/// What is left of a run beside its network.
struct Made {
    interrupted: bool,
    record: Record,
    phases: Phases,
}

impl Made {
    /// Those before a resumed run's too.
    fn steps(&self) -> usize {
        self.record.history.steps
    }
}

impl Run<'_> {
    fn run(&self, kept: Option<Kept>, mut phases: Phases) -> Result<(), End> {
        let Images { train, held_out, .. } = self.images;
        let scored = self.images.scored();
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.args.seed);
        let mut network = learner::network(self.args, train.images().ncols(), &mut rng)?;
        let all_steps = learner::steps(self.args, train);
        let mut optimizer = learner::optimizer(self.args, all_steps);
        let (checkpoints, newest) = kept.map(|kept| kept.begin(self.args, train)).transpose()?.unzip();
        let newest = newest.flatten();
        let position = newest.map(|newest| newest.restore(&mut network, &mut optimizer)).transpose()?;
        let first = position.as_ref().map_or(0, |position| position.steps());

        let progress = Progress::new(all_steps);
        let start = Instant::now();
        // Part of the run, though the first step would do it by itself.
        let input = input(&network, train);
        phases.lap("making the network and its input ready");
        let mut recorder =
            Recorder::new(all_steps, steps_per_epoch(train, self.args.batch), self.images.scored_name());
        let mut end = None;
        let mut trainer = learner::trainer(self.args, &mut network, &mut optimizer, train)
            .resume(position)
            .callback(&mut recorder)
            .on_step(|step| {
                let made = step.number + 1;
                progress.step(made, step.scores);
                let logged = match step.number % self.args.log_every {
                    0 => progress.around(|| {
                        self.print(&output::scores(&format!("Loss {}", step.number), "Acc", step.scores))
                    }),
                    _ => Ok(()),
                };
                match logged {
                    Err(failed) => end = Some(failed),
                    Ok(()) if self.interrupt.pressed() => {
                        end =
                            Some(End::Interrupted(format!("interrupted after {made} of {all_steps} steps")));
                    }
                    Ok(()) => return ControlFlow::Continue(()),
                }
                ControlFlow::Break(())
            });
        if held_out.is_some() || self.folder.is_some() {
            trainer = trainer.validate(scored);
        }
        if let Some(patience) = self.args.patience {
            trainer = trainer.callback(EarlyStopping::new(patience));
        }
        if let Some(checkpoints) = checkpoints {
            trainer = trainer.callback(checkpoints);
        }
        let result = trainer.run(&mut rng);
        let seconds = start.elapsed().as_secs_f64();
        drop(progress);

        let record = recorder.finish(&mut phases);
        let mut made = Made { interrupted: end.is_some(), record, phases };
        let end = match (result, end) {
            (Ok(_), None) => {
                let rate = optimizer.learning_rate();
                return self.conclude(&network, made, rate, |steps| summary(steps - first, seconds, &input));
            }
            (Ok(_), Some(end)) => end,
            // The last checkpoint cannot be written: that costs no one the network.
            (Err(error @ blasnet::Error::Io { .. }), _) if made.steps() > first => {
                made.interrupted = true;
                End::on_the_way(error)
            }
            (Err(error), _) => return Err(End::on_the_way(error)),
        };
        Err(self.save_and_end(&network, made, end))
    }

    /// What comes behind a run that came to its end.
    fn conclude(
        &self,
        network: &Mlp<f32>,
        mut made: Made,
        learning_rate: f64,
        summary: impl FnOnce(usize) -> String,
    ) -> Result<(), End> {
        let (step, scores) = (made.steps(), evaluate(network, self.images.scored())?);
        if !scores.loss.is_finite() {
            return Err(blasnet::Error::Diverged { step, loss: scores.loss, learning_rate }.into());
        }
        made.phases.lap("scoring at the end");
        let printed = self.print(&match self.images.held_out {
            None => output::test_scores(scores),
            Some(_) => output::held_out_scores(scores),
        });
        self.save(network, &made)?;
        printed?;
        output::note(&summary(step));
        if let Some(page) = self.report(network, made, scores)? {
            output::note(&format!("report: {page}"));
        }
        Ok(())
    }

    /// Prints. A reader who leaves ends the run, unless there is something still to be made.
    fn print(&self, text: &str) -> Result<(), End> {
        let kept = self.target.is_some() || self.folder.is_some() || self.args.checkpoint.is_some();
        match output::print(text) {
            Err(End::NobodyReads) if kept => Ok(()),
            result => result,
        }
    }

    /// Saves what there is, reports on it, and adds to an interrupt's words what became of it.
    fn save_and_end(&self, network: &Mlp<f32>, made: Made, end: End) -> End {
        let saved = self.save(network, &made);
        let mut after = String::new();
        if let Some(target) = &self.target {
            after += &format!("; saved {target}");
        }
        if self.args.checkpoint.is_some() {
            after += "; --resume goes on from here";
        }
        let reported = match &self.folder {
            Some(_) => evaluate(network, self.images.scored())
                .map_err(End::from)
                .and_then(|scores| self.report(network, made, scores)),
            None => Ok(None),
        };
        if let Ok(Some(page)) = &reported {
            after += &format!("; report: {page}");
        }
        match (end, saved.and(reported.map(drop))) {
            (_, Err(failed)) => failed,
            (End::Interrupted(line), Ok(())) => End::Interrupted(line + &after),
            (end, Ok(())) => end,
        }
    }

    /// Gives the page's name, if there is to be a report.
    fn report(&self, network: &Mlp<f32>, made: Made, scores: Scores) -> Result<Option<String>, End> {
        let Some(folder) = &self.folder else {
            return Ok(None);
        };
        let settings = self.settings(&made);
        let Made { record, mut phases, .. } = made;
        phases.skip();
        let scored_on = self.images.scored_name();
        let about =
            About { settings, data_flag: self.args.data.flag()?, scored_on, run: Some(record), phases };
        let scored = self.images.scored();
        Report::of(network, scored, scores, about)?.write(folder, scored)?;
        Ok(Some(folder.page().display().to_string()))
    }

    /// How the network was made.
    fn settings(&self, made: &Made) -> BTreeMap<String, String> {
        let mut settings = self.args.settings();
        settings.insert("steps".into(), made.steps().to_string());
        settings.insert("generator".into(), "Xoshiro256PlusPlus".into());
        if made.interrupted {
            settings.insert(report::INTERRUPTED.into(), "yes".into());
        }
        settings
    }

    fn save(&self, network: &Mlp<f32>, made: &Made) -> Result<(), End> {
        let Some(target) = &self.target else {
            return Ok(());
        };
        let mut about = self.settings(made);
        about.insert(report::HISTORY.into(), made.record.history.to_text());
        let bytes = model::to_bytes(network, model::format(target.name()), about)
            .map_err(|error| End::Failed(format!("{target} was not saved: {}", told(&error))))?;
        target.write(&bytes)
    }
}

/// How the network reads the images, which are made ready for it here.
fn input(network: &Mlp<f32>, images: &Dataset) -> String {
    match images.sparse_for(network.sizes()[1]) {
        Some(pixels) => format!("sparse, {:.1} % of the pixels", 100.0 * pixels.density()),
        None => "dense".to_owned(),
    }
}

/// The last line on standard error.
fn summary(steps: usize, seconds: f64, input: &str) -> String {
    let (threads, blas) = (parallel::threads(), blas::name());
    let each = 1000.0 * seconds / steps.max(1) as f64;
    format!(
        "{steps} steps in {seconds:.2} s, {each:.3} ms a step, input: {input}, threads: {threads}, {blas}"
    )
}
