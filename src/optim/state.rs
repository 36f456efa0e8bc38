//! [`State`]: what an optimiser remembers from step to step.

use std::any::{Any, TypeId, type_name};
use std::ops::Range;

use super::memory::MEMORY;
use super::{Layout, Memory};
use crate::{Error, Float, Result};

/// Up to `N` numbers of each parameter, which parameters these are, and how many steps were made.
///
/// A step is begun, changes the numbers range by range, and counts once it is committed.
#[derive(Debug, Clone)]
pub(super) struct State<const N: usize> {
    /// The parameters of the steps made, once there was one.
    layout: Option<Layout>,
    /// The parameters of a step that is begun.
    begun: Option<Layout>,
    steps: u64,
    numbers: Numbers<N>,
}

/// Arrays of the number type of the first step; before that, of either.
#[derive(Debug, Clone)]
enum Numbers<const N: usize> {
    F32([Vec<f32>; N]),
    F64([Vec<f64>; N]),
}

/// A range of a step that is begun.
pub(super) struct Part<'a, A, const N: usize> {
    /// The step's number, from 1.
    pub(super) number: u64,
    pub(super) layout: &'a Layout,
    /// The range of the arrays that are kept; the others are empty.
    pub(super) numbers: [&'a mut [A]; N],
}

impl<const N: usize> State<N> {
    pub(super) const fn new() -> Self {
        let numbers = Numbers::F32([const { Vec::new() }; N]);
        Self { layout: None, begun: None, steps: 0, numbers }
    }

    /// Begins a step, for which the arrays `kept` are needed: as the last step left them, or 0. Nothing counts yet,
    /// not even the layout and the number type of a first step.
    ///
    /// # Errors
    ///
    /// If the layout or the number type is not that of the steps before.
    pub(super) fn begin<A: Float>(&mut self, layout: &Layout, kept: [bool; N]) -> Result<()> {
        self.begun = None;
        if let Some(own) = &self.layout {
            self.numbers.get::<A>()?;
            own.check_is(
                layout,
                "as in this optimiser's steps before; other parameters need a new optimiser",
            )?;
        } else {
            self.numbers.clear::<A>();
        }
        for (numbers, kept) in self.numbers.get_mut()?.iter_mut().zip(kept) {
            numbers.resize(if kept { layout.len() } else { 0 }, A::zero());
        }
        self.begun = Some(layout.clone());
        Ok(())
    }

    /// A range of the step that is begun.
    ///
    /// # Errors
    ///
    /// If no step is begun with this number type and these arrays, the range is not within the layout, or a slice is
    /// not as long as the range.
    pub(super) fn part<A: Float>(
        &mut self,
        range: &Range<usize>,
        parameters: &[A],
        gradient: &[A],
        kept: [bool; N],
    ) -> Result<Part<'_, A, N>> {
        let layout = self.begun.as_ref().ok_or_else(not_begun)?;
        layout.check_range(range, parameters, gradient)?;
        let arrays = self.numbers.get_mut::<A>()?.each_mut();
        if arrays.iter().zip(kept).any(|(array, kept)| kept && array.len() != layout.len()) {
            return Err(not_begun());
        }
        let numbers = arrays.map(|array| array.get_mut(range.clone()).unwrap_or_default());
        Ok(Part { number: self.steps.saturating_add(1), layout, numbers })
    }

    /// Counts the step that is begun, if one is.
    pub(super) fn commit(&mut self) {
        if let Some(layout) = self.begun.take() {
            self.layout = Some(layout);
            self.steps = self.steps.saturating_add(1);
        }
    }

    /// The step that is begun ends without being counted.
    pub(super) fn forget(&mut self) {
        self.begun = None;
    }

    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    /// The arrays, as the last step left them.
    ///
    /// # Errors
    ///
    /// If the steps made had the other number type.
    pub(super) fn numbers<A: Float>(&self) -> Result<[&[A]; N]> {
        Ok(self.numbers.get()?.each_ref().map(Vec::as_slice))
    }

    /// Adds the number of steps and the arrays by these names; each array with whether it is kept.
    pub(super) fn save<A: Float>(
        &self,
        memory: &mut Memory<A>,
        steps: &str,
        arrays: [(&str, bool); N],
    ) -> Result<()> {
        memory.set_count(steps, self.steps)?;
        if self.steps > 0 {
            for ((name, kept), numbers) in arrays.into_iter().zip(self.numbers()?) {
                memory.set_array(name, if kept { numbers } else { &[] })?;
            }
        }
        Ok(())
    }

    /// What [`save`](Self::save) has added, for these parameters.
    pub(super) fn restored<A: Float>(
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
        let mut state = Self { layout: (steps > 0).then(|| layout.clone()), steps, ..Self::new() };
        state.numbers.clear::<A>();
        *state.numbers.get_mut()? = arrays.map(|(name, _)| memory.array(name).to_vec());
        Ok(state)
    }
}

impl<const N: usize> Numbers<N> {
    fn get<A: Float>(&self) -> Result<&[Vec<A>; N]> {
        let numbers: &dyn Any = match self {
            Self::F32(numbers) => numbers,
            Self::F64(numbers) => numbers,
        };
        numbers.downcast_ref().ok_or_else(|| self.other_type::<A>())
    }

    fn get_mut<A: Float>(&mut self) -> Result<&mut [Vec<A>; N]> {
        self.get::<A>()?;
        let numbers: &mut dyn Any = match self {
            Self::F32(numbers) => numbers,
            Self::F64(numbers) => numbers,
        };
        Ok(numbers.downcast_mut().expect("it is what `get` found"))
    }

    /// Empty arrays of this number type; those that have it already keep their room.
    fn clear<A: Float>(&mut self) {
        let single = TypeId::of::<A>() == TypeId::of::<f32>();
        match self {
            Self::F32(numbers) if single => numbers.iter_mut().for_each(Vec::clear),
            Self::F64(numbers) if !single => numbers.iter_mut().for_each(Vec::clear),
            _ if single => *self = Self::F32([const { Vec::new() }; N]),
            _ => *self = Self::F64([const { Vec::new() }; N]),
        }
    }

    fn other_type<A>(&self) -> Error {
        let own = match self {
            Self::F32(_) => type_name::<f32>(),
            Self::F64(_) => type_name::<f64>(),
        };
        Error::Invalid {
            what: "the number type",
            found: type_name::<A>().into(),
            expected: format!("{own}, as in this optimiser's steps before"),
        }
    }
}

fn not_begun() -> Error {
    Error::Invalid {
        what: "the optimiser's step",
        found: "not begun".into(),
        expected: "`begin` before `update`".into(),
    }
}
