//! Softmax of rows, and the cross-entropy on top of it.
//!
//! Rows of a few columns, such as the ten digits', are turned: sixteen of them side by side, so that each
//! lane of a vector has a row of its own and no sum runs across lanes. Longer rows are worked on one by one.

use std::hint::select_unpredictable;

use super::exp::Exp;
use super::isa::{Isa, kernels};
use super::stream;
use crate::Float;

/// Rows side by side, and parts of a long row's sum: lanes of the widest vectors for f32.
const LANES: usize = 16;

/// Columns up to which rows are turned.
const NARROW: usize = 32;

/// [`LANES`] rows, turned: element `[k][l]` is column k of row l.
type Turned<A> = [[A; LANES]; NARROW];

/// Each row of `x` becomes a distribution.
pub(crate) fn softmax_inplace<A: Float>(x: &mut [A], columns: usize) {
    if columns <= NARROW { narrow(x, columns) } else { wide(x, columns) }
}

/// Writes softmax(x) to `y` and a copy of t to `kept`, and gives the sum over the rows of −Σₖ tₖ log yₖ.
pub(crate) fn softmax_cross_entropy_and_copy<A: Float>(
    x: &[A],
    t: &[A],
    y: &mut [A],
    kept: &mut [A],
    columns: usize,
) -> f64 {
    if columns > NARROW {
        return wide_cross_entropy(x, t, y, kept, columns);
    }
    kept.copy_from_slice(t);
    softmax_cross_entropy(x, t, y, columns)
}

/// [`softmax_cross_entropy_and_copy`] without the copy.
pub(crate) fn softmax_cross_entropy<A: Float>(x: &[A], t: &[A], y: &mut [A], columns: usize) -> f64 {
    match columns {
        0 => 0.0,
        1..=NARROW => narrow_cross_entropy(x, t, y, columns),
        _ => wide_cross_entropy(x, t, y, &mut [], columns),
    }
}

