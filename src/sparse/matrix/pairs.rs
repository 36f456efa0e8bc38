//! [`Pairs`]: the numbers of pairs of columns, in as few bytes as will do.

use std::ops::Range;

/// Numbers of pairs, in the fewest bytes.
#[derive(Clone, PartialEq)]
pub(super) enum Pairs {
    /// Where there are up to [`NARROW`] columns.
    Narrow(Vec<u16>),
    Wide(Vec<u32>),
}

impl Pairs {
    /// These numbers, of pairs of so many columns.
    pub(super) fn new(columns: usize, numbers: &[usize]) -> Self {
        if columns <= NARROW {
            Self::Narrow(numbers.iter().map(|&number| Number::of(number)).collect())
        } else {
            Self::Wide(numbers.iter().map(|&number| Number::of(number)).collect())
        }
    }

    /// Those of the row that has these.
    #[inline]
    pub(super) fn of_row(&self, pairs: Range<usize>) -> RowPairs<'_> {
        match self {
            Self::Narrow(numbers) => RowPairs::Narrow(&numbers[pairs]),
            Self::Wide(numbers) => RowPairs::Wide(&numbers[pairs]),
        }
    }
}

/// As many columns as a `u16` can number the pairs of.
pub(super) const NARROW: usize = 1 << 17;

/// The pairs of columns in which a row has entries, ascending.
#[derive(Clone, Copy)]
pub(crate) enum RowPairs<'a> {
    Narrow(&'a [u16]),
    Wide(&'a [u32]),
}

impl RowPairs<'_> {
    /// The number of the pair that is here in the row.
    #[inline]
    pub(crate) fn number(self, place: usize) -> usize {
        match self {
            Self::Narrow(numbers) => usize::from(numbers[place]),
            Self::Wide(numbers) => numbers[place] as usize,
        }
    }
}

/// The types that number pairs of columns.
pub(super) trait Number: Copy + Default + Send + Sync {
    /// This number, which the type has.
    fn of(pair: usize) -> Self;
}

impl Number for u16 {
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "there are up to 131,072 columns")]
    fn of(pair: usize) -> Self {
        pair as Self
    }
}

impl Number for u32 {
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "what makes a matrix checks its columns first")]
    fn of(pair: usize) -> Self {
        pair as Self
    }
}

/// Whether a `u32` can number so many columns.
pub(super) fn can_be_numbered(columns: usize) -> bool {
    columns.checked_sub(1).is_none_or(|last| u32::try_from(last).is_ok())
}
