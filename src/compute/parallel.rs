//! Threads: rayon's and OpenBLAS's. Nothing else knows them.
//!
//! Work on elements and rows is shared out on rayon's current pool; OpenBLAS has a pool of its
//! own. Both at once is slow (OpenBLAS's idle workers spin on the processors that rayon needs),
//! and two products at a time while OpenBLAS runs several threads can corrupt each other in
//! silence. So:
//!
//! - While OpenBLAS has more than one thread, this crate makes one product at a time in the whole
//!   process. (It cannot speak for other crates' calls.) So it does with an OpenBLAS that was built
//!   for one thread and without locks (`USE_THREAD=0` without `USE_LOCKING=1`).
//! - [`SingleThreadedBlas`] hands the threads to rayon: OpenBLAS runs one thread, as often as it is
//!   called, until the guard is dropped. Programs that train want this; the command line does it.
//!
//! Threads that share a product or a training step spin while they wait for each other, a fraction of a
//! millisecond, as waking one takes longer.
//!
//! OpenBLAS's setting belongs to the process. Nothing in this crate changes it but that guard.
//!
//! A BLAS that the program brings (feature `blas` alone) has no setting that this crate knows, and is
//! taken for one that works on the thread that calls it: products are always shared out on rayon's pool.
//! It must bear calls from several threads at once, and should be told to start none itself
//! (`VECLIB_MAXIMUM_THREADS=1`, `MKL_NUM_THREADS=1`, `BLIS_NUM_THREADS=1`, before the program starts). For an
//! OpenBLAS brought so, `OPENBLAS_NUM_THREADS=1` is no matter of speed: see above.
#![cfg_attr(feature = "_openblas", allow(unsafe_code))]

mod meeting;

use crate::compute::kernels::MASK_WORD;
use meeting::Meeting;

/// The number of threads that this crate's own loops are shared out to: rayon's current pool.
///
/// Set by `RAYON_NUM_THREADS`, by rayon's `ThreadPoolBuilder`, or by calling from inside
/// another pool's `install`.
pub fn threads() -> usize {
    rayon::current_num_threads()
}

/// The number of threads that OpenBLAS works with, in the whole process; 1 without OpenBLAS, or where another
/// BLAS does not tell.
pub fn blas_threads() -> usize {
    openblas::threads()
}

/// While this lives, OpenBLAS runs one thread, and rayon has the rest. On any other BLAS it has no effect.
///
/// The setting is the process's, so make this where a program begins to compute, once. When the
/// last of several is dropped, the number found by the first is put back.
///
/// ```
/// use blasnet::parallel::{SingleThreadedBlas, blas_threads};
///
/// let before = blas_threads();
/// {
///     let _rayon_has_the_threads = SingleThreadedBlas::new();
///     assert_eq!(blas_threads(), 1);
/// }
/// assert_eq!(blas_threads(), before);
/// ```
#[derive(Debug)]
#[must_use = "OpenBLAS gets its threads back when this is dropped"]
pub struct SingleThreadedBlas(());

/// How many guards live, and what the first of them found.
static GUARDS: std::sync::Mutex<(usize, usize)> = std::sync::Mutex::new((0, 0));

impl SingleThreadedBlas {
    /// Sets OpenBLAS to one thread.
    #[expect(clippy::new_without_default, reason = "a default value should not change a process")]
    pub fn new() -> Self {
        let mut guards = lock(&GUARDS);
        if guards.0 == 0 {
            guards.1 = openblas::threads();
            openblas::set_threads(1);
        }
        guards.0 += 1;
        Self(())
    }
}

impl Drop for SingleThreadedBlas {
    fn drop(&mut self) {
        let mut guards = lock(&GUARDS);
        guards.0 -= 1;
        if guards.0 == 0 {
            openblas::set_threads(guards.1);
        }
    }
}

/// Work that can be cut in two: slices, and tuples of slices cut at the same place.
pub(crate) trait Split: Send + Sized {
    /// Elements.
    fn len(&self) -> usize;
    /// The first `at` elements, and the rest.
    fn split(self, at: usize) -> (Self, Self);
}

impl<T: Sync> Split for &[T] {
    fn len(&self) -> usize {
        (**self).len()
    }

    fn split(self, at: usize) -> (Self, Self) {
        self.split_at(at)
    }
}

impl<T: Send> Split for &mut [T] {
    fn len(&self) -> usize {
        (**self).len()
    }

    fn split(self, at: usize) -> (Self, Self) {
        self.split_at_mut(at)
    }
}

/// A mask: words of a bit for each element, to be cut at a word's end.
pub(crate) struct Bits<T>(pub(crate) T);

impl<T: Split> Split for Bits<T> {
    fn len(&self) -> usize {
        self.0.len() * MASK_WORD
    }

    fn split(self, at: usize) -> (Self, Self) {
        let (left, right) = self.0.split(at / MASK_WORD);
        (Self(left), Self(right))
    }
}

impl<S: Split, T: Split> Split for (S, T) {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn split(self, at: usize) -> (Self, Self) {
        let (a, c) = self.0.split(at);
        let (b, d) = self.1.split(at);
        ((a, b), (c, d))
    }
}

/// Elements below which a loop is not worth sharing out: a sleeping thread is awake after 20 µs at best, in
/// which one core does as many simple elements as this.
const SHARE: usize = 1 << 17;

