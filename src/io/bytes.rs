//! Numbers as bytes, least significant first, as files have them.

use crate::Float;

/// The bytes of these numbers. Not collected one by one, which takes ten times as long.
pub(crate) fn of_numbers<A: Float>(numbers: &[A]) -> Vec<u8> {
    let mut bytes = vec![0; size_of_val(numbers)];
    match size_of::<A>() {
        // An f32 came from one: no rounding.
        4 => fill(&mut bytes, numbers, |number| (number.as_f64() as f32).to_le_bytes()),
        _ => fill(&mut bytes, numbers, |number| number.as_f64().to_le_bytes()),
    }
    bytes
}

fn fill<A: Float, const N: usize>(bytes: &mut [u8], numbers: &[A], of: impl Fn(A) -> [u8; N]) {
    bytes.as_chunks_mut().0.iter_mut().zip(numbers).for_each(|(bytes, &number)| *bytes = of(number));
}

/// The numbers of these bytes, which are of this type; a rest that is no number is left out.
#[cfg(feature = "checkpoint")]
pub(crate) fn to_numbers<A: Float>(bytes: &[u8]) -> Vec<A> {
    match size_of::<A>() {
        4 => bytes.as_chunks().0.iter().map(|&bytes| A::of(f32::from_le_bytes(bytes).into())).collect(),
        _ => bytes.as_chunks().0.iter().map(|&bytes| A::of(f64::from_le_bytes(bytes))).collect(),
    }
}

#[cfg(all(test, feature = "checkpoint"))]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_bit_by_bit() {
        let numbers = [0.0, -0.0, 1.5, f32::MIN_POSITIVE, f32::from_bits(1), f32::MAX, f32::INFINITY];
        let bits = |numbers: &[f32]| numbers.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&to_numbers(&of_numbers(&numbers))), bits(&numbers));
        assert_eq!(of_numbers(&[1.0_f32]), [0, 0, 0x80, 0x3f]);
        let numbers = [-0.0, 0.1, f64::from_bits(1), f64::MAX];
        let bits = |numbers: &[f64]| numbers.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&to_numbers(&of_numbers(&numbers))), bits(&numbers));
        assert_eq!(to_numbers::<f64>(&[0; 15]), [0.0]);
    }
}
