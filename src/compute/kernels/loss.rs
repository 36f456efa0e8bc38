//! Losses of outputs that do not know of each other, and their derivatives.

use super::elementwise::sigmoid_and_exp;
use super::isa::kernels;
use super::relu::positive_part;
use crate::Float;

/// Parts of a sum: lanes of the widest vectors for f32.
const LANES: usize = 16;

/// Elements of which one logarithm is taken: 64 factors of 1 to 2 in each lane, whose product stays finite.
const LOGARITHM: usize = 64 * LANES;

kernels! {
    /// Gives Σ (z − t)², and dz = scale · (z − t).
    pub(crate) fn squared_error<A>(_isa, scale: A, z: &[A], t: &[A], dz: &mut [A]) -> f64 {
        let mut sums = [0.0; LANES];
        by_lanes(z, t, dz, #[inline(always)] |lane, z, t| {
            let error = z - t;
            sums[lane] += (error * error).as_f64();
            scale * error
        });
        sums.iter().sum()
    }

    /// Gives Σ −t log σ(z) − (1 − t) log(1 − σ(z)), and dz = scale · (σ(z) − t).
    ///
    /// The loss of an element is max(z, 0) − z·t + log(1 + e^(−|z|)). Logarithms add up to that of a product, so
    /// that one is taken for many elements.
    pub(crate) fn binary_cross_entropy<A>(isa, scale: A, z: &[A], t: &[A], dz: &mut [A]) -> f64 {
        let mut sum = 0.0;
        let chunks = z.chunks(LOGARITHM).zip(t.chunks(LOGARITHM)).zip(dz.chunks_mut(LOGARITHM));
        for ((z, t), dz) in chunks {
            let (mut sums, mut products) = ([0.0; LANES], [1.0; LANES]);
            by_lanes(z, t, dz, #[inline(always)] |lane, z, t| {
                let (sigmoid, small) = sigmoid_and_exp(isa, z);
                sums[lane] += (positive_part(z) - z * t).as_f64();
                products[lane] *= 1.0 + small.as_f64();
                scale * (sigmoid - t)
            });
            sum += sums.iter().sum::<f64>() + products.iter().map(|product: &f64| product.ln()).sum::<f64>();
        }
        sum
    }
}

/// dz = f(lane, z, t), the lanes side by side.
#[inline(always)]
fn by_lanes<A: Float>(z: &[A], t: &[A], dz: &mut [A], mut f: impl FnMut(usize, A, A) -> A) {
    let ((z, z_rest), (t, t_rest)) = (z.as_chunks::<LANES>(), t.as_chunks::<LANES>());
    let (dz, dz_rest) = dz.as_chunks_mut::<LANES>();
    for ((z, t), dz) in z.iter().zip(t).zip(dz) {
        for lane in 0..LANES {
            dz[lane] = f(lane, z[lane], t[lane]);
        }
    }
    for (lane, ((&z, &t), dz)) in z_rest.iter().zip(t_rest).zip(dz_rest).enumerate() {
        *dz = f(lane, z, t);
    }
}
