//! Who computes: rayon's threads, with OpenBLAS on one.

use blasnet::parallel::SingleThreadedBlas;
use rayon::ThreadPoolBuilder;

use crate::end::End;

/// Runs `work` inside a pool of so many threads, `None` being one for each core (or what
/// `RAYON_NUM_THREADS` says).
///
/// Inside the pool, not beside it: work that is shared out from one of its own threads need not
/// wake another first.
pub fn compute<T: Send>(
    threads: Option<usize>,
    work: impl FnOnce() -> Result<T, End> + Send,
) -> Result<T, End> {
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .build()
        .map_err(|error| End::Failed(format!("cannot start the threads: {error}; try a lower --threads")))?;
    let _rayon_has_the_threads = SingleThreadedBlas::new();
    pool.install(work)
}