/// How many pieces rayon's threads should make of work on so many elements.
pub(crate) fn pieces_of(elements: usize) -> usize {
    threads().min(elements / (SHARE / 2))
}

/// `kernel` on all of `work`, in pieces of whole rows of `row` elements on rayon's pool.
pub(crate) fn each<S: Split>(work: S, row: usize, kernel: impl Fn(S) + Sync) {
    let pieces = pieces_of(work.len());
    in_pieces(work, row, pieces, kernel);
}

/// `kernel` on all of `work`, in so many pieces of whole rows of `row` elements: halves of halves.
pub(crate) fn in_pieces<S: Split>(work: S, row: usize, pieces: usize, kernel: impl Fn(S) + Sync) {
    share(work, row, pieces, &kernel, &|(), ()| ());
}

/// [`in_pieces`] for work of some hundred microseconds: threads wait for each other, and spin meanwhile.
pub(crate) fn in_step<S: Split>(work: S, row: usize, pieces: usize, kernel: impl Fn(S) + Sync) {
    let meeting = Meeting::of(pieces.max(1));
    let attend = |piece| {
        let _attendance = meeting.attend();
        kernel(piece);
    };
    in_pieces(work, row, pieces, attend);
}

/// [`in_pieces`] for work in two phases: all pieces have been through `first` before one goes on to `second`.
/// Gives what that gives for the first piece.
pub(crate) fn in_two_phases<S: Split, T: Send>(
    work: S,
    row: usize,
    pieces: usize,
    first: impl Fn(&mut S) + Sync,
    second: impl Fn(S) -> T + Sync,
) -> T {
    let meeting = Meeting::of(pieces.max(1));
    let both = |mut piece| {
        let attendance = meeting.attend();
        first(&mut piece);
        attendance.wait_for_all();
        second(piece)
    };
    share(work, row, pieces, &both, &|first, _| first)
}

/// The sum of what `kernel` gives for pieces of whole rows of `row` elements. The number of elements alone decides how many
/// pieces: the same bits on any number of threads.
pub(crate) fn sum_of_each<S: Split>(work: S, row: usize, kernel: impl Fn(S) -> f64 + Sync) -> f64 {
    let pieces = work.len() / (SHARE / 2);
    share(work, row, pieces, &kernel, &|left, right| left + right)
}

fn share<S: Split, T: Send>(
    work: S,
    row: usize,
    pieces: usize,
    kernel: &(impl Fn(S) -> T + Sync),
    unite: &(impl Fn(T, T) -> T + Sync),
) -> T {
    if pieces <= 1 {
        return kernel(work);
    }
    let rows = work.len() / row;
    let (left, right) = work.split(rows * (pieces / 2) / pieces * row);
    let (left, right) = rayon::join(
        || share(left, row, pieces / 2, kernel, unite),
        || share(right, row, pieces - pieces / 2, kernel, unite),
    );
    unite(left, right)
}

/// Multiplications in a product below which it is not worth sharing out: about 25 to 50 µs on one core.
const SHARE_PRODUCT: usize = 1 << 21;

/// How many pieces rayon's threads should make of work that is no product of BLAS's, and so many
/// multiplications.
pub(crate) fn pieces(multiplications: usize) -> usize {
    threads().min(multiplications / (SHARE_PRODUCT / 2)).max(1)
}

/// How many pieces rayon's threads should make of an `[m, k] · [k, n]` product; 1 where OpenBLAS has
/// threads of its own, or no locks.
pub(crate) fn pieces_of_product(m: usize, n: usize, k: usize) -> usize {
    if openblas::makes_one_at_a_time() {
        return 1;
    }
    pieces(m.saturating_mul(n).saturating_mul(k))
}

/// The state behind these locks is whole at any time, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Makes one call of BLAS, alone in the process where OpenBLAS could not bear another.
#[cfg(feature = "blas")]
pub(crate) fn with_blas(call: impl FnOnce()) {
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _alone = openblas::makes_one_at_a_time().then(|| lock(&ONE_AT_A_TIME));
    call();
}

#[cfg(feature = "_openblas")]
mod openblas {
    use std::ffi::c_int;

    unsafe extern "C" {
        fn openblas_get_num_threads() -> c_int;
        fn openblas_set_num_threads(threads: c_int);
    }

    pub(super) fn threads() -> usize {
        // SAFETY: takes nothing, reads one number.
        let threads = unsafe { openblas_get_num_threads() };
        usize::try_from(threads).unwrap_or(1).max(1)
    }

    /// Whether two products at once could corrupt each other.
    pub(super) fn makes_one_at_a_time() -> bool {
        threads() > 1 || !crate::compute::blas::openblas::has_locks()
    }

    pub(super) fn set_threads(threads: usize) {
        // SAFETY: any positive number is accepted; the caller holds the lock on changes.
        unsafe { openblas_set_num_threads(c_int::try_from(threads).unwrap_or(1).max(1)) };
    }
}

#[cfg(not(feature = "_openblas"))]
mod openblas {
    pub(super) fn threads() -> usize {
        1
    }

    pub(super) fn makes_one_at_a_time() -> bool {
        false
    }

    pub(super) fn set_threads(_: usize) {}
}
