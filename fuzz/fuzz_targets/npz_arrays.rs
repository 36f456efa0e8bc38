//! [`blasnet_fuzz::npz_arrays`].
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    blasnet_fuzz::npz_arrays(bytes);
});
