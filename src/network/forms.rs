//! [`Forms`]: a network's parameters in the form that was used last.

use std::sync::OnceLock;

use super::Nodes;
use super::blocks::Blocks;
use crate::Float;

/// The parameters as nodes, for dense input and for whoever reads them; as blocks, for sparse input; or as both.
///
/// At least one form is there. Reading the other makes it of that; changing one forgets the other. A run on
/// input of one kind thus converts once, at its beginning, and once more when its results are read.
#[derive(Debug, Clone)]
pub(super) struct Forms<A> {
    nodes: OnceLock<Nodes<A>>,
    blocks: OnceLock<Blocks<A>>,
}

impl<A> From<Nodes<A>> for Forms<A> {
    fn from(nodes: Nodes<A>) -> Self {
        Self { nodes: OnceLock::from(nodes), blocks: OnceLock::new() }
    }
}

const ONE_IS_THERE: &str = "one of the forms is there at any time";

impl<A: Float> Forms<A> {
    pub(super) fn nodes(&self) -> &Nodes<A> {
        self.nodes.get_or_init(|| self.blocks.get().expect(ONE_IS_THERE).to_nodes())
    }

    pub(super) fn blocks(&self) -> &Blocks<A> {
        self.blocks.get_or_init(|| Blocks::of(self.nodes.get().expect(ONE_IS_THERE)))
    }

    /// To be changed: the blocks are forgotten.
    pub(super) fn nodes_mut(&mut self) -> &mut Nodes<A> {
        self.nodes();
        self.blocks.take();
        self.nodes.get_mut().expect(ONE_IS_THERE)
    }

    /// To be changed: the nodes are forgotten.
    pub(super) fn blocks_mut(&mut self) -> &mut Blocks<A> {
        self.blocks();
        self.nodes.take();
        self.blocks.get_mut().expect(ONE_IS_THERE)
    }

    pub(super) fn into_nodes(mut self) -> Nodes<A> {
        self.nodes();
        self.nodes.take().expect(ONE_IS_THERE)
    }

    /// The sizes, `[in, hidden, out]`, from whichever form is there.
    pub(super) fn sizes(&self) -> [usize; 3] {
        match self.nodes.get() {
            Some([first, second]) => [first.w().nrows(), second.w().nrows(), second.w().ncols()],
            None => self.blocks.get().expect(ONE_IS_THERE).sizes(),
        }
    }
}
