//! [`Tensor`]: an array of numbers as it lies in a file.

use std::any::type_name;
use std::borrow::Cow;

use crate::Float;
use crate::compute::kernels;
use crate::io::bytes::of_numbers;

/// What a number is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One bit of sign, 5 of exponent, 10 of fraction.
    F16,
    /// The upper half of an f32.
    #[cfg(feature = "safetensors")]
    BF16,
    F32,
    F64,
}

impl Kind {
    /// That of the network's numbers.
    pub(super) fn of<A>() -> Self {
        if size_of::<A>() == size_of::<f32>() { Self::F32 } else { Self::F64 }
    }

    /// Bytes of a number.
    pub(super) fn size(self) -> usize {
        match self {
            Self::F16 => 2,
            #[cfg(feature = "safetensors")]
            Self::BF16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// The number of these bits; exactly, as f64 holds all kinds.
    fn decode(self, bits: u64) -> f64 {
        match self {
            Self::F16 => of_half(bits),
            #[cfg(feature = "safetensors")]
            Self::BF16 => f32::from_bits((bits as u32) << 16).into(),
            Self::F32 => f32::from_bits(bits as u32).into(),
            Self::F64 => f64::from_bits(bits),
        }
    }
}

/// The number of 16 bits by IEEE 754: (−1)^sign · 2^(exponent − 15) · 1.fraction, or below the smallest exponent
/// 2^−14 · 0.fraction.
fn of_half(bits: u64) -> f64 {
    let (exponent, fraction) = ((bits >> 10 & 0x1f) as i32, (bits & 0x3ff) as f64 / 1024.0);
    let size = match exponent {
        0 => 2_f64.powi(-14) * fraction,
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => 2_f64.powi(exponent - 15) * (1.0 + fraction),
    };
    if bits >> 15 & 1 == 1 { -size } else { size }
}

/// An array: as many bytes as its shape has numbers.
#[derive(Debug, Clone)]
pub(super) struct Tensor<'a> {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) kind: Kind,
    pub(super) big_endian: bool,
    /// The first index fastest, not the last.
    pub(super) fortran: bool,
    pub(super) bytes: Cow<'a, [u8]>,
}

impl Tensor<'_> {
    /// An array, or with `transposed` a matrix whose transpose is to be written.
    pub(super) fn encode<A: Float>(name: String, values: &[A], shape: &[usize], transposed: bool) -> Self {
        let (mut shape, kind) = (shape.to_vec(), Kind::of::<A>());
        let bytes = if transposed {
            let columns = shape[1];
            let column = |column| values[column..].iter().step_by(columns).copied();
            shape.reverse();
            of_numbers(&(0..columns).flat_map(column).collect::<Vec<_>>())
        } else {
            of_numbers(values)
        };
        Self { name, shape, kind, big_endian: false, fortran: false, bytes: bytes.into() }
    }

    /// Appends the numbers, the last index fastest; of a matrix with `transposed` its transpose's.
    ///
    /// # Errors
    /// If one is not finite.
    pub(super) fn decode_into<A: Float>(&self, transposed: bool, out: &mut Vec<A>) -> Result<(), String> {
        let (before, size) = (out.len(), self.kind.size());
        if self.bytes.is_empty() {
            return Ok(());
        }
        let mut push = |bytes| out.push(A::of(self.number(bytes)));
        match self.shape[..] {
            // What is fastest in the file is not what is to be fastest here.
            [rows, columns] if self.fortran != transposed => {
                let fast = if self.fortran { rows } else { columns };
                for place in 0..fast {
                    let lines = self.bytes[place * size..].chunks(size * fast);
                    lines.for_each(|line| push(&line[..size]));
                }
            }
            _ => self.bytes.chunks_exact(size).for_each(push),
        }
        if kernels::all_finite(&out[before..]) {
            return Ok(());
        }
        // As it is in the file: an f64 may be too large for f32.
        let mut numbers = self.bytes.chunks_exact(size).map(|bytes| self.number(bytes));
        let found = numbers.find(|&number| !A::of(number).is_finite()).unwrap_or(f64::NAN);
        let (name, kind) = (&self.name, type_name::<A>());
        Err(format!("tensor `{name}` holds {found:?}, expected finite numbers of {kind}"))
    }

    fn number(&self, bytes: &[u8]) -> f64 {
        let join = |bits, &byte: &u8| bits << 8 | u64::from(byte);
        self.kind.decode(if self.big_endian {
            bytes.iter().fold(0, join)
        } else {
            bytes.iter().rev().fold(0, join)
        })
    }
}
