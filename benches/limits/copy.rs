//! The limit of what is made of memory traffic: this machine's fastest copy.

use std::hint::black_box;
use std::sync::{Arc, Mutex};

use rayon::ThreadPool;

use crate::measure::{Arm, Effort, fastest};

/// How memory is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The C library's, by way of the standard library.
    Memcpy,
    /// Stores that pass the caches by, which saves reading what is overwritten.
    #[cfg(target_arch = "x86_64")]
    Streaming,
    /// That, and asking for what is read some time before.
    #[cfg(target_arch = "x86_64")]
    Prefetching,
}

/// Two arrays of so many f32, and the way to copy one to the other.
pub struct Copies {
    from: Vec<f32>,
    to: Vec<f32>,
}

/// Elements between what is read and what is asked for: a page.
#[cfg(target_arch = "x86_64")]
const AHEAD: usize = 1024;

/// Bytes that a copy moves an element: it reads one f32 and writes one.
pub const BYTES: f64 = 8.0;

/// The fastest copy in a pool.
#[derive(Debug, Clone, Copy)]
pub struct Fastest(Kind);

impl Fastest {
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Memcpy => "memcpy",
            #[cfg(target_arch = "x86_64")]
            Kind::Streaming => "streaming copy",
            #[cfg(target_arch = "x86_64")]
            Kind::Prefetching => "prefetching copy",
        }
    }
}

impl Copies {
    /// Both arrays written to, so that no page is a first touch later.
    pub fn new(elements: usize) -> Self {
        Self { from: (0..elements).map(|place| place as f32).collect(), to: vec![-1.0; elements] }
    }

    pub fn arm(&mut self, pool: &Arc<ThreadPool>, fastest: Fastest) -> Arm<'_> {
        Arm::new(pool, move || self.run(fastest.0))
    }

    /// Tries each kind in this pool, having checked that it copies.
    pub fn fastest(&mut self, pool: &Arc<ThreadPool>, effort: &Effort) -> Fastest {
        let kinds = kinds();
        for &kind in &kinds {
            self.to.fill(-1.0);
            pool.install(|| self.run(kind));
            assert!(self.from == self.to, "{kind:?} copies everything");
        }
        // The arms take turns on the same arrays.
        let copies = Mutex::new(self);
        let arm = |&kind: &Kind| {
            let copies = &copies;
            Arm::new(pool, move || copies.lock().expect("no arm has panicked").run(kind))
        };
        let (best, _) = fastest(effort, kinds.iter().map(arm).collect());
        Fastest(kinds[best])
    }

    fn run(&mut self, kind: Kind) {
        share(rayon::current_num_threads(), kind, &self.from, &mut self.to);
        black_box(&mut self.to);
    }
}

fn kinds() -> Vec<Kind> {
    let mut kinds = vec![Kind::Memcpy];
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx") {
        kinds.extend([Kind::Streaming, Kind::Prefetching]);
    }
    kinds
}

/// The copy in so many pieces on rayon's current pool.
fn share(pieces: usize, kind: Kind, from: &[f32], to: &mut [f32]) {
    if pieces == 1 {
        return match kind {
            Kind::Memcpy => to.copy_from_slice(from),
            #[cfg(target_arch = "x86_64")]
            Kind::Streaming => streaming::copy(from, to, 0),
            #[cfg(target_arch = "x86_64")]
            Kind::Prefetching => streaming::copy(from, to, AHEAD),
        };
    }
    let cut = from.len() * (pieces / 2) / pieces;
    let (from, from_rest) = from.split_at(cut);
    let (to, to_rest) = to.split_at_mut(cut);
    rayon::join(
        || share(pieces / 2, kind, from, to),
        || share(pieces - pieces / 2, kind, from_rest, to_rest),
    );
}

#[cfg(target_arch = "x86_64")]
mod streaming {
    use std::arch::x86_64::{
        _MM_HINT_T0, _mm_prefetch, _mm_sfence, _mm256_loadu_ps, _mm256_stream_ps, _mm512_loadu_ps,
        _mm512_stream_ps,
    };

    /// A cache line, which is also AVX-512's vector, in f32.
    const LINE: usize = 16;

    /// With AVX-512 where there is any, else with AVX, which must be there.
    pub(super) fn copy(from: &[f32], to: &mut [f32], ahead: usize) {
        assert_eq!(from.len(), to.len());
        assert!(is_x86_feature_detected!("avx"));
        // Streaming stores want their addresses aligned.
        let head = to.as_ptr().align_offset(LINE * size_of::<f32>()).min(to.len());
        let (from_head, from) = from.split_at(head);
        let (to_head, to) = to.split_at_mut(head);
        to_head.copy_from_slice(from_head);
        let lines = to.len() / LINE * LINE;
        to[lines..].copy_from_slice(&from[lines..]);
        let (from, to) = (&from[..lines], &mut to[..lines]);
        if is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has AVX-512, and `to` starts at a cache line.
            unsafe { avx512(from, to, ahead) }
        } else {
            // SAFETY: the processor has AVX, and `to` starts at a cache line.
            unsafe { avx(from, to, ahead) }
        }
    }

    /// Asks for what lies so many elements further on; nothing for 0.
    #[inline(always)]
    fn prefetch(from: &[f32], ahead: usize) {
        if ahead > 0 {
            // SAFETY: nothing is read, whatever the address.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(from.as_ptr().wrapping_add(ahead).cast()) };
        }
    }

    /// # Safety
    ///
    /// `to` starts at a cache line, and both are whole lines, as many.
    #[target_feature(enable = "avx512f")]
    unsafe fn avx512(from: &[f32], to: &mut [f32], ahead: usize) {
        for (from, to) in from.chunks_exact(LINE).zip(to.chunks_exact_mut(LINE)) {
            prefetch(from, ahead);
            // SAFETY: each chunk is one vector, and those of `to` are aligned as their start is.
            unsafe { _mm512_stream_ps(to.as_mut_ptr(), _mm512_loadu_ps(from.as_ptr())) };
        }
        // Streaming stores are unordered: nobody may read before they are done.
        _mm_sfence();
    }

    /// # Safety
    ///
    /// As for [`avx512`].
    #[target_feature(enable = "avx")]
    unsafe fn avx(from: &[f32], to: &mut [f32], ahead: usize) {
        const HALF: usize = LINE / 2;
        for (from, to) in from.chunks_exact(HALF).zip(to.chunks_exact_mut(HALF)) {
            prefetch(from, ahead);
            // SAFETY: each chunk is one vector, and those of `to` are aligned as their start is.
            unsafe { _mm256_stream_ps(to.as_mut_ptr(), _mm256_loadu_ps(from.as_ptr())) };
        }
        // As above.
        _mm_sfence();
    }
}
