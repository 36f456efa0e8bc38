//! [`Forms`]: a network's parameters in the form that was used last.

use std::sync::OnceLock;

use super::blocks::Blocks;
use crate::Float;
use crate::nn::weights::Weights;

/// The parameters layer by layer, for dense input and for whoever reads them; as blocks, for sparse input; or as both.
///
/// At least one form is there. Reading the other makes it of that; changing one forgets the other. A run on
/// input of one kind thus converts once, at its beginning, and once more when its results are read.
#[derive(Debug, Clone)]
pub(super) struct Forms<A> {
    weights: OnceLock<Weights<A>>,
    blocks: OnceLock<Blocks<A>>,
}

impl<A> From<Weights<A>> for Forms<A> {
    fn from(weights: Weights<A>) -> Self {
        Self { weights: OnceLock::from(weights), blocks: OnceLock::new() }
    }
}

const ONE_IS_THERE: &str = "one of the forms is there at any time";

impl<A: Float> Forms<A> {
    pub(super) fn weights(&self) -> &Weights<A> {
        self.weights.get_or_init(|| self.blocks.get().expect(ONE_IS_THERE).to_weights())
    }

    pub(super) fn blocks(&self) -> &Blocks<A> {
        self.blocks.get_or_init(|| Blocks::of(self.weights.get().expect(ONE_IS_THERE)))
    }

    /// To be changed: the blocks are forgotten.
    pub(super) fn weights_mut(&mut self) -> &mut Weights<A> {
        self.weights();
        self.blocks.take();
        self.weights.get_mut().expect(ONE_IS_THERE)
    }

    /// To be changed: the layers are forgotten.
    pub(super) fn blocks_mut(&mut self) -> &mut Blocks<A> {
        self.blocks();
        self.weights.take();
        self.blocks.get_mut().expect(ONE_IS_THERE)
    }

    pub(super) fn into_weights(mut self) -> Weights<A> {
        self.weights();
        self.weights.take().expect(ONE_IS_THERE)
    }

    /// The sizes, `[in, hidden, out]`, from whichever form is there.
    pub(super) fn sizes(&self) -> [usize; 3] {
        match self.weights.get() {
            Some(weights) => weights.sizes().try_into().expect("two layers"),
            None => self.blocks.get().expect(ONE_IS_THERE).sizes(),
        }
    }
}
