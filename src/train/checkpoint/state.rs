//! [`Checkpoint`]: a run between two steps.

use std::collections::BTreeMap;

use crate::ops::dropout::Masks;
use crate::train::{Network, Position, Run};
use crate::{Float, Layout, Memory, Optimizer, Result};

/// All that the rest of a run depends on, but for its data, and settings of whoever made it.
#[derive(Debug, Clone)]
pub struct Checkpoint<A, R> {
    pub(super) settings: BTreeMap<String, String>,
    pub(super) layout: Layout,
    /// The parameters.
    pub(super) values: Vec<A>,
    pub(super) masks: Masks,
    pub(super) memory: Memory<A>,
    pub(super) position: Position<R>,
}

impl<A: Float, R: Clone> Checkpoint<A, R> {
    /// The state of a run.
    pub(super) fn of<N: Network<Number = A>, O: Optimizer<A>>(
        run: &Run<'_, N, O, R>,
        settings: BTreeMap<String, String>,
    ) -> Result<Self> {
        let mut checkpoint = Self {
            settings,
            layout: run.network.layout().clone(),
            values: Vec::new(),
            masks: run.network.dropout_masks(),
            memory: Memory::default(),
            position: run.position.clone(),
        };
        checkpoint.take(run)?;
        Ok(checkpoint)
    }

    /// Makes this the state of a run, in the room that it has: of the run that it was the state of before.
    pub(super) fn take<N: Network<Number = A>, O: Optimizer<A>>(
        &mut self,
        run: &Run<'_, N, O, R>,
    ) -> Result<()> {
        self.values.clear();
        self.values.extend_from_slice(run.network.values());
        self.masks = run.network.dropout_masks();
        self.memory.clear();
        run.optimizer.save(&mut self.memory)?;
        self.position.clone_from(run.position);
        Ok(())
    }

    /// Makes a network and an optimiser that were built alike what they were, and gives the position to
    /// [resume](crate::train::Trainer::resume) from.
    ///
    /// # Errors
    ///
    /// If the network has other parameters, the optimiser is another, or a parameter was not finite any more; nothing
    /// is changed then.
    pub fn restore<N: Network<Number = A>, O: Optimizer<A>>(
        self,
        network: &mut N,
        optimizer: &mut O,
    ) -> Result<Position<R>> {
        self.layout
            .check_is(network.layout(), "as in the checkpoint; build the network that the run began with")?;
        // Aside, as the optimiser may refuse.
        let mut restored = network.clone();
        restored.set_values(&self.values)?;
        restored.set_dropout_masks(self.masks);
        optimizer.restore(&self.memory, &self.layout)?;
        *network = restored;
        Ok(self.position)
    }
}

impl<A, R> Checkpoint<A, R> {
    /// Steps that were made.
    pub const fn steps(&self) -> usize {
        self.position.steps()
    }

    /// Where the run was.
    pub const fn position(&self) -> &Position<R> {
        &self.position
    }

    /// What [`Checkpoints::settings`](super::Checkpoints::settings) was given.
    pub const fn settings(&self) -> &BTreeMap<String, String> {
        &self.settings
    }
}
