//! [`Memory`]: what an optimiser remembers, outside of it.

use std::collections::BTreeMap;

use crate::{Error, Float, Result};

/// What an optimiser remembers from step to step, by name: counts such as the `steps` made, numbers such as the
/// learning `rate`, and arrays of a number for each parameter, such as Adam's `first` and `second`.
///
/// [`Optimizer::save`](super::Optimizer::save) fills it, and [`Optimizer::restore`](super::Optimizer::restore) gives
/// it back to an optimiser that was built alike, which then goes on bit for bit. Between the two it may go to a file:
/// all that is in it can be listed, and set again.
///
/// A name is there once, of whatever kind. An optimiser around another has a word and a dot in front of its own
/// names, such as `schedule.steps`, so that they are none of those inside.
///
/// ```
/// use blasnet::{Adam, Layout, Memory, Optimizer};
///
/// let layout = Layout::new([("w", vec![2])]);
/// let (mut w, mut adam) = ([1.0_f64, 2.0], Adam::new(0.1));
/// adam.step(&mut w, &mut [1.0, 0.0], &layout)?;
/// let mut memory = Memory::<f64>::default();
/// adam.save(&mut memory)?;
/// assert_eq!(memory.count("steps")?, 1);
/// assert_eq!(memory.arrays().map(|(name, _)| name).collect::<Vec<_>>(), ["first", "second"]);
///
/// let (mut resumed_w, mut resumed) = (w, Adam::new(0.1));
/// resumed.restore(&memory, &layout)?;
/// resumed.step(&mut resumed_w, &mut [0.5, 0.5], &layout)?;
/// adam.step(&mut w, &mut [0.5, 0.5], &layout)?;
/// assert_eq!(resumed_w, w);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Memory<A> {
    counts: BTreeMap<String, u64>,
    numbers: BTreeMap<String, f64>,
    /// One without elements is as good as none: room from before [`clear`](Memory::clear).
    arrays: BTreeMap<String, Vec<A>>,
}

impl<A> Default for Memory<A> {
    fn default() -> Self {
        Self { counts: BTreeMap::new(), numbers: BTreeMap::new(), arrays: BTreeMap::new() }
    }
}

impl<A: Float> Memory<A> {
    /// Forgets everything, but keeps the room of the arrays: filled again by the same optimiser, it allocates none.
    pub fn clear(&mut self) {
        self.counts.clear();
        self.numbers.clear();
        self.arrays.values_mut().for_each(Vec::clear);
    }

    /// The count of this name.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn count(&self, name: &str) -> Result<u64> {
        self.counts.get(name).copied().ok_or_else(|| without("count", name))
    }

    /// The number of this name, which is finite.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn number(&self, name: &str) -> Result<f64> {
        self.numbers.get(name).copied().ok_or_else(|| without("number", name))
    }

    /// The array of this name; empty if there is none.
    pub fn array(&self, name: &str) -> &[A] {
        self.arrays.get(name).map_or(&[], Vec::as_slice)
    }

    /// All counts, by their names' order.
    pub fn counts(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts.iter().map(|(name, &count)| (&**name, count))
    }

    /// All numbers, by their names' order.
    pub fn numbers(&self) -> impl Iterator<Item = (&str, f64)> {
        self.numbers.iter().map(|(name, &number)| (&**name, number))
    }

    /// All arrays that have elements, by their names' order.
    pub fn arrays(&self) -> impl Iterator<Item = (&str, &[A])> {
        let arrays = self.arrays.iter().map(|(name, array)| (&**name, &**array));
        arrays.filter(|(_, array)| !array.is_empty())
    }

    /// Adds a count.
    ///
    /// # Errors
    ///
    /// If the name is there already.
    pub fn set_count(&mut self, name: &str, count: u64) -> Result<()> {
        self.check_new(name)?;
        self.counts.insert(name.into(), count);
        Ok(())
    }

    /// Adds a number.
    ///
    /// # Errors
    ///
    /// If the name is there already, or the number is NaN or infinite.
    pub fn set_number(&mut self, name: &str, number: f64) -> Result<()> {
        self.check_new(name)?;
        if !number.is_finite() {
            let what = format!("`{name}`");
            return Err(Error::NotFinite { op: "Memory::set_number", what, found: number });
        }
        self.numbers.insert(name.into(), number);
        Ok(())
    }

    /// Adds a copy of an array, to be found under this name unless it is empty.
    ///
    /// # Errors
    ///
    /// If the name is there already.
    pub fn set_array(&mut self, name: &str, array: &[A]) -> Result<()> {
        self.check_new(name)?;
        match self.arrays.get_mut(name) {
            Some(room) => room.extend_from_slice(array),
            None => drop(self.arrays.insert(name.into(), array.to_vec())),
        }
        Ok(())
    }

    /// A copy of all but these names: what an optimiser around another hands on to that one's `restore`.
    pub fn without(&self, names: &[&str]) -> Self {
        let other = |name: &str| !names.contains(&name);
        Self {
            counts: self.counts().filter(|(name, _)| other(name)).map(|(name, x)| (name.into(), x)).collect(),
            numbers: self
                .numbers()
                .filter(|(name, _)| other(name))
                .map(|(name, x)| (name.into(), x))
                .collect(),
            arrays: self
                .arrays()
                .filter(|(name, _)| other(name))
                .map(|(name, x)| (name.into(), x.to_vec()))
                .collect(),
        }
    }

    /// An error that names what is here under none of these names: it is another optimiser's.
    ///
    /// # Errors
    ///
    /// If there is anything of another name.
    pub fn check_names(&self, names: &[&str]) -> Result<()> {
        match self.names().find(|name| !names.contains(name)) {
            None => Ok(()),
            Some(name) => Err(Error::Invalid {
                what: MEMORY,
                found: format!("one with `{name}`"),
                expected: "that of an optimiser with the same settings, which has no such name".into(),
            }),
        }
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let (counts, numbers) = (self.counts.keys(), self.numbers.keys());
        counts.chain(numbers).map(|name| &**name).chain(self.arrays().map(|(name, _)| name))
    }

    fn check_new(&self, name: &str) -> Result<()> {
        if self.names().all(|known| known != name) {
            return Ok(());
        }
        Err(Error::Invalid {
            what: MEMORY,
            found: format!("one with `{name}` already"),
            expected: "each name once: `clear` it before it is filled again; optimisers inside each other \
                       cannot keep the same name"
                .into(),
        })
    }
}

/// What errors are about.
pub(super) const MEMORY: &str = "the optimiser's memory";

fn without(kind: &str, name: &str) -> Error {
    Error::Invalid {
        what: MEMORY,
        found: format!("one without the {kind} `{name}`"),
        expected: "that of an optimiser with the same settings, which has it".into(),
    }
}
