//! [`State`]: what an optimiser remembers from step to step.

use super::Layout;
use crate::{Error, Float, Result};

/// Up to `N` numbers of each parameter, which parameters these are, and how many steps were made.
#[derive(Debug, Clone)]
pub(super) struct State<A, const N: usize> {
    layout: Option<Layout>,
    steps: u64,
    numbers: [Vec<A>; N],
}

impl<A, const N: usize> State<A, N> {
    pub(super) const fn new() -> Self {
        Self { layout: None, steps: 0, numbers: [const { Vec::new() }; N] }
    }
}

impl<A: Float, const N: usize> State<A, N> {
    /// Counts one more step and gives its number, from 1, with the numbers that are `kept`: as the last step left
    /// them, or 0. Those that are not kept are empty.
    ///
    /// # Errors
    ///
    /// If the layout is not that of the steps before.
    pub(super) fn next_step(&mut self, layout: &Layout, kept: [bool; N]) -> Result<(u64, [&mut [A]; N])> {
        match &self.layout {
            Some(own) if own != layout => return Err(other_layout(own, layout)),
            Some(_) => {}
            None => self.layout = Some(layout.clone()),
        }
        self.steps += 1;
        for (numbers, kept) in self.numbers.iter_mut().zip(kept) {
            numbers.resize(if kept { layout.len() } else { 0 }, A::zero());
        }
        Ok((self.steps, self.numbers.each_mut().map(Vec::as_mut_slice)))
    }
}

/// Names the first array in which `found` is not an optimiser's `own` layout.
fn other_layout(own: &Layout, found: &Layout) -> Error {
    let (mut own, mut found) = (own.arrays(), found.arrays());
    let (own, found) = loop {
        match (own.next(), found.next()) {
            (own, found) if own == found && own.is_some() => {}
            differ => break differ,
        }
    };
    let describe = |array: Option<(&str, &[usize], _)>, none: &str| match array {
        Some((name, shape, _)) => format!("`{name}` of shape {shape:?}"),
        None => none.into(),
    };
    Error::Invalid {
        what: "the first array that differs",
        found: describe(found, "missing"),
        expected: format!(
            "{}, as in this optimiser's steps before; other parameters need a new optimiser",
            describe(own, "none")
        ),
    }
}
