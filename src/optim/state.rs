//! [`State`]: what an optimiser remembers from step to step.

use super::memory::MEMORY;
use super::{Layout, Memory};
use crate::error::settings;
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
        self.check(layout)?;
        self.layout.get_or_insert_with(|| layout.clone());
        self.steps = self.steps.saturating_add(1);
        for (numbers, kept) in self.numbers.iter_mut().zip(kept) {
            numbers.resize(if kept { layout.len() } else { 0 }, A::zero());
        }
        Ok((self.steps, self.numbers.each_mut().map(Vec::as_mut_slice)))
    }

    /// An error unless the next step can be made with this layout.
    pub(super) fn check(&self, layout: &Layout) -> Result<()> {
        match &self.layout {
            Some(own) => own.check_is(
                layout,
                "as in this optimiser's steps before; other parameters need a new optimiser",
            ),
            _ => Ok(()),
        }
    }

    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    pub(super) fn numbers(&self) -> [&[A]; N] {
        self.numbers.each_ref().map(Vec::as_slice)
    }

    /// Adds the number of steps and the numbers that there are, by these names.
    pub(super) fn save(&self, memory: &mut Memory<A>, steps: &str, arrays: [&str; N]) -> Result<()> {
        memory.set_count(steps, self.steps)?;
        arrays.into_iter().zip(self.numbers()).try_for_each(|(name, numbers)| memory.set_array(name, numbers))
    }

    /// What [`save`](Self::save) has added, for these parameters; each array with whether it is kept.
    pub(super) fn restored(
        memory: &Memory<A>,
        layout: &Layout,
        steps: &str,
        arrays: [(&str, bool); N],
    ) -> Result<Self> {
        let steps = memory.count(steps)?;
        for (name, kept) in arrays {
            let (found, expected) =
                (memory.array(name).len(), if kept && steps > 0 { layout.len() } else { 0 });
            if found != expected {
                return Err(Error::Invalid {
                    what: MEMORY,
                    found: format!("one with {found} elements of `{name}` after {steps} steps"),
                    expected: format!("{expected}: one for each parameter, none before the first is needed"),
                });
            }
        }
        let numbers = arrays.map(|(name, _)| memory.array(name).to_vec());
        Ok(Self { layout: (steps > 0).then(|| layout.clone()), steps, numbers })
    }

    /// [`save`](Self::save) for an optimiser with nothing inside: these are all of its names.
    pub(super) fn save_with_rate(&self, memory: &mut Memory<A>, rate: f64, arrays: [&str; N]) -> Result<()> {
        memory.set_number(RATE, rate)?;
        self.save(memory, STEPS, arrays)
    }

    /// What [`save_with_rate`](Self::save_with_rate) has added, where there is nothing else.
    pub(super) fn restored_with_rate(
        memory: &Memory<A>,
        layout: &Layout,
        arrays: [(&str, bool); N],
    ) -> Result<(f64, Self)> {
        let kept = arrays.iter().filter(|(_, kept)| *kept).map(|&(name, _)| name);
        memory.check_names(&[RATE, STEPS].into_iter().chain(kept).collect::<Vec<_>>())?;
        let rate = memory.number(RATE)?;
        settings::not_negative::<A>("the learning rate", rate)?;
        Ok((rate, Self::restored(memory, layout, STEPS, arrays)?))
    }
}

/// The names that every optimiser with nothing inside keeps.
const RATE: &str = "rate";
const STEPS: &str = "steps";
