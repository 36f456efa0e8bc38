//! [`Meeting`]: where pieces of shared work wait for each other without falling asleep.

use std::hint;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// One meeting of the pieces of some work on rayon's pool, in the middle of it.
///
/// rayon's threads wait for each other at the end of a `join`, and there they go to sleep after some 20 µs;
/// waking one takes 30 to 50 µs, and that several times in a training step of less than a millisecond. Here
/// they spin.
///
/// A pool need not have a thread for each piece: it may be busy elsewhere, so that a piece has not begun when
/// others wait for it. A waiting thread then offers itself to rayon, which hands it the piece. It runs on
/// top of the one that waits, to its end: with a second meeting it would wait for what lies under it, for ever.
/// Hence just one, and at the end a bounded wait.
pub(super) struct Meeting {
    pieces: usize,
    begun: AtomicUsize,
    arrived: AtomicUsize,
    ended: AtomicUsize,
    /// A piece has panicked and may never arrive.
    broken: AtomicBool,
}

/// A piece's part in a [`Meeting`], from its beginning to its end.
pub(super) struct Attendance<'a>(&'a Meeting);

/// Turns of a spinning loop, each some 20 ns: after so many a thread lets others have the processor, of
/// which there may be fewer than threads.
const TURNS: u32 = 1 << 10;

/// Times that a thread lets others have the processor before it begins without them: 50 to 100 µs.
const PATIENCE: u32 = 150;

impl Meeting {
    pub(super) fn of(pieces: usize) -> Self {
        let zero = || AtomicUsize::new(0);
        Self { pieces, begun: zero(), arrived: zero(), ended: zero(), broken: AtomicBool::new(false) }
    }

    /// Begins a piece, when all others have begun, but soon in any case.
    ///
    /// Work of a few hundred microseconds is over before a thread that slept is awake, here always again: it
    /// would come late, find nothing to do and fall asleep. Waiting for it once gets it into step.
    pub(super) fn attend(&self) -> Attendance<'_> {
        let mut begun = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        for _ in 0..PATIENCE {
            if begun >= self.pieces {
                break;
            }
            thread::yield_now();
            begun = self.begun.load(Ordering::Relaxed);
        }
        Attendance(self)
    }
}

impl Attendance<'_> {
    /// Returns when all pieces have called it; what they wrote before is seen after. To be called once.
    pub(super) fn wait_for_all(&self) {
        let meeting = self.0;
        meeting.arrived.fetch_add(1, Ordering::AcqRel);
        let mut turns = 0_u32;
        while meeting.arrived.load(Ordering::Acquire) < meeting.pieces {
            assert!(!meeting.broken.load(Ordering::Relaxed), "another piece of this work has panicked");
            turns = turns.wrapping_add(1);
            if meeting.begun.load(Ordering::Relaxed) < meeting.pieces {
                // Perhaps nobody else has a hand free for it.
                if rayon::yield_now() != Some(rayon::Yield::Executed) {
                    thread::yield_now();
                }
            } else if turns.is_multiple_of(TURNS) {
                thread::yield_now();
            } else {
                hint::spin_loop();
            }
        }
    }
}

impl Drop for Attendance<'_> {
    fn drop(&mut self) {
        let meeting = self.0;
        if thread::panicking() {
            meeting.broken.store(true, Ordering::Relaxed);
        }
        // The others are about to end, too: rayon, which waits for them next, would fall asleep over it.
        let mut ended = meeting.ended.fetch_add(1, Ordering::Relaxed) + 1;
        for _ in 0..8 * TURNS {
            if ended >= meeting.pieces || meeting.broken.load(Ordering::Relaxed) {
                break;
            }
            hint::spin_loop();
            ended = meeting.ended.load(Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use crate::compute::parallel::in_two_phases;

    /// Each piece sees all that was written before the meeting, whatever the pool.
    #[test]
    fn nobody_is_ahead_of_the_others() {
        for (threads, pieces) in [(1, 1), (1, 5), (2, 2), (2, 7), (3, 3), (7, 4)] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            for _ in 0..50 {
                let mut work = vec![0_u8; 70];
                let been = AtomicUsize::new(0);
                let length = pool.install(|| {
                    in_two_phases(
                        &mut *work,
                        1,
                        pieces,
                        |piece| {
                            piece.fill(1);
                            been.fetch_add(1, Ordering::Relaxed);
                        },
                        |piece| {
                            assert_eq!(been.load(Ordering::Relaxed), pieces);
                            piece.iter_mut().for_each(|done| *done += 1);
                            piece.len()
                        },
                    )
                });
                assert!(length.abs_diff(70 / pieces) <= 3, "the first piece's");
                assert!(work.iter().all(|&done| done == 2));
            }
        }
    }

    #[test]
    fn a_panic_leaves_nobody_waiting() {
        for threads in [1, 2, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
            let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                pool.install(|| {
                    let begun = AtomicUsize::new(0);
                    let first = |_: &mut &[u8]| {
                        assert_ne!(begun.fetch_add(1, Ordering::Relaxed), 1, "the second to begin");
                    };
                    in_two_phases(&[0_u8; 3][..], 1, 3, first, |_| ());
                });
            }));
            assert!(panicked.is_err());
        }
    }
}
