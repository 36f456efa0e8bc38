//! Weights whose size follows from that of their layer: what passes through many layers neither dies out nor grows
//! without bounds.
//!
//! Xavier's are for activations that are about the identity at 0, such as tanh; He's for ReLU, which lets half of
//! its input through.

use ndarray::Array2;
use rand::Rng;

use super::{gaussian, uniform};
use crate::Float;

/// Draws from N(0, 2 / (in + out)) for weights `[in, out]`: Glorot and Bengio, *Understanding the difficulty of training
/// deep feedforward neural networks*, 2010.
pub fn xavier_normal<A: Float, R: Rng + ?Sized>(shape: (usize, usize), rng: &mut R) -> Array2<A> {
    gaussian(shape, (1.0 / mean_fan(shape)).sqrt(), rng)
}

/// As [`xavier_normal`], but evenly from between −√(6 / (in + out)) and √(6 / (in + out)).
pub fn xavier_uniform<A: Float, R: Rng + ?Sized>(shape: (usize, usize), rng: &mut R) -> Array2<A> {
    uniform(shape, (3.0 / mean_fan(shape)).sqrt(), rng)
}

/// Draws from N(0, 2 / in) for weights `[in, out]` before a ReLU: He et al., *Delving Deep into Rectifiers*, 2015.
pub fn he_normal<A: Float, R: Rng + ?Sized>(shape: (usize, usize), rng: &mut R) -> Array2<A> {
    gaussian(shape, (2.0 / fan_in(shape)).sqrt(), rng)
}

/// As [`he_normal`], but evenly from between −√(6 / in) and √(6 / in).
pub fn he_uniform<A: Float, R: Rng + ?Sized>(shape: (usize, usize), rng: &mut R) -> Array2<A> {
    uniform(shape, (6.0 / fan_in(shape)).sqrt(), rng)
}

fn fan_in((inputs, _): (usize, usize)) -> f64 {
    inputs as f64
}

fn mean_fan((inputs, outputs): (usize, usize)) -> f64 {
    (inputs as f64 + outputs as f64) / 2.0
}
