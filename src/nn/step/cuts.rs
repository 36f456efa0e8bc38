//! How the units of a layer are cut into strips, which threads share out.
//!
//! Strips follow from the layer's width alone, and threads take whole strips. BLAS may round a product otherwise
//! where it is cut otherwise, so that a cut by the number of threads would give other bits on other machines.

use std::ops::Range;

use crate::Float;
use crate::compute::kernels::{Isa, block_columns, columns_of_block};
use crate::sparse::blocks;

/// Units of a strip whose sums BLAS makes, about. Each strip makes BLAS read the batch once more: two strips cost
/// some 2 % of a step with 500 units on one thread, four strips 6 %.
const UNITS: usize = 256;

/// Layers of fewer units are not cut.
const LEAST: usize = 64;

/// A cache line of f32.
const LINE: usize = 16;

/// The units at which strips begin, and at last the end: for products by BLAS.
pub(crate) fn dense(units: usize) -> Vec<usize> {
    let strips = if units < LEAST { 1 } else { units.div_ceil(UNITS).max(2) };
    let bound = |strip| match strip {
        strip if strip == strips => units,
        strip => (units * strip + strips * LINE / 2) / (strips * LINE) * LINE,
    };
    (0..=strips).map(bound).collect()
}

/// The same where the layer reads sparse input: a block of the kernels each, as no kernel adds up across columns.
pub(super) fn sparse<A: Float>(isa: Isa, units: usize) -> Vec<usize> {
    blocks::<A>(isa, units).map(|block| block.start).chain([units]).collect()
}

/// The blocks that kernels make of a strip, from its first unit on. Behind the last strip of a layer there is
/// [room](room) for units that are none; elsewhere blocks cover the strip exactly.
pub(super) fn blocks_of<A: Float>(
    isa: Isa,
    units: usize,
    is_last: bool,
) -> impl Iterator<Item = Range<usize>> {
    let largest = block_columns::<A>(isa);
    let mut start = 0;
    std::iter::from_fn(move || {
        let left = units.checked_sub(start).filter(|&left| left > 0)?;
        let mut width = columns_of_block::<A>(isa, left.min(largest));
        if !is_last && width > left {
            width /= 2;
        }
        let block = start..start + width;
        start = block.end;
        Some(block)
    })
}

/// Where the block ends that is made of a layer's last strip, by the bounds for sparse input.
pub(super) fn end<A: Float>(isa: Isa, bounds: &[usize]) -> usize {
    let [.., last, units] = bounds else { unreachable!("a layer has units") };
    last + columns_of_block::<A>(isa, units - last)
}

/// Elements from one row to the next in a matrix of a layer's units: room for the last block, and no power of two,
/// which would put all rows into the same few sets of a cache.
pub(super) fn room<A: Float>(isa: Isa, units: usize) -> usize {
    let line = crate::compute::kernels::LINE / size_of::<A>();
    let room = units.next_multiple_of(line) + block_columns::<A>(isa);
    if (room / line).is_multiple_of(2) { room + line } else { room }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_follow_from_the_width_and_are_about_equal() {
        assert_eq!(dense(1), [0, 1]);
        assert_eq!(dense(63), [0, 63]);
        assert_eq!(dense(64), [0, 32, 64]);
        assert_eq!(dense(128), [0, 64, 128]);
        assert_eq!(dense(500), [0, 256, 500]);
        assert_eq!(dense(1000), [0, 256, 496, 752, 1000]);
        for units in 1..3000 {
            let bounds = dense(units);
            let largest = bounds.windows(2).map(|ends| ends[1] - ends[0]).max();
            assert!(bounds.is_sorted() && largest <= Some(UNITS + LINE), "{units}: {bounds:?}");
        }
    }

    #[test]
    fn blocks_cover_a_strip() {
        for &isa in Isa::available() {
            let (largest, lanes) = (block_columns::<f32>(isa), columns_of_block::<f32>(isa, 1));
            for units in 1..5 * largest {
                let last: Vec<_> = blocks_of::<f32>(isa, units, true).collect();
                let end = last[last.len() - 1].end;
                assert!(end >= units && end <= room::<f32>(isa, units), "{units}: {last:?}");
                assert!(last.windows(2).all(|two| two[0].end == two[1].start && two[0].len() == largest));
                if units.is_multiple_of(lanes) {
                    let inner: Vec<_> = blocks_of::<f32>(isa, units, false).collect();
                    assert_eq!(inner[inner.len() - 1].end, units);
                    assert!(inner.iter().all(|block| (block.len() / lanes).is_power_of_two()));
                }
            }
        }
    }
}
