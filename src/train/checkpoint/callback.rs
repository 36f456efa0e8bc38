//! [`Checkpoints`]: keeps a run's checkpoints in a folder.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Checkpoint;
use super::folder::Folder;
use super::format::{self, Problem};
use super::writer::Writer;
use crate::train::{Callback, Network, Run, Step};
use crate::{Error, Float, Optimizer, Result};

/// Keeps a [`Checkpoint`] at the beginning of a run, then every so many steps or minutes, and at its end: see the
/// [module](super).
///
/// While one is being written no other is begun: the next is made at the first step behind it. A checkpoint that
/// cannot be written ends the run, unless [`on_failure`](Self::on_failure) is told of it.
pub struct Checkpoints<A, R> {
    folder: Arc<Folder>,
    writer: Writer<A, R>,
    /// The last one that was written, to be filled again.
    room: Option<Box<Checkpoint<A, R>>>,
    settings: BTreeMap<String, String>,
    every_steps: Option<usize>,
    every: Option<Duration>,
    on_failure: Option<Box<dyn FnMut(Error) + Send>>,
    /// When the last one was made.
    last: Last,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    steps: usize,
    time: Instant,
}

/// What [`Checkpoints::newest`] has found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Newest<A, R> {
    /// The newest checkpoint that is whole.
    pub checkpoint: Checkpoint<A, R>,
    /// Newer ones, if any, which something has happened to.
    pub damaged: Vec<Error>,
}

impl<A: Float, R: Clone + Serialize + DeserializeOwned + Send + 'static> Checkpoints<A, R> {
    /// Takes a folder, which is made if there is none, for one run, and as long as this lives.
    ///
    /// # Errors
    ///
    /// If the folder cannot be made or written, or another run has it.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = Arc::new(Folder::open(folder.as_ref())?);
        let writer = Writer::new(Arc::clone(&folder))?;
        Ok(Self {
            folder,
            writer,
            room: None,
            settings: BTreeMap::new(),
            every_steps: None,
            every: None,
            on_failure: None,
            last: Last { steps: 0, time: Instant::now() },
        })
    }

    /// A checkpoint every so many steps.
    pub fn every_steps(mut self, steps: usize) -> Self {
        self.every_steps = Some(steps.max(1));
        self
    }

    /// A checkpoint whenever so much time has passed. What the run computes does not depend on it.
    pub fn every(mut self, time: Duration) -> Self {
        self.every = Some(time);
        self
    }

    /// Keeps these words, too: what has to be known to build network, optimiser and run again.
    pub fn settings(mut self, settings: BTreeMap<String, String>) -> Self {
        self.settings = settings;
        self
    }

    /// Tells this of a checkpoint that could not be written, because the disk is full as likely as not, and goes on.
    /// The ones at the beginning and at the end of the run are errors of the run all the same.
    pub fn on_failure(mut self, tell: impl FnMut(Error) + Send + 'static) -> Self {
        self.on_failure = Some(Box::new(tell));
        self
    }

    /// Whether there is no checkpoint.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.folder.list()?.is_empty())
    }

    /// The newest checkpoint that is whole; `None` if there is none of any kind.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, all are damaged, or the newest whole one is not for this: of another program or a
    /// newer version of it, or with other types for numbers or generator.
    pub fn newest(&self) -> Result<Option<Newest<A, R>>> {
        let mut damaged = Vec::new();
        for (_, path) in self.folder.list()? {
            let bytes = fs::read(&path).map_err(Error::io("read", &path))?;
            let error = |problem: Problem| Error::Data {
                file: path.display().to_string(),
                problem: problem.into_text(),
            };
            match format::from_bytes(&bytes) {
                Ok(checkpoint) => return Ok(Some(Newest { checkpoint, damaged })),
                Err(problem @ Problem::Damaged(_)) => damaged.push(error(problem)),
                Err(problem @ Problem::Foreign(_)) => return Err(error(problem)),
            }
        }
        match damaged.into_iter().next() {
            Some(newest) => Err(newest),
            None => Ok(None),
        }
    }

    /// Whether it is time for the next one.
    fn is_due(&self, steps: usize) -> bool {
        self.every_steps.is_some_and(|every| steps - self.last.steps >= every)
            || self.every.is_some_and(|every| self.last.time.elapsed() >= every)
    }

    /// Has the state of a run written, unless something is being written.
    fn begin<N: Network<Number = A>, O: Optimizer<A>>(&mut self, run: &Run<'_, N, O, R>) -> Result<()> {
        let checkpoint = match self.room.take() {
            Some(mut room) => {
                room.take(run)?;
                room
            }
            None => Box::new(Checkpoint::of(run, self.settings.clone())?),
        };
        self.writer.write(checkpoint);
        self.last = Last { steps: run.position.steps(), time: Instant::now() };
        Ok(())
    }

    /// What became of the one that was being written, if that is known by now.
    fn end(&mut self, wait: bool) -> Result<()> {
        let Some((room, result)) = self.writer.written(wait) else {
            return Ok(());
        };
        self.room = Some(room);
        result
    }

    /// Tells whoever wants to know of a failure, or else gives it back.
    fn survive(&mut self, result: Result<()>) -> Result<()> {
        match (result, &mut self.on_failure) {
            (Err(error), Some(tell)) => {
                tell(error);
                Ok(())
            }
            (result, _) => result,
        }
    }
}

impl<A, N, O, R> Callback<N, O, R> for Checkpoints<A, R>
where
    A: Float,
    N: Network<Number = A>,
    O: Optimizer<A>,
    R: Clone + Serialize + DeserializeOwned + Send + 'static,
{
    /// Before anything is computed: that the folder is this run's and can be written, and that there is something to
    /// go on from.
    fn on_begin(&mut self, run: &Run<'_, N, O, R>) -> Result<()> {
        let steps = run.position.steps();
        match self.newest()? {
            Some(newest) if newest.checkpoint.steps() != steps => Err(Error::Data {
                file: self.folder.path().display().to_string(),
                problem: format!(
                    "holds a checkpoint of step {}, and this run begins at step {steps}: go on from that, or give \
                     each run a folder of its own",
                    newest.checkpoint.steps()
                ),
            }),
            _ => {
                self.begin(run)?;
                self.end(true)
            }
        }
    }

    fn on_step(&mut self, step: &Step<'_, N, O, R>) -> Result<ControlFlow<()>> {
        let written = self.end(false);
        self.survive(written)?;
        if self.is_due(step.run.position.steps()) && !self.writer.is_busy() {
            self.begin(&step.run)?;
        }
        Ok(ControlFlow::Continue(()))
    }

    fn on_end(&mut self, run: &Run<'_, N, O, R>) -> Result<()> {
        let written = self.end(true);
        let kept = written.is_ok() && self.last.steps == run.position.steps();
        self.survive(written)?;
        if !kept {
            self.begin(run)?;
            self.end(true)?;
        }
        Ok(())
    }
}

impl<A, R> fmt::Debug for Checkpoints<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoints")
            .field("folder", &self.folder)
            .field("every_steps", &self.every_steps)
            .field("every", &self.every)
            .finish_non_exhaustive()
    }
}