kernels! {
    fn narrow<A>(isa, x: &mut [A], columns: usize) {
        let mut turned = [[A::zero(); LANES]; NARROW];
        for rows in x.chunks_mut(LANES * columns) {
            turn(rows, columns, &mut turned);
            softmax_of_turned(isa, &mut turned[..columns]);
            turn_back(&turned, columns, rows);
        }
    }

    fn narrow_cross_entropy<A>(isa, x: &[A], t: &[A], y: &mut [A], columns: usize) -> f64 {
        let mut logits = [[A::zero(); LANES]; NARROW];
        let (mut turned, mut labels) = (logits, logits);
        let mut loss = 0.0;
        let size = LANES * columns;
        for ((x, t), y) in x.chunks(size).zip(t.chunks(size)).zip(y.chunks_mut(size)) {
            turn(x, columns, &mut logits);
            turn(t, columns, &mut labels);
            turned[..columns].copy_from_slice(&logits[..columns]);
            let (max, sum) = softmax_of_turned(isa, &mut turned[..columns]);
            turn_back(&turned, columns, y);

            // −Σ t · log y = Σ t · log Σ e^(x − max) − Σ t · (x − max)
            let (mut weight, mut product) = ([A::zero(); LANES], [A::zero(); LANES]);
            for (x, t) in logits.iter().zip(&labels).take(columns) {
                for l in 0..LANES {
                    weight[l] += t[l];
                    product[l] += times(t[l], x[l] - max[l]);
                }
            }
            let rows = x.len() / columns;
            loss += weighted_logs(&sum[..rows], &weight[..rows]);
            loss -= product[..rows].iter().map(|product| product.as_f64()).sum::<f64>();
        }
        loss
    }

    fn wide<A>(isa, x: &mut [A], columns: usize) {
        for row in x.chunks_exact_mut(columns) {
            let max = max_of_row(row, #[inline(always)] |_| {});
            softmax_of_row(isa, row, max);
        }
    }

    /// With a copy of t in `kept`, unless that is empty.
    fn wide_cross_entropy<A>(
        isa,
        x: &[A],
        t: &[A],
        y: &mut [A],
        kept: &mut [A],
        columns: usize,
    ) -> f64 {
        /// The longest row that is computed in a buffer and streamed from there.
        const BUFFER: usize = 2048;
        let mut buffer = [A::zero(); BUFFER];
        let streams = stream::is_large::<A>(y.len()) && columns <= BUFFER;
        let rows = x.chunks_exact(columns).zip(t.chunks_exact(columns)).zip(y.chunks_exact_mut(columns));
        let mut kept = kept.chunks_exact_mut(columns);
        let mut loss = 0.0;
        for ((x, t), result) in rows {
            let y = if streams { &mut buffer[..columns] } else { &mut *result };
            // While this row is computed, the next one is asked for.
            let max = max_of_row(x, #[inline(always)] |place| stream::prefetch(x, columns + place));
            y.copy_from_slice(x);
            let sum = softmax_of_row(isa, y, max);
            let log_sum = sum.ln();
            if streams {
                stream::copy(isa, &buffer[..columns], result);
            }
            match kept.next() {
                Some(kept) if streams => stream::copy(isa, t, kept),
                Some(kept) => kept.copy_from_slice(t),
                None => {}
            }
            let mut losses = [A::zero(); LANES];
            let (x_parts, x_rest) = x.as_chunks::<LANES>();
            let (t_parts, t_rest) = t.as_chunks::<LANES>();
            for (x, t) in x_parts.iter().zip(t_parts) {
                stream::prefetch(t, columns);
                for l in 0..LANES {
                    losses[l] += loss_of(t[l], log_sum, x[l] - max);
                }
            }
            for ((&x, &t), loss) in x_rest.iter().zip(t_rest).zip(&mut losses) {
                *loss += loss_of(t, log_sum, x - max);
            }
            loss += losses.iter().map(|loss| loss.as_f64()).sum::<f64>();
        }
        if streams {
            stream::fence();
        }
        loss
    }
}

/// t · −log y, with log y = (x − max) − log Σ e^(x − max); no label, no loss, be y as small as it may.
#[inline(always)]
fn loss_of<A: Float>(t: A, log_sum: A, x_minus_max: A) -> A {
    times(t, log_sum - x_minus_max)
}

/// t · x, which for t = 0 is 0 even where x is infinite.
#[inline(always)]
fn times<A: Float>(t: A, x: A) -> A {
    // A branch is what the compiler would make of `if` here.
    select_unpredictable(t == A::zero(), A::zero(), t * x)
}

/// Σ weight · log sum, of at most [`LANES`] sums of 1 to [`NARROW`].
#[inline(always)]
fn weighted_logs<A: Float>(sums: &[A], weights: &[A]) -> f64 {
    if weights.iter().all(|&weight| weight == A::one()) {
        // One logarithm for all; the product is at most 32^16 = 2^80.
        return sums.iter().map(|sum| sum.as_f64()).product::<f64>().ln();
    }
    sums.iter().zip(weights).map(|(sum, weight)| weight.as_f64() * sum.as_f64().ln()).sum()
}

#[inline(always)]
fn larger<A: Float>(a: A, b: A) -> A {
    if b > a { b } else { a }
}

/// At most [`LANES`] rows, side by side. Lanes without a row keep what they had.
///
/// Never inlined, hence compiled for the baseline: with AVX-512 the compiler scatters, at a multiple of the time.
#[inline(never)]
fn turn<A: Float>(rows: &[A], columns: usize, turned: &mut Turned<A>) {
    for (l, row) in rows.chunks_exact(columns).take(LANES).enumerate() {
        for (x, turned) in row.iter().zip(turned.iter_mut()) {
            turned[l] = *x;
        }
    }
}

/// The reverse of [`turn`].
#[inline(never)]
fn turn_back<A: Float>(turned: &Turned<A>, columns: usize, rows: &mut [A]) {
    for (l, row) in rows.chunks_exact_mut(columns).take(LANES).enumerate() {
        for (x, turned) in row.iter_mut().zip(turned) {
            *x = turned[l];
        }
    }
}

/// In place; gives each row's maximum and its sum of e^(x − max).
#[inline(always)]
fn softmax_of_turned<A: Float>(isa: Isa, columns: &mut [[A; LANES]]) -> ([A; LANES], [A; LANES]) {
    let mut max = [A::neg_infinity(); LANES];
    for column in columns.iter() {
        for l in 0..LANES {
            max[l] = larger(max[l], column[l]);
        }
    }
    let mut sum = [A::zero(); LANES];
    for column in columns.iter_mut() {
        for l in 0..LANES {
            column[l] = Exp::exp_on(column[l] - max[l], isa);
            sum[l] += column[l];
        }
    }
    let mut share = sum;
    for share in &mut share {
        *share = share.recip();
    }
    for column in columns {
        for l in 0..LANES {
            column[l] *= share[l];
        }
    }
    (max, sum)
}

/// The maximum; `at` is told each place where a part begins.
#[inline(always)]
fn max_of_row<A: Float>(row: &[A], at: impl Fn(usize)) -> A {
    let (parts, rest) = row.as_chunks::<LANES>();
    let mut lanes = [A::neg_infinity(); LANES];
    for (number, part) in parts.iter().enumerate() {
        at(number * LANES);
        for l in 0..LANES {
            lanes[l] = larger(lanes[l], part[l]);
        }
    }
    lanes.iter().chain(rest).copied().fold(A::neg_infinity(), larger)
}

/// In place; gives the row's sum of e^(x − max).
#[inline(always)]
fn softmax_of_row<A: Float>(isa: Isa, row: &mut [A], max: A) -> A {
    let (parts, rest) = row.as_chunks_mut::<LANES>();
    let mut sums = [A::zero(); LANES];
    for part in parts.iter_mut() {
        for l in 0..LANES {
            part[l] = Exp::exp_on(part[l] - max, isa);
            sums[l] += part[l];
        }
    }
    for (x, sum) in rest.iter_mut().zip(&mut sums) {
        *x = Exp::exp_on(*x - max, isa);
        *sum += *x;
    }
    let sum = sums.iter().copied().sum::<A>();

    let share = sum.recip();
    for x in row {
        *x *= share;
    }
    sum
}
