//! [`Writer`]: the thread that brings checkpoints to the disk while training goes on.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use serde::Serialize;

use super::Checkpoint;
use super::folder::Folder;
use crate::{Error, Float, Result};

/// A checkpoint that has been written, or not, and can be filled again.
type Written<A, R> = (Box<Checkpoint<A, R>>, Result<()>);

/// Writes one checkpoint at a time.
#[derive(Debug)]
pub(super) struct Writer<A, R> {
    /// Dropped to end the thread.
    send: Option<Sender<Box<Checkpoint<A, R>>>>,
    receive: Receiver<Written<A, R>>,
    thread: Option<JoinHandle<()>>,
    busy: bool,
}

impl<A: Float, R: Serialize + Send + 'static> Writer<A, R> {
    pub(super) fn new(folder: Arc<Folder>) -> Result<Self> {
        let (send, to_write) = channel::<Box<Checkpoint<A, R>>>();
        let (written, receive) = channel();
        let work = move || {
            for checkpoint in to_write {
                let result = write(&folder, &checkpoint);
                // Without a receiver nobody wants to know.
                let _ = written.send((checkpoint, result));
            }
        };
        let thread = thread::Builder::new().name("blasnet-checkpoint".into()).spawn(work);
        let thread = thread.map_err(|source| Error::Thread { work: "checkpoints", source })?;
        Ok(Self { send: Some(send), receive, thread: Some(thread), busy: false })
    }

    /// Has this written. Not while another is.
    pub(super) fn write(&mut self, checkpoint: Box<Checkpoint<A, R>>) {
        debug_assert!(!self.busy, "one at a time");
        let send = self.send.as_ref().expect("open until this is dropped");
        send.send(checkpoint).expect("the thread lives as long as this");
        self.busy = true;
    }

    pub(super) const fn is_busy(&self) -> bool {
        self.busy
    }

    /// What was written last, once it is; with `wait`, not before.
    pub(super) fn written(&mut self, wait: bool) -> Option<Written<A, R>> {
        if !self.busy {
            return None;
        }
        let written = match wait {
            true => Some(self.receive.recv().expect("the thread lives as long as this")),
            false => self.receive.try_recv().ok(),
        };
        self.busy = written.is_none();
        written
    }
}

fn write<A: Float, R: Serialize>(folder: &Folder, checkpoint: &Checkpoint<A, R>) -> Result<()> {
    folder.keep(checkpoint.steps(), &checkpoint.to_bytes()?)
}

/// Waits for what is being written.
impl<A, R> Drop for Writer<A, R> {
    fn drop(&mut self) {
        self.send.take();
        if let Some(thread) = self.thread.take() {
            // It has said what there was to say.
            let _ = thread.join();
        }
    }
}
