//! Products with a sparse matrix, on a block of columns: as many as [`BLOCK`] registers hold.
//!
//! Whatever is added to a block's row stays in registers until the row is done, so each stored entry of x
//! costs one load and one multiplication a register. Sums are made in the order of x's entries.

#[cfg(test)]
mod tests;

use super::isa::{Isa, kernels};
use super::pairs::Pairs;
use super::vector::{self, Vector, with_registers};
use crate::Float;

/// Registers that a row of a block fills. Eight sums at a time hide how long an addition takes.
pub(super) const BLOCK: usize = 8;

/// Columns of a block.
pub(crate) fn block_columns<A: Float>(isa: Isa) -> usize {
    BLOCK * vector::lanes::<A>(isa)
}

/// Some rows of a sparse matrix, each with its entries in the order of their columns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a, A> {
    /// How many there are.
    pub(crate) rows: usize,
    /// The column of each entry, row after row.
    pub(crate) places: &'a [u32],
    /// Its value.
    pub(crate) values: &'a [A],
    /// `[rows, tiles + 1]`: where each row's entries of a tile of columns begin, which is where those of the tile
    /// before end.
    pub(crate) bounds: &'a [u32],
}

kernels! {
    /// h = x·W + b in a block; max(0, h) with `relu`.
    ///
    /// W is `[x's columns, block]`, b `[block]`, h `[x's rows, block]`. A tile of W stays in the
    /// first-level cache while all rows pass by.
    pub(crate) fn multiply_rows<A>(isa: Isa, x: Rows<'_, A>, w: &[A], b: &[A], relu: bool, h: &mut [A]) {
        with_registers!(isa, multiply_rows_in::<A>(x, w, b, relu, h));
    }

    /// W = W + xᵀ·d in a block. The sum is made first, so that it is not rounded as W is, term by term.
    ///
    /// d is `[x's rows, block]`, W `[x's columns, block]`, its rows an even number. Each pair of W's rows is
    /// read and written once.
    pub(crate) fn add_columns<A>(isa: Isa, x: Pairs<'_, A>, d: &[A], w: &mut [A]) {
        match isa {
            // A pair's sums take 2 · 8 of 32 registers, or 2 · 4 of 16.
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => add_columns_in::<A, <A as vector::Registers>::Avx512, BLOCK>(x, d, w),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => add_columns_in::<A, <A as vector::Registers>::Avx2, { BLOCK / 2 }>(x, d, w),
            Isa::Baseline => add_columns_in::<A, <A as vector::Registers>::Baseline, { BLOCK / 2 }>(x, d, w),
        }
    }
}

#[inline(always)]
fn multiply_rows_in<A: Float, V: Vector<A>>(x: Rows<'_, A>, w: &[A], b: &[A], relu: bool, h: &mut [A]) {
    let block = BLOCK * V::LANES;
    let tiles = x.bounds.len() / x.rows - 1;
    for tile in 0..tiles {
        for (h, bounds) in h.chunks_exact_mut(block).zip(x.bounds.chunks_exact(tiles + 1)) {
            let mut sums: [V; BLOCK] = load_all(if tile == 0 { b } else { h });
            let entries = bounds[tile] as usize..bounds[tile + 1] as usize;
            for (&place, &value) in x.places[entries.clone()].iter().zip(&x.values[entries]) {
                let at = place as usize * block;
                let (w, value) = (&w[at..at + block], V::splat(value));
                for k in 0..BLOCK {
                    sums[k] = V::load(&w[k * V::LANES..]).mul_add(value, sums[k]);
                }
            }
            if relu && tile + 1 == tiles {
                for sum in &mut sums {
                    *sum = sum.positive_part();
                }
            }
            store_all(&sums, h);
        }
    }
}

#[inline(always)]
fn add_columns_in<A: Float, V: Vector<A>, const N: usize>(x: Pairs<'_, A>, d: &[A], w: &mut [A]) {
    let (block, strip) = (BLOCK * V::LANES, N * V::LANES);
    for first in (0..block).step_by(strip) {
        let mut start = 0;
        for head in x.heads {
            let at = 2 * head.pair as usize * block;
            let (even, odd) = w[at..at + 2 * block].split_at_mut(block);
            let (even, odd) = (&mut even[first..first + strip], &mut odd[first..first + strip]);
            let (mut even_sums, mut odd_sums) = (zeros::<A, V, N>(), zeros::<A, V, N>());
            let end = head.end as usize;
            for pair in &x.entries[start..end] {
                let at = pair.row as usize * block + first;
                let d = &d[at..at + strip];
                let (even, odd) = (V::splat(pair.values[0]), V::splat(pair.values[1]));
                for k in 0..N {
                    let d = V::load(&d[k * V::LANES..]);
                    even_sums[k] = d.mul_add(even, even_sums[k]);
                    odd_sums[k] = d.mul_add(odd, odd_sums[k]);
                }
            }
            start = end;
            add_all(&even_sums, even);
            add_all(&odd_sums, odd);
        }
    }
}

#[inline(always)]
pub(super) fn zeros<A: Float, V: Vector<A>, const N: usize>() -> [V; N] {
    [V::splat(A::zero()); N]
}

/// As many registers as fill a row.
#[inline(always)]
pub(super) fn load_all<A: Float, V: Vector<A>, const N: usize>(row: &[A]) -> [V; N] {
    let mut all = zeros();
    for k in 0..N {
        all[k] = V::load(&row[k * V::LANES..]);
    }
    all
}

/// row = row + all.
#[inline(always)]
pub(super) fn add_all<A: Float, V: Vector<A>, const N: usize>(all: &[V; N], row: &mut [A]) {
    for k in 0..N {
        let row = &mut row[k * V::LANES..];
        V::load(row).add(all[k]).store(row);
    }
}

#[inline(always)]
pub(super) fn store_all<A: Float, V: Vector<A>, const N: usize>(all: &[V; N], row: &mut [A]) {
    for k in 0..N {
        all[k].store(&mut row[k * V::LANES..]);
    }
}
