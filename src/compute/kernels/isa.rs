//! Which instructions a kernel is compiled for, chosen at run time.

use std::sync::OnceLock;

use crate::Float;

/// What the loops of a kernel may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isa {
    /// What every processor of the target has: SSE2 on x86-64, NEON on AArch64.
    Baseline,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Isa {
    /// All that this processor has, the best last.
    pub(crate) fn available() -> &'static [Self] {
        #[cfg(target_arch = "x86_64")]
        {
            const ALL: [Isa; 3] = [Isa::Baseline, Isa::Avx2, Isa::Avx512];
            // std remembers the answers.
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            let avx512 = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl");
            match (avx2, avx512) {
                (true, true) => &ALL,
                (true, false) => &ALL[..2],
                (false, _) => &ALL[..1],
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        &[Self::Baseline]
    }

    /// The best that this processor has.
    #[inline]
    pub(crate) fn best() -> Self {
        #[cfg(test)]
        if let Some(isa) = tests::forced() {
            return isa;
        }
        static BEST: OnceLock<Isa> = OnceLock::new();
        *BEST.get_or_init(|| Self::available()[Self::available().len() - 1])
    }

    /// `a · b + c`, rounded once where there is an instruction for it.
    #[inline(always)]
    pub(crate) fn mul_add<A: Float>(self, a: A, b: A, c: A) -> A {
        let fused = match self {
            Self::Baseline => cfg!(target_arch = "aarch64"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 | Self::Avx512 => true,
        };
        // A constant where this is inlined: without the instruction `mul_add` is a slow function call.
        if fused { a.mul_add(b, c) } else { a * b + c }
    }
}

/// Defines kernels: functions whose body is compiled once for each [`Isa`] and called for the best one, or,
/// declared with `isa: Isa`, for the one that they are given, which must come from [`Isa::best`].
///
/// The body is plain Rust, written so that the compiler vectorises its loops: no branch, no call that is
/// not inlined, sums in as many parts as a vector has lanes. Its first parameter is the `Isa` that it is
/// compiled for.
macro_rules! kernels {
    ($(
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident<$A:ident>(
            $isa:ident $(: $given:ident)?, $($argument:ident: $type:ty),* $(,)?
        ) $(-> $result:ty)? $body:block
    )*) => {$(
        $(#[$attribute])*
        #[allow(unsafe_code, clippy::allow_attributes, clippy::too_many_arguments)]
        $visibility fn $name<$A: $crate::Float>($($isa: $given,)? $($argument: $type),*) $(-> $result)? {
            use $crate::compute::kernels::isa::Isa;

            #[inline(always)]
            fn body<$A: $crate::Float>($isa: Isa, $($argument: $type),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2<$A: $crate::Float>($($argument: $type),*) $(-> $result)? {
                body(Isa::Avx2, $($argument),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
            fn avx512<$A: $crate::Float>($($argument: $type),*) $(-> $result)? {
                body(Isa::Avx512, $($argument),*)
            }

            match $crate::compute::kernels::isa::chosen!($($isa: $given)?) {
                Isa::Baseline => body(Isa::Baseline, $($argument),*),
                // SAFETY: `best` gives what the processor has.
                #[cfg(target_arch = "x86_64")]
                Isa::Avx2 => unsafe { avx2($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                Isa::Avx512 => unsafe { avx512($($argument),*) },
            }
        }
    )*};
}

/// The [`Isa`] that a kernel is given, or the best.
macro_rules! chosen {
    () => {
        $crate::compute::kernels::isa::Isa::best()
    };
    ($isa:ident: $given:ident) => {
        $isa
    };
}
pub(crate) use chosen;
pub(crate) use kernels;

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;

    use super::Isa;

    thread_local! {
        static FORCED: Cell<Option<Isa>> = const { Cell::new(None) };
    }

    pub(super) fn forced() -> Option<Isa> {
        FORCED.get()
    }

    /// `test` with kernels of each instruction set that this processor has.
    pub(crate) fn on_each_isa(mut test: impl FnMut(Isa)) {
        for &isa in Isa::available() {
            FORCED.set(Some(isa));
            test(isa);
        }
        FORCED.set(None);
    }
}
