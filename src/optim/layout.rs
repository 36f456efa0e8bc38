//! [`Layout`]: which parameters lie where.

use std::ops::Range;
use std::sync::Arc;

use crate::{Error, Result};

/// Names and shapes of parameter arrays that lie one after the other in one slice, each in row-major order.
///
/// A copy shares the names with its original.
///
/// ```
/// use blasnet::Layout;
///
/// let layout = Layout::new([("w1", vec![784, 500]), ("b1", vec![500])]);
/// assert_eq!(layout.len(), 392_500);
/// assert_eq!(layout.arrays().last(), Some(("b1", &[500][..], 392_000..392_500)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout(Arc<[Place]>);

/// One array.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    name: String,
    shape: Vec<usize>,
    elements: Range<usize>,
}

impl Layout {
    /// The layout of these arrays, in this order.
    ///
    /// # Panics
    ///
    /// If they have more elements than a `usize` counts.
    pub fn new<S: Into<String>>(arrays: impl IntoIterator<Item = (S, Vec<usize>)>) -> Self {
        let mut end = 0_usize;
        let place = |(name, shape): (S, Vec<usize>)| {
            let start = end;
            let length = shape.iter().try_fold(1_usize, |length, &axis| length.checked_mul(axis));
            end = length.and_then(|length| start.checked_add(length)).expect("a usize counts all elements");
            Place { name: name.into(), shape, elements: start..end }
        };
        Self(arrays.into_iter().map(place).collect())
    }

    /// The elements of all arrays together.
    pub fn len(&self) -> usize {
        self.0.last().map_or(0, |place| place.elements.end)
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Each array's name, its shape, and where its elements lie.
    pub fn arrays(&self) -> impl Iterator<Item = (&str, &[usize], Range<usize>)> {
        self.0.iter().map(|place| (&*place.name, &*place.shape, place.elements.clone()))
    }

    /// Both slices should be as long as this.
    pub(super) fn check_lengths<A>(&self, parameters: &[A], gradient: &[A]) -> Result<()> {
        check_lengths("Optimizer::step", parameters, gradient, self.len(), "the elements of the layout")
    }

    /// The range should lie within this, and both slices be as long as it.
    pub(super) fn check_range<A>(
        &self,
        range: &Range<usize>,
        parameters: &[A],
        gradient: &[A],
    ) -> Result<()> {
        if range.start > range.end || range.end > self.len() {
            let (what, found) = ("the range of parameters", format!("{range:?}"));
            let expected = format!("one within 0..{}, the elements of the layout", self.len());
            return Err(Error::Invalid { what, found, expected });
        }
        check_lengths("Optimizer::update", parameters, gradient, range.len(), "the elements of the range")
    }

    /// An error that names the first array in which `found` is not this layout, and says `why` it should be.
    pub(crate) fn check_is(&self, found: &Self, why: &str) -> Result<()> {
        if self == found {
            return Ok(());
        }
        let (mut own, mut found) = (self.arrays(), found.arrays());
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
        let (what, found) = ("the first array that differs", describe(found, "missing"));
        Err(Error::Invalid { what, found, expected: format!("{}, {why}", describe(own, "none")) })
    }
}

fn check_lengths<A>(
    op: &'static str,
    parameters: &[A],
    gradient: &[A],
    expected: usize,
    of: &str,
) -> Result<()> {
    for (what, found) in [("parameters", parameters.len()), ("gradient", gradient.len())] {
        if found != expected {
            let expected = format!("[{expected}], {of}");
            return Err(Error::Shape { op, what, found: vec![found], expected });
        }
    }
    Ok(())
}
