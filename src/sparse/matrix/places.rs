//! [`Places`]: the columns of entries, in as few bytes as number them.

use std::ops::Range;

/// Columns, in the fewest bytes.
#[derive(Clone, PartialEq)]
pub(super) enum Places {
    /// Where there are up to [`NARROW`] columns.
    Narrow(Vec<u16>),
    Wide(Vec<u32>),
}

impl Places {
    /// These columns, all of them below `columns`.
    pub(super) fn new(columns: usize, places: &[usize]) -> Self {
        if columns <= NARROW {
            Self::Narrow(places.iter().map(|&place| Place::of(place)).collect())
        } else {
            Self::Wide(places.iter().map(|&place| Place::of(place)).collect())
        }
    }

    /// The columns of the row that has these entries.
    #[inline]
    pub(super) fn of_row(&self, entries: Range<usize>) -> RowPlaces<'_> {
        match self {
            Self::Narrow(places) => RowPlaces::Narrow(&places[entries]),
            Self::Wide(places) => RowPlaces::Wide(&places[entries]),
        }
    }
}

/// As many columns as a `u16` can number.
pub(super) const NARROW: usize = 1 << 16;

/// The columns of a row's entries, ascending.
#[derive(Clone, Copy)]
pub(crate) enum RowPlaces<'a> {
    Narrow(&'a [u16]),
    Wide(&'a [u32]),
}

impl RowPlaces<'_> {
    /// The column of this entry of the row.
    #[inline]
    pub(crate) fn column(self, entry: usize) -> usize {
        match self {
            Self::Narrow(places) => usize::from(places[entry]),
            Self::Wide(places) => places[entry] as usize,
        }
    }
}

/// The types that number columns.
pub(super) trait Place: Copy + Default + Send + Sync {
    /// This column, which the type can number.
    fn of(column: usize) -> Self;
}

impl Place for u16 {
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "there are up to 65,536 columns")]
    fn of(column: usize) -> Self {
        column as Self
    }
}

impl Place for u32 {
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "what makes a matrix checks its columns first")]
    fn of(column: usize) -> Self {
        column as Self
    }
}

/// Whether a `u32` can number so many columns.
pub(super) fn can_be_numbered(columns: usize) -> bool {
    columns.checked_sub(1).is_none_or(|last| u32::try_from(last).is_ok())
}
