//! Products with a sparse matrix, on a block of columns: as many as one, two, four or eight registers hold.
//!
//! Whatever is added to a block's row stays in registers until the row is done, so each stored entry of x
//! costs one load and one multiplication a register. Sums are made in the order of x's entries.

#[cfg(test)]
mod tests;

use super::isa::{Isa, kernels};
use super::pairs::Pairs;
use super::vector::{self, Vector, with_registers};
use crate::Float;
use crate::compute::columns::{Columns, ColumnsMut};

/// Registers that a row of a block fills, at most. Eight sums at a time hide how long an addition takes.
pub(super) const BLOCK: usize = 8;

/// Numbers that a register holds, at most.
const MOST_LANES: usize = 16;

/// Columns of the largest block.
pub(crate) fn block_columns<A: Float>(isa: Isa) -> usize {
    BLOCK * vector::lanes::<A>(isa)
}

/// Columns of the smallest block that has room for so many, of a largest one's at most.
pub(crate) fn columns_of_block<A: Float>(isa: Isa, columns: usize) -> usize {
    let lanes = vector::lanes::<A>(isa);
    columns.div_ceil(lanes).next_power_of_two().min(BLOCK) * lanes
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

impl<A> Rows<'_, A> {
    /// Into how many tiles columns are cut.
    pub(crate) fn tiles(&self) -> usize {
        (self.bounds.len() / self.rows.max(1)).saturating_sub(1)
    }
}

/// A tile of x's columns, and what its product is added to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tile<'a, A> {
    pub(crate) number: usize,
    /// The column of x that W's first row belongs to.
    pub(crate) first: usize,
    /// What sums begin with, in place of what is there: biases, for the first tile.
    pub(crate) begin: Option<&'a [A]>,
    /// Whether negative sums become 0, for the last one.
    pub(crate) relu: bool,
}

/// What becomes of what is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Put {
    /// The product is added to it.
    Add,
    /// The product takes its place. A column of x without any entry makes a row of zeros.
    Replace,
}

kernels! {
    /// h = h + x·W for a tile of x's columns, in a block.
    ///
    /// W has the tile's rows at least, `[x's columns, up to a block]`: columns that it does not have are 0. h is
    /// `[x's rows, block]`. A tile of W that lies densely stays in the first-level cache while all rows pass by.
    pub(crate) fn multiply_rows<A>(isa: Isa, x: Rows<'_, A>, tile: Tile<'_, A>, w: Columns<'_, A>, h: ColumnsMut<'_, A>) {
        with_registers!(isa, multiply_rows_in::<A>(x, tile, w, h));
    }

    /// W = W + xᵀ·d in a block, or W = xᵀ·d. The sum is made first, so that it is not rounded as W is, term by term.
    ///
    /// d is `[x's rows, block]`, W `[x's columns, up to a block]`: columns of d that W does not have are left out. Each
    /// pair of W's rows is read and written once.
    pub(crate) fn add_columns<A>(isa: Isa, x: Pairs<'_, A>, d: Columns<'_, A>, put: Put, w: ColumnsMut<'_, A>) {
        with_registers!(isa, add_columns_in::<A>(isa, x, d, put, w));
    }
}

/// Calls `function` with the number of registers that a block's row fills as its last argument.
macro_rules! with_block {
    ($columns:expr, $function:ident::<$A:ty, $V:ty>($($argument:expr),* $(,)?)) => {
        match $columns / <$V as Vector<$A>>::LANES {
            1 => $function::<$A, $V, 1>($($argument),*),
            2 => $function::<$A, $V, 2>($($argument),*),
            4 => $function::<$A, $V, 4>($($argument),*),
            8 => $function::<$A, $V, 8>($($argument),*),
            registers => unreachable!("a block fills 1, 2, 4 or 8 registers, found {registers}"),
        }
    };
}
pub(super) use with_block;

#[inline(always)]
fn multiply_rows_in<A: Float, V: Vector<A>>(
    x: Rows<'_, A>,
    tile: Tile<'_, A>,
    w: Columns<'_, A>,
    h: ColumnsMut<'_, A>,
) {
    with_block!(h.width(), multiply_rows_of::<A, V>(x, tile, w, h));
}

#[inline(always)]
fn multiply_rows_of<A: Float, V: Vector<A>, const N: usize>(
    x: Rows<'_, A>,
    tile: Tile<'_, A>,
    w: Columns<'_, A>,
    h: ColumnsMut<'_, A>,
) {
    let block = N * V::LANES;
    match w.to_slice().filter(|_| w.width() == block) {
        // By itself, as a subtraction in the innermost loop is seen in a step.
        Some(w) if tile.first == 0 => multiply_rows_by::<A, V, N>(
            x,
            tile,
            h,
            #[inline(always)]
            |place, value, sums| {
                add_row(&w[place * block..(place + 1) * block], value, sums);
            },
        ),
        Some(w) => multiply_rows_by::<A, V, N>(
            x,
            tile,
            h,
            #[inline(always)]
            |place, value, sums| {
                let at = (place - tile.first) * block;
                add_row(&w[at..at + block], value, sums);
            },
        ),
        None => multiply_rows_by::<A, V, N>(
            x,
            tile,
            h,
            #[inline(always)]
            |place, value, sums| {
                for (w, sum) in w.row(place - tile.first).chunks(V::LANES).zip(sums) {
                    *sum = load_some::<A, V>(w).mul_add(value, *sum);
                }
            },
        ),
    }
}

/// sums = sums + value · w.
#[inline(always)]
fn add_row<A: Float, V: Vector<A>, const N: usize>(w: &[A], value: V, sums: &mut [V; N]) {
    for k in 0..N {
        sums[k] = V::load(&w[k * V::LANES..]).mul_add(value, sums[k]);
    }
}

