//! ReLU, and a mask of where it lets the gradient through: a bit for each element.

use std::hint::select_unpredictable;

use super::isa::{Isa, kernels};
use super::stream::{self, LANES, map};
use crate::Float;

/// Elements that share a word of a mask: bit k of word j belongs to element 32 · j + k.
pub(crate) const MASK_WORD: usize = u32::BITS as usize;

kernels! {
    /// z = max(0, x).
    pub(crate) fn relu<A>(isa, x: &[A], z: &mut [A]) {
        map(isa, [x], [z], #[inline(always)] |[x]| [positive_part(x)]);
    }

    pub(crate) fn relu_inplace<A>(_isa, x: &mut [A]) {
        for x in x {
            *x = positive_part(*x);
        }
    }

    /// z = max(0, x), and a mask of where x > 0.
    pub(crate) fn relu_and_mask<A>(isa, x: &[A], z: &mut [A], mask: &mut [u32]) {
        let mut bits = Writer { mask, ..Writer::default() };
        words(isa, x, z, #[inline(always)] |x, z, elements| {
            let mut positive = [0; MASK_WORD];
            for k in 0..MASK_WORD {
                z[k] = positive_part(x[k]);
                positive[k] = u8::from(x[k] > A::zero());
            }
            bits.push(pack(&positive), elements);
        });
        bits.finish();
    }

    /// dx = dz where the mask is set, else 0.
    pub(crate) fn relu_backprop<A>(isa, dz: &[A], mask: &[u32], dx: &mut [A]) {
        let mut bits = Reader { mask, next: 0 };
        words(isa, dz, dx, #[inline(always)] |dz, dx, elements| {
            let word = bits.take(elements);
            for k in 0..MASK_WORD {
                // A branch is what the compiler would make of `if` here.
                dx[k] = select_unpredictable(word & (1 << k) != 0, dz[k], A::zero());
            }
        });
    }

    /// dx = 0 where z, a ReLU's output, is not positive; and adds dx to `sum`.
    pub(crate) fn gate_and_sum<A>(_isa, z: &[A], dx: &mut [A], sum: &mut [A]) {
        for ((&z, dx), sum) in z.iter().zip(dx).zip(sum) {
            *dx = select_unpredictable(z > A::zero(), *dx, A::zero());
            *sum += *dx;
        }
    }
}

/// max(0, x). The comparison this way round keeps a NaN.
#[inline(always)]
pub(super) fn positive_part<A: Float>(x: A) -> A {
    if x <= A::zero() { A::zero() } else { x }
}

/// Lets `f` compute z from x, a word's elements at a time, telling it how many there are: fewer at both ends,
/// so that streamed words are whole cache lines. Elements that are missing are 0.
#[inline(always)]
fn words<A: Float>(
    isa: Isa,
    x: &[A],
    z: &mut [A],
    mut f: impl FnMut(&[A; MASK_WORD], &mut [A; MASK_WORD], usize),
) {
    let large = stream::is_large::<A>(z.len());
    let head = if large { stream::head(z) } else { 0 };
    let (x_head, x) = x.split_at(head);
    let (z_head, z) = z.split_at_mut(head);
    let (x_words, x_tail) = x.as_chunks::<MASK_WORD>();
    let (z_words, z_tail) = z.as_chunks_mut::<MASK_WORD>();
    for part in [Part::End(x_head, z_head), Part::Whole(x_words, z_words), Part::End(x_tail, z_tail)] {
        match part {
            Part::End(x, z) => {
                let (mut padded, mut computed) = ([A::zero(); MASK_WORD], [A::zero(); MASK_WORD]);
                padded[..x.len()].copy_from_slice(x);
                f(&padded, &mut computed, x.len());
                z.copy_from_slice(&computed[..x.len()]);
            }
            Part::Whole(x_words, z_words) => {
                for (x, z) in x_words.iter().zip(z_words) {
                    if !large {
                        f(x, z, MASK_WORD);
                    } else {
                        let mut computed = [A::zero(); MASK_WORD];
                        f(x, &mut computed, MASK_WORD);
                        stream::prefetch(x, stream::AHEAD);
                        stream::prefetch(x, stream::AHEAD + LANES);
                        for (from, to) in computed.as_chunks().0.iter().zip(z.as_chunks_mut::<LANES>().0) {
                            stream::store(isa, from, to);
                        }
                    }
                }
            }
        }
    }
    if large {
        stream::fence();
    }
}

/// Of the elements, in the order that they lie in.
enum Part<'a, A> {
    /// Fewer than a word's.
    End(&'a [A], &'a mut [A]),
    Whole(&'a [[A; MASK_WORD]], &'a mut [[A; MASK_WORD]]),
}

/// Fills a mask, some bits at a time.
#[derive(Default)]
struct Writer<'a> {
    mask: &'a mut [u32],
    /// Words that are full.
    next: usize,
    /// Bits of the word that is not, and how many.
    pending: u64,
    count: usize,
}

impl Writer<'_> {
    /// The lowest `count` bits of `bits`, at most 32.
    #[inline(always)]
    fn push(&mut self, bits: u32, count: usize) {
        self.pending |= u64::from(bits) << self.count;
        self.count += count;
        if self.count >= MASK_WORD {
            self.mask[self.next] = self.pending as u32;
            self.next += 1;
            self.pending >>= MASK_WORD;
            self.count -= MASK_WORD;
        }
    }

    #[inline(always)]
    fn finish(self) {
        if self.count > 0 {
            self.mask[self.next] = self.pending as u32;
        }
    }
}

/// Reads a mask, some bits at a time.
struct Reader<'a> {
    mask: &'a [u32],
    /// Bits that are read.
    next: usize,
}

impl Reader<'_> {
    /// The next `count` bits, at most 32, and whatever comes after them.
    #[inline(always)]
    fn take(&mut self, count: usize) -> u32 {
        let word = |place: usize| u64::from(self.mask.get(place).copied().unwrap_or(0));
        let place = self.next / MASK_WORD;
        let two = word(place) | word(place + 1) << MASK_WORD;
        let bits = two >> (self.next % MASK_WORD);
        self.next += count;
        bits as u32
    }
}

/// Bit k is flag k, each flag being 0 or 1. A multiplication gathers eight flags in its highest byte.
#[inline(always)]
fn pack(flags: &[u8; MASK_WORD]) -> u32 {
    let (eights, _) = flags.as_chunks::<8>();
    let byte = |flags: &[u8; 8]| (u64::from_le_bytes(*flags).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8;
    u32::from_le_bytes([byte(&eights[0]), byte(&eights[1]), byte(&eights[2]), byte(&eights[3])])
}
