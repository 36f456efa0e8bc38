//! `blasnet train`: the course's run (exercise 4-2), and what it leaves behind.

use std::ops::ControlFlow;
use std::time::Instant;

use blasnet::data::{Dataset, Mnist};
use blasnet::{Training, blas, parallel};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::args;
use crate::end::End;
use crate::interrupt::Interrupt;
use crate::learner::Learner;
use crate::network::Network;
use crate::progress::Progress;
use crate::target::Target;
use crate::{model, output, threads};

pub fn train(args: &args::Train) -> Result<(), End> {
    let interrupt = Interrupt::listen()?;
    args.check()?;
    let target = args.save.as_deref().map(Target::check).transpose()?;
    let Mnist { train, test } = args.data.load()?;
    let mnist = Mnist { train: train.read_as(args.input.into()), test };
    threads::compute(args.threads.threads, || Run { args, target, interrupt }.run(&mnist))
}

struct Run<'a> {
    args: &'a args::Train,
    target: Option<Target>,
    interrupt: Interrupt,
}

impl Run<'_> {
    fn run(&self, mnist: &Mnist) -> Result<(), End> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.args.seed);
        let mut learner = Learner::new(self.args, mnist.train.images().ncols(), &mut rng)?;
        let mut training = Training::default();
        training.epochs = self.args.epochs;
        training.batch = self.args.batch;
        training.learning_rate = learner.rate;

        let all_steps = training.steps(&mnist.train);
        let progress = Progress::new(all_steps);
        let start = Instant::now();
        // Part of the run, though the first step would do it by itself.
        let input = match learner.network {
            Network::Course(_) => input(&mnist.train),
            Network::Any(_) => "dense".to_owned(),
        };
        let mut end = None;
        let step = |rows: &[usize]| learner.step(&mnist.train, rows);
        let steps = training.run_with(&mnist.train, &mut rng, step, |made| {
            progress.step(made.scores.loss);
            let logged = match made.step % self.args.log_every {
                0 => progress.around(|| {
                    self.print(&output::scores(&format!("Loss {}", made.step), "Acc", made.scores))
                }),
                _ => Ok(()),
            };
            match logged {
                Err(failed) => end = Some(failed),
                Ok(()) if self.interrupt.pressed() => {
                    end = Some(End::Interrupted(format!(
                        "interrupted after {} of {all_steps} steps",
                        made.step + 1
                    )));
                }
                Ok(()) => return ControlFlow::Continue(()),
            }
            ControlFlow::Break(())
        })?;
        let seconds = start.elapsed().as_secs_f64();
        drop(progress);

        if let Some(end) = end {
            return Err(self.save_and_end(&learner, steps, end));
        }
        let test = learner.network.evaluate(&mnist.test)?;
        if !test.loss.is_finite() {
            let learning_rate = training.learning_rate;
            return Err(blasnet::Error::Diverged { step: steps, loss: test.loss, learning_rate }.into());
        }
        let printed = self.print(&output::test_scores(test));
        self.save(&learner, steps)?;
        printed?;
        output::note(&summary(steps, seconds, &input));
        Ok(())
    }

    /// Prints. A reader who leaves ends the run, unless there is a model still to be made.
    fn print(&self, text: &str) -> Result<(), End> {
        match output::print(text) {
            Err(End::NobodyReads) if self.target.is_some() => Ok(()),
            result => result,
        }
    }

    /// Saves what there is, and adds to an interrupt's words what became of it.
    fn save_and_end(&self, learner: &Learner, steps: usize, end: End) -> End {
        let saved = self.save(learner, steps);
        match (end, saved, &self.target) {
            (_, Err(failed), _) => failed,
            (End::Interrupted(line), Ok(()), Some(target)) => {
                End::Interrupted(format!("{line}; saved {target}"))
            }
            (end, Ok(()), _) => end,
        }
    }

    fn save(&self, learner: &Learner, steps: usize) -> Result<(), End> {
        let Some(target) = &self.target else {
            return Ok(());
        };
        let about = [
            ("steps", steps.to_string()),
            ("batch", self.args.batch.to_string()),
            ("optimizer", format!("{:?}", self.args.optimizer).to_lowercase()),
            ("learning_rate", learner.rate.to_string()),
            ("seed", self.args.seed.to_string()),
            ("generator", "Xoshiro256PlusPlus".to_owned()),
        ];
        let bytes = model::to_bytes(&learner.network, model::format(target.name()), about)
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
    let each = 1000.0 * seconds / steps as f64;
    format!(
        "{steps} steps in {seconds:.2} s, {each:.3} ms a step, input: {input}, threads: {threads}, {blas}"
    )
}
