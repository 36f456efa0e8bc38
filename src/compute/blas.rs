//! Which BLAS this is, and a better kernel where it is an OpenBLAS that does not know the processor.
//!
//! The features choose: `openblas-static` is an OpenBLAS inside the program, `openblas-system` the system's
//! shared one, `blas` whatever the program links, and none of them ndarray's own product. Of several that are on,
//! the one that is named first here counts. How to get each is in the repository's
//! [docs/blas.md](https://github.com/blasnet/blasnet/blob/main/docs/blas.md).
//!
//! OpenBLAS carries a kernel for each kind of processor and chooses when it is loaded. One that is older
//! than the processor may not know it and fall back to the kernel of 2004, Prescott's: right results,
//! a quarter of the speed (seen with Debian 12's 0.3.21 on an Intel Xeon of 2023, and reported as
//! [OpenBLAS #4267](https://github.com/OpenMathLib/OpenBLAS/issues/4267)). Only the environment
//! variable [`CORETYPE`] can change its mind, and only before the program starts. So this module says what it has
//! found and leaves the rest to the program: to tell its user, or to start itself again, as the command line does.
//!
//! ```
//! use blasnet::blas;
//!
//! if let Some(kernel) = blas::better_kernel() {
//!     eprintln!("{} does not know this processor; faster with {}={kernel}", blas::name(), blas::CORETYPE);
//! }
//! ```
#![cfg_attr(feature = "_openblas", allow(unsafe_code))]

/// The environment variable that OpenBLAS reads a kernel's name from when it is loaded: `OPENBLAS_CORETYPE`.
pub const CORETYPE: &str = "OPENBLAS_CORETYPE";

/// What multiplies the matrices, such as `OpenBLAS 0.3.21, kernel Zen`; `CBLAS` where the program links one
/// that this crate knows nothing else about, `matrixmultiply` (ndarray's own product) where there is none.
pub fn name() -> String {
    match openblas::kernel() {
        Some(kernel) => format!("{}, kernel {kernel}", openblas::version()),
        None if cfg!(feature = "blas") => "CBLAS".into(),
        None => "matrixmultiply".into(),
    }
}

/// A kernel that suits this processor better than the one that OpenBLAS has chosen; `None` where its
/// choice is right, or somebody's own ([`CORETYPE`] is set). To use it, start the program with [`CORETYPE`] set to it.
pub fn better_kernel() -> Option<&'static str> {
    if std::env::var_os(CORETYPE).is_some() {
        return None;
    }
    better_than(&openblas::kernel()?)
}

/// What to use in place of this kernel.
fn better_than(kernel: &str) -> Option<&'static str> {
    // OpenBLAS's last resort on x86-64; no real Prescott has AVX2.
    if kernel == "Prescott" { best_on_this_processor() } else { None }
}

#[cfg(target_arch = "x86_64")]
fn best_on_this_processor() -> Option<&'static str> {
    if !(is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")) {
        return None;
    }
    let skylake_x = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512cd")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    Some(if skylake_x { "SkylakeX" } else { "Haswell" })
}

#[cfg(not(target_arch = "x86_64"))]
fn best_on_this_processor() -> Option<&'static str> {
    None
}

#[cfg(feature = "_openblas")]
pub(crate) mod openblas {
    use std::ffi::{CStr, c_char};
    use std::sync::LazyLock;

    unsafe extern "C" {
        fn openblas_get_config() -> *const c_char;
        fn openblas_get_corename() -> *const c_char;
    }

    /// Reads "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH …". Asked for once, as OpenBLAS writes it anew each time.
    static CONFIGURATION: LazyLock<String> = LazyLock::new(|| {
        // SAFETY: gives a static, NUL-terminated string.
        unsafe { CStr::from_ptr(openblas_get_config()) }.to_string_lossy().into_owned()
    });

    pub(super) fn version() -> String {
        CONFIGURATION.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn kernel() -> Option<String> {
        // SAFETY: gives a static, NUL-terminated string.
        let name = unsafe { CStr::from_ptr(openblas_get_corename()) };
        Some(name.to_string_lossy().into_owned())
    }

    /// Whether several threads may call it at once while it has one of its own.
    pub(crate) fn has_locks() -> bool {
        has_locks_by(&CONFIGURATION)
    }

    /// One that is built for several threads always has locks, one for a single thread only
    /// [if told so](http://www.openmathlib.org/OpenBLAS/docs/faq/#multi-threaded).
    pub(super) fn has_locks_by(configuration: &str) -> bool {
        let says = |word| configuration.split_whitespace().any(|found| found == word);
        !says("SINGLE_THREADED") || says("USE_LOCKING")
    }
}

#[cfg(not(feature = "_openblas"))]
mod openblas {
    pub(super) fn version() -> String {
        String::new()
    }

    pub(super) fn kernel() -> Option<String> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_resort_is_replaced() {
        for chosen in ["Haswell", "SkylakeX", "Zen", "Nehalem", "armv8", ""] {
            assert_eq!(better_than(chosen), None);
        }
        assert_eq!(better_than("Prescott"), best_on_this_processor());
    }

    #[test]
    #[cfg(feature = "_openblas")]
    fn a_build_for_one_thread_has_locks_only_if_told_so() {
        let cases = [
            ("OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY Haswell MAX_THREADS=64", true),
            ("OpenBLAS 0.3.32 NO_AFFINITY USE_LOCKING Haswell SINGLE_THREADED", true),
            ("OpenBLAS 0.3.32 NO_AFFINITY Haswell SINGLE_THREADED", false),
        ];
        for (configuration, has_locks) in cases {
            assert_eq!(openblas::has_locks_by(configuration), has_locks, "{configuration}");
        }
    }
}