/// `of_row` adds a row of W, times a value, to the sums.
#[inline(always)]
fn multiply_rows_by<A: Float, V: Vector<A>, const N: usize>(
    x: Rows<'_, A>,
    tile: Tile<'_, A>,
    mut h: ColumnsMut<'_, A>,
    of_row: impl Fn(usize, V, &mut [V; N]),
) {
    for (row, bounds) in x.bounds.chunks_exact(x.tiles() + 1).enumerate() {
        let h = h.row_mut(row);
        let mut sums: [V; N] = load_all(tile.begin.unwrap_or(h));
        let entries = bounds[tile.number] as usize..bounds[tile.number + 1] as usize;
        for (&place, &value) in x.places[entries.clone()].iter().zip(&x.values[entries]) {
            of_row(place as usize, V::splat(value), &mut sums);
        }
        if tile.relu {
            for sum in &mut sums {
                *sum = sum.positive_part();
            }
        }
        store_all(&sums, h);
    }
}

/// A register of fewer numbers than it has room for, and zeros.
#[inline(always)]
fn load_some<A: Float, V: Vector<A>>(from: &[A]) -> V {
    if from.len() == V::LANES {
        return V::load(from);
    }
    let mut lanes = [A::zero(); MOST_LANES];
    lanes[..from.len()].copy_from_slice(from);
    V::load(&lanes)
}

#[inline(always)]
fn add_columns_in<A: Float, V: Vector<A>>(
    isa: Isa,
    x: Pairs<'_, A>,
    d: Columns<'_, A>,
    put: Put,
    w: ColumnsMut<'_, A>,
) {
    with_block!(d.width(), add_columns_of::<A, V>(isa, x, d, put, w));
}

#[inline(always)]
fn add_columns_of<A: Float, V: Vector<A>, const N: usize>(
    isa: Isa,
    x: Pairs<'_, A>,
    d: Columns<'_, A>,
    put: Put,
    mut w: ColumnsMut<'_, A>,
) {
    // A pair's sums take two registers for each of d's: 2 · 8 of 32, or 2 · 4 of 16.
    let has_32_registers = match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => true,
        _ => false,
    };
    if N < BLOCK || has_32_registers {
        return add_columns_from::<A, V, N, N>(x, d, 0, put, w);
    }
    for first in [0, N / 2 * V::LANES] {
        let end = w.width().min(first + N / 2 * V::LANES);
        if first < end {
            add_columns_from::<A, V, N, { BLOCK / 2 }>(x, d, first, put, w.some(first..end));
        }
    }
}

/// From this column of d on, as many as `P` registers hold. W has those alone.
#[inline(always)]
fn add_columns_from<A: Float, V: Vector<A>, const N: usize, const P: usize>(
    x: Pairs<'_, A>,
    d: Columns<'_, A>,
    first: usize,
    put: Put,
    w: ColumnsMut<'_, A>,
) {
    let (block, some) = (N * V::LANES, P * V::LANES);
    match d.to_slice() {
        Some(d) => add_columns_by::<A, V, P>(
            x,
            put,
            w,
            #[inline(always)]
            |row| {
                let at = row * block + first;
                &d[at..at + some]
            },
        ),
        None => {
            let d = d.some(first..first + some);
            add_columns_by::<A, V, P>(
                x,
                put,
                w,
                #[inline(always)]
                |row| d.row(row),
            );
        }
    }
}

/// `d` gives a row.
#[inline(always)]
fn add_columns_by<'a, A: Float, V: Vector<A>, const P: usize>(
    x: Pairs<'_, A>,
    put: Put,
    mut w: ColumnsMut<'_, A>,
    d: impl Fn(usize) -> &'a [A],
) {
    let (mut start, mut next) = (0, 0);
    for head in x.heads {
        let (mut even_sums, mut odd_sums) = (zeros::<A, V, P>(), zeros::<A, V, P>());
        let end = head.end as usize;
        for pair in &x.entries[start..end] {
            let d = d(pair.row as usize);
            let (even, odd) = (V::splat(pair.values[0]), V::splat(pair.values[1]));
            for k in 0..P {
                let d = V::load(&d[k * V::LANES..]);
                even_sums[k] = d.mul_add(even, even_sums[k]);
                odd_sums[k] = d.mul_add(odd, odd_sums[k]);
            }
        }
        start = end;
        let row = 2 * head.pair as usize;
        if put == Put::Replace {
            (next..row).for_each(|row| w.row_mut(row).fill(A::zero()));
            next = row + 2;
        }
        put_all(&even_sums, put, w.row_mut(row));
        // The last pair has but one column where their number is odd.
        if row + 1 < w.rows() {
            put_all(&odd_sums, put, w.row_mut(row + 1));
        }
    }
    if put == Put::Replace {
        (next..w.rows()).for_each(|row| w.row_mut(row).fill(A::zero()));
    }
}

/// row = row + all or row = all, as far as there are columns.
#[inline(always)]
fn put_all<A: Float, V: Vector<A>, const N: usize>(all: &[V; N], put: Put, row: &mut [A]) {
    if row.len() == N * V::LANES {
        match put {
            Put::Add => add_all(all, row),
            Put::Replace => store_all(all, row),
        }
        return;
    }
    for (&sum, row) in all.iter().zip(row.chunks_mut(V::LANES)) {
        let sum = if put == Put::Add { load_some::<A, V>(row).add(sum) } else { sum };
        let mut lanes = [A::zero(); MOST_LANES];
        sum.store(&mut lanes);
        row.copy_from_slice(&lanes[..row.len()]);
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
