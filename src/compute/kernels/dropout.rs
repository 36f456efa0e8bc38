//! Dropout (Srivastava et al., *Dropout: a simple way to prevent neural networks from overfitting*, 2014): some
//! of a layer's outputs, drawn at random, are 0 for one step, and the others larger by as much as keeps the
//! expectation.
//!
//! Whether an element is kept depends on a key and its place alone, not on the elements before it. So the mask is
//! the same however the work is shared out, and no generator runs in the loop.

use std::hint::select_unpredictable;

use super::isa::kernels;

kernels! {
    /// Elements that are kept are multiplied by `scale`, the others become 0, in `h` and in `slope`, the
    /// derivative of `h`.
    ///
    /// The element at place i is kept if the hash of the key and first + i is below `keep_below`, which is
    /// 2³² times the share to keep.
    pub(crate) fn drop_out<A>(
        _isa,
        key: u32,
        first: u32,
        keep_below: u32,
        scale: A,
        h: &mut [A],
        slope: &mut [A],
    ) {
        let key = scatter(key);
        let mut place = first;
        for (h, slope) in h.iter_mut().zip(slope) {
            let kept = hash(key, place) < keep_below;
            // Not a product with 0, which keeps a NaN; and a branch is what the compiler would make of `if` here.
            *h = select_unpredictable(kept, *h * scale, A::zero());
            *slope = select_unpredictable(kept, *slope * scale, A::zero());
            place = place.wrapping_add(1);
        }
    }
}

/// A number for a place under a scattered key. The place is scattered before the key comes in: without it the
/// masks of two keys would be one mask, shifted.
#[inline(always)]
pub(crate) fn hash(key: u32, place: u32) -> u32 {
    scatter(scatter(place) ^ key)
}

/// Every bit of the result depends on every bit of `x`: `lowbias32` of Chris Wellons, *Prospecting for hash
/// functions*, 2018 (nullprogram.com/blog/2018/07/31). One to one; 0 stays 0.
#[inline(always)]
fn scatter(x: u32) -> u32 {
    let x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    let x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

#[cfg(test)]
mod tests;
