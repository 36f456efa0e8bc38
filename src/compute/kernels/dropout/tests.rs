//! Masks are fair, independent, and the same however they are cut.

use super::*;
use crate::Float;
use crate::compute::kernels::on_each_isa;

/// 2³² times the share.
fn below(share: f64) -> u32 {
    (share * 4_294_967_296.0) as u32
}

/// Which of so many elements are kept, from place `first` on.
fn mask(key: u32, first: u32, keep_below: u32, length: usize) -> Vec<bool> {
    let (mut h, mut slope) = (vec![1.0_f32; length], vec![1.0; length]);
    drop_out(key, first, keep_below, 1.0, &mut h, &mut slope);
    assert_eq!(h, slope);
    h.into_iter().map(|h| h != 0.0).collect()
}

/// Kept elements are scaled, and the others 0 whatever they were.
fn scaled<A: Float>() {
    on_each_isa(|isa| {
        for length in [0, 1, 7, 8, 9, 16, 17, 31, 33, 64, 1000] {
            let (keep_below, scale) = (below(0.75), A::of(1.0 / 0.75));
            let kept: Vec<bool> =
                (0..length).map(|place| hash(scatter(5), 100 + place as u32) < keep_below).collect();
            let before: Vec<A> = (0..length).map(|place| A::of(place as f64 - 20.5)).collect();
            let (mut h, mut slope) = (before.clone(), before.clone());
            drop_out(5, 100, keep_below, scale, &mut h, &mut slope);
            let after = |place: usize| if kept[place] { before[place] * scale } else { A::zero() };
            assert!((0..length).all(|place| h[place] == after(place)), "{isa:?}, {length}");
            assert!((0..length).all(|place| slope[place] == after(place)), "{isa:?}, {length}");

            let (mut h, mut slope) = (vec![A::nan(); length], vec![A::infinity(); length]);
            drop_out(5, 100, keep_below, scale, &mut h, &mut slope);
            assert!((0..length).all(|place| h[place].is_nan() == kept[place]), "{isa:?}, {length}");
            assert!((0..length).all(|place| slope[place] == A::zero() || kept[place]), "{isa:?}, {length}");
        }
    });
}

#[test]
fn kept_ones_are_scaled_and_the_others_0() {
    scaled::<f32>();
    scaled::<f64>();
}

#[test]
fn a_mask_is_the_same_however_it_is_cut() {
    // Places pass from the largest number to 0.
    let (key, first, keep_below, length) = (77, u32::MAX - 300, below(0.5), 1001);
    let whole = mask(key, first, keep_below, length);
    on_each_isa(|isa| {
        assert_eq!(mask(key, first, keep_below, length), whole, "{isa:?}");
        for cut in [1, 13, 64, 300, 301, 302, 1000] {
            let mut parts = mask(key, first, keep_below, cut);
            parts.extend(mask(key, first.wrapping_add(cut as u32), keep_below, length - cut));
            assert_eq!(parts, whole, "{isa:?}, cut at {cut}");
        }
    });
}

/// A key stands for one mask in all versions.
#[test]
fn a_mask_is_what_it_always_was() {
    let kept = mask(1, 0, below(0.5), 32).into_iter().enumerate();
    let bits = kept.fold(0_u32, |bits, (place, kept)| bits | u32::from(kept) << place);
    assert_eq!(bits, 4_081_625_087);
}

/// How many standard deviations a count of `trials` that succeed with this probability is off.
fn deviations(count: usize, trials: usize, probability: f64) -> f64 {
    let trials = trials as f64;
    (count as f64 - trials * probability) / (trials * probability * (1.0 - probability)).sqrt()
}

fn count(flags: impl Iterator<Item = bool>) -> usize {
    flags.filter(|&flag| flag).count()
}

const ELEMENTS: usize = 1_000_000;

/// Four standard deviations are exceeded once in 16,000 fair trials.
const MOST: f64 = 4.0;

#[test]
fn the_share_that_is_kept_is_fair() {
    for key in [0, 1, 2, 0x8000_0000, u32::MAX] {
        for share in [0.1, 0.5, 0.8, 0.99] {
            let kept = mask(key, 0, below(share), ELEMENTS);
            let off = deviations(count(kept.iter().copied()), ELEMENTS, share);
            assert!(off.abs() < MOST, "key {key}, {share}: {off} deviations");
        }
    }
    assert!(!mask(3, 0, 0, 1000).contains(&true));
    assert!(!mask(3, 0, u32::MAX, 1000).contains(&false));
}

/// Neighbours, elements that are a row apart, and masks of keys that differ in a bit: both are kept as often as
/// chance has it.
#[test]
fn masks_and_their_elements_are_independent() {
    let both_kept = |a: &[bool], b: &[bool], share: f64, case: &str| {
        let both = count(a.iter().zip(b).map(|(&a, &b)| a && b));
        let off = deviations(both, a.len().min(b.len()), share * share);
        assert!(off.abs() < MOST, "{case}, {share}: {off} deviations");
    };
    for share in [0.5, 0.8] {
        let kept = mask(9, 0, below(share), ELEMENTS);
        for apart in [1, 2, 3, 16, 64, 500, 784, 1024, 65_536] {
            both_kept(&kept, &kept[apart..], share, &format!("{apart} apart"));
        }
        for other in [0, 1, 8, 10, 9 ^ 1 << 16, 9 ^ 1 << 31, !9] {
            let others = mask(other, 0, below(share), ELEMENTS);
            both_kept(&kept, &others, share, &format!("keys 9 and {other}"));
            both_kept(&kept, &others[1..], share, &format!("keys 9 and {other}, one apart"));
        }
    }
}

/// χ² of the sixteen patterns that four neighbours make, and of one column's four under neighbouring keys: 15
/// degrees of freedom, of which 1 in 10,000 exceeds 44.3.
#[test]
fn patterns_are_equally_frequent() {
    let chi_square = |patterns: &mut dyn Iterator<Item = usize>| {
        let (mut counts, mut total) = ([0_u32; 16], 0_u32);
        for pattern in patterns {
            counts[pattern] += 1;
            total += 1;
        }
        let expected = f64::from(total) / 16.0;
        counts.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum::<f64>()
    };
    let pattern = |four: &[bool]| four.iter().fold(0, |bits, &kept| bits << 1 | usize::from(kept));
    for key in 0..8 {
        let kept = mask(key, 0, below(0.5), ELEMENTS);
        let found = chi_square(&mut kept.chunks_exact(4).map(pattern));
        assert!(found < 44.3, "key {key}: {found}");
    }
    for column in [0, 1, 499] {
        let kept: Vec<bool> = (0..40_000).map(|key| mask(key, column, below(0.5), 1)[0]).collect();
        let found = chi_square(&mut kept.chunks_exact(4).map(pattern));
        assert!(found < 44.3, "column {column}: {found}");
    }
}
