//! `blasnet train`: the course's run (exercise 4-2) or another, and what it leaves behind.

use std::ops::ControlFlow;
use std::time::Instant;

use blasnet::data::{Dataset, Mnist};
use blasnet::train::{EarlyStopping, Trainer};
use blasnet::{Optimizer, blas, evaluate, parallel};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::args;
use crate::end::End;
use crate::interrupt::Interrupt;
use crate::kept::Kept;
use crate::network::Network;
use crate::progress::Progress;
use crate::target::Target;
use crate::{learner, model, output, threads};

pub fn train(args: args::Train) -> Result<(), End> {
    let interrupt = Interrupt::listen()?;
    // Before a folder is made for them.
    args.check()?;
    let kept = args.checkpoint.as_deref().map(|folder| Kept::open(folder, args.resume)).transpose()?;
    let args = match &kept {
        Some(kept) => kept.flags(args)?,
        None => args,
    };
    args.check()?;
    let target = args.save.as_deref().map(Target::check).transpose()?;
    let images = Images::load(&args)?;
    threads::compute(args.threads.threads, || {
        Run { args: &args, target, interrupt, images: &images }.run(kept)
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

struct Run<'a> {
    args: &'a args::Train,
    target: Option<Target>,
    interrupt: Interrupt,
    images: &'a Images,
}

impl Run<'_> {
    fn run(&self, kept: Option<Kept>) -> Result<(), End> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.args.seed);
        match learner::network(self.args, self.images.train.images().ncols(), &mut rng)? {
            Network::Course(network) => self.learn(network, rng, kept, Network::Course, input),
            // It reads no sparse matrix, which takes time to make.
            Network::Any(network) => self.learn(network, rng, kept, Network::Any, |_| "dense".to_owned()),
        }
    }

    fn learn<N: blasnet::train::Network<Number = f32>>(
        &self,
        mut network: N,
        mut rng: Xoshiro256PlusPlus,
        kept: Option<Kept>,
        wrap: impl Fn(N) -> Network,
        input: impl FnOnce(&Dataset) -> String,
    ) -> Result<(), End> {
        let Images { train, held_out, test } = self.images;
        let all_steps = learner::steps(self.args, train);
        let mut optimizer = learner::optimizer(self.args, all_steps);
        let (checkpoints, newest) = kept.map(|kept| kept.begin(self.args, train)).transpose()?.unzip();
        let newest = newest.flatten();
        let position = newest.map(|newest| newest.restore(&mut network, &mut optimizer)).transpose()?;
        let first = position.as_ref().map_or(0, |position| position.steps());

        let progress = Progress::new(all_steps);
        let start = Instant::now();
        // Part of the run, though the first step would do it by itself.
        let input = input(train);
        let (mut end, mut made) = (None, first);
        let mut trainer = Trainer::new(&mut network, &mut optimizer, train)
            .epochs(self.args.epochs)
            .batch(self.args.batch)
            .order(self.args.order.into())
            .resume(position)
            .on_step(|step| {
                made = step.number + 1;
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
        if let Some(held_out) = held_out {
            trainer = trainer.validate(held_out);
        }
        if let Some(patience) = self.args.patience {
            trainer = trainer.callback(EarlyStopping::new(patience));
        }
        if let Some(checkpoints) = checkpoints {
            trainer = trainer.callback(checkpoints);
        }
        let outcome = match trainer.run(&mut rng) {
            Ok(outcome) => outcome,
            // The last checkpoint cannot be written: that costs no one the network.
            Err(error @ blasnet::Error::Io { .. }) if made > first => {
                return Err(self.save_and_end(&wrap(network), made, End::on_the_way(error)));
            }
            Err(error) => return Err(End::on_the_way(error)),
        };
        let seconds = start.elapsed().as_secs_f64();
        drop(progress);

        let steps = outcome.position.steps();
        let scored = held_out.as_ref().unwrap_or(test);
        if let Some(end) = end {
            return Err(self.save_and_end(&wrap(network), steps, end));
        }
        let scores = evaluate(&network, scored)?;
        if !scores.loss.is_finite() {
            let learning_rate = optimizer.learning_rate();
            return Err(blasnet::Error::Diverged { step: steps, loss: scores.loss, learning_rate }.into());
        }
        let printed = self.print(&match held_out {
            None => output::test_scores(scores),
            Some(_) => output::held_out_scores(scores),
        });
        self.save(&wrap(network), steps)?;
        printed?;
        output::note(&summary(steps - first, seconds, &input));
        Ok(())
    }

    /// Prints. A reader who leaves ends the run, unless there is something still to be made.
    fn print(&self, text: &str) -> Result<(), End> {
        match output::print(text) {
            Err(End::NobodyReads) if self.target.is_some() || self.args.checkpoint.is_some() => Ok(()),
            result => result,
        }
    }

    /// Saves what there is, and adds to an interrupt's words what became of it.
    fn save_and_end(&self, network: &Network, steps: usize, end: End) -> End {
        let saved = self.save(network, steps);
        let mut after = String::new();
        if let Some(target) = &self.target {
            after += &format!("; saved {target}");
        }
        if self.args.checkpoint.is_some() {
            after += "; --resume goes on from here";
        }
        match (end, saved) {
            (_, Err(failed)) => failed,
            (End::Interrupted(line), Ok(())) => End::Interrupted(line + &after),
            (end, Ok(())) => end,
        }
    }

    fn save(&self, network: &Network, steps: usize) -> Result<(), End> {
        let Some(target) = &self.target else {
            return Ok(());
        };
        let mut about = self.args.settings();
        about.insert("steps".into(), steps.to_string());
        about.insert("generator".into(), "Xoshiro256PlusPlus".into());
        let bytes = model::to_bytes(network, model::format(target.name()), about)
            .map_err(|problem| End::Failed(format!("{target} was not saved: {problem}")))?;
        target.write(&bytes)
    }
}

/// How the images are read, which is made ready here.
fn input(images: &Dataset) -> String {
    match images.sparse() {
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
