//! The loops of elementwise kernels, and results too large for the caches, written past them.
//!
//! An ordinary store reads its cache line first, so a loop that only writes an array reads it too: a third
//! of a copy's traffic. A non-temporal store does not, where it fills whole lines.

use std::array;

use super::isa::Isa;
use crate::Float;

/// Elements computed at a time: a cache line of f32, two of f64.
pub(super) const LANES: usize = 16;

/// Bytes of a cache line, and of the largest register.
pub(crate) const LINE: usize = 64;

/// Bytes of one result from which it is streamed: more than a core's own caches hold, so that
/// whoever reads it next would not find it there anyway.
const LARGE: usize = 4 << 20;

/// Elements between what is computed and what is asked for.
pub(super) const AHEAD: usize = 1024;

/// Whether results of so many elements should go past the caches.
#[inline(always)]
pub(super) fn is_large<A: Float>(elements: usize) -> bool {
    cfg!(target_arch = "x86_64") && elements * size_of::<A>() >= LARGE
}

/// Elements of `result` before its first whole cache line.
#[inline(always)]
pub(super) fn head<A: Float>(result: &[A]) -> usize {
    result.as_ptr().align_offset(LINE).min(result.len())
}

/// The results of `f` for each element of the inputs; all slices are of one length.
#[inline(always)]
pub(super) fn map<A: Float, const I: usize, const O: usize>(
    isa: Isa,
    inputs: [&[A]; I],
    mut results: [&mut [A]; O],
    f: impl Fn([A; I]) -> [A; O],
) {
    let length = results[0].len();
    assert!(inputs.iter().all(|input| input.len() == length), "inputs are as long as results");
    assert!(results.iter().all(|result| result.len() == length), "results are of one length");
    if !is_large::<A>(length) {
        return map_range(inputs, &mut results, 0, length, &f);
    }
    let head = head(results[0]);
    map_range(inputs, &mut results, 0, head, &f);
    let mut place = head;
    while length - place >= LANES {
        let lanes: [&[A; LANES]; I] = inputs.map(|input| lanes_at(input, place));
        for input in inputs {
            prefetch(input, place + AHEAD);
        }
        let mut computed = [[A::zero(); LANES]; O];
        for l in 0..LANES {
            let of_lane = f(array::from_fn(|i| lanes[i][l]));
            for o in 0..O {
                computed[o][l] = of_lane[o];
            }
        }
        for o in 0..O {
            store(isa, &computed[o], &mut results[o][place..]);
        }
        place += LANES;
    }
    map_range(inputs, &mut results, place, length, &f);
    fence();
}

#[inline(always)]
fn lanes_at<A: Float>(input: &[A], place: usize) -> &[A; LANES] {
    input[place..].first_chunk().expect("whole lanes are left")
}

/// [`map`] for the elements from `start` to `end`, by ordinary stores.
#[inline(always)]
fn map_range<A: Float, const I: usize, const O: usize>(
    inputs: [&[A]; I],
    results: &mut [&mut [A]; O],
    start: usize,
    end: usize,
    f: &impl Fn([A; I]) -> [A; O],
) {
    // Equal lengths that the compiler sees, so that it need not check each access.
    let inputs = inputs.map(|input| &input[start..end]);
    let results = results.each_mut().map(|result| &mut result[start..end]);
    for place in 0..end - start {
        // Not by way of the reference, whose own call the compiler may leave as one.
        let computed = (*f)(array::from_fn(|i| inputs[i][place]));
        for o in 0..O {
            results[o][place] = computed[o];
        }
    }
}

/// Asks for an element's cache line. The processor's own prefetching stops at the end of a page.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(unsafe_code)]
pub(crate) fn prefetch<T>(input: &[T], place: usize) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: nothing is read, whatever the address.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(input.as_ptr().wrapping_add(place).cast()) };
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(crate) fn prefetch<T>(_: &[T], _: usize) {}

/// Copies, streaming the whole lines of `to`. [`fence`] orders this before what follows.
#[inline(always)]
pub(super) fn copy<A: Float>(isa: Isa, from: &[A], to: &mut [A]) {
    let (from_head, from) = from.split_at(head(to));
    let (to_head, to) = to.split_at_mut(from_head.len());
    to_head.copy_from_slice(from_head);
    let (from, from_rest) = from.as_chunks::<LANES>();
    let (to, to_rest) = to.as_chunks_mut::<LANES>();
    for (from, to) in from.iter().zip(to) {
        store(isa, from, to);
    }
    to_rest.copy_from_slice(from_rest);
}

/// Asks for all of `input`, which is needed soon and lies where nobody would expect it.
pub(crate) fn prefetch_all<T>(input: &[T]) {
    for place in (0..input.len()).step_by(LINE / size_of::<T>()) {
        prefetch(input, place);
    }
}

/// Streams to the beginning of `to`. [`fence`] orders this before what follows.
///
/// By whole vectors where `to` starts a cache line, as it does for the first result; by 16 bytes at a time where
/// it lies at a multiple of that, and by ordinary stores elsewhere.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn store<A: Float>(isa: Isa, from: &[A; LANES], to: &mut [A]) {
    use std::arch::x86_64::{
        __m128i, __m256i, __m512i, _mm_loadu_si128, _mm_stream_si128, _mm256_loadu_si256,
        _mm256_stream_si256, _mm512_loadu_si512, _mm512_stream_si512,
    };

    let to = to.first_chunk_mut::<LANES>().expect("the result has room");
    let bytes = size_of_val(from);
    let (source, target) = (from.as_ptr().cast::<u8>(), to.as_mut_ptr().cast::<u8>());
    if target.align_offset(size_of::<__m128i>()) != 0 {
        *to = *from;
        return;
    }
    let whole_lines = target.align_offset(LINE) == 0;
    // SAFETY: `bytes` is the size of both, a multiple of 64; the target is aligned to 16 bytes, and to 64 for
    // the wider stores; the instructions are those of `isa`, for which this is compiled.
    unsafe {
        match isa {
            Isa::Avx2 if whole_lines => {
                for place in (0..bytes).step_by(size_of::<__m256i>()) {
                    _mm256_stream_si256(
                        target.add(place).cast(),
                        _mm256_loadu_si256(source.add(place).cast()),
                    );
                }
            }
            Isa::Avx512 if whole_lines => {
                for place in (0..bytes).step_by(size_of::<__m512i>()) {
                    _mm512_stream_si512(
                        target.add(place).cast(),
                        _mm512_loadu_si512(source.add(place).cast()),
                    );
                }
            }
            _ => {
                for place in (0..bytes).step_by(size_of::<__m128i>()) {
                    _mm_stream_si128(target.add(place).cast(), _mm_loadu_si128(source.add(place).cast()));
                }
            }
        }
    }
}

/// Non-temporal stores are not ordered with others until this.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn fence() {
    // SAFETY: SSE belongs to x86-64.
    unsafe { std::arch::x86_64::_mm_sfence() };
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(super) fn store<A: Float>(_: Isa, from: &[A; LANES], to: &mut [A]) {
    to[..LANES].copy_from_slice(from);
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(super) fn fence() {}
