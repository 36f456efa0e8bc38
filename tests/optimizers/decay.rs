//! Weight decay that spares parameters, against the formulas in f64, element by element.

use blasnet::{AdaGrad, Adam, AdamW, Float, Layout, Optimizer, Result, RmsProp, Sgd};

use crate::numbers;
use crate::ranges::{CUTS, bits, in_ranges};

const DECAY: f64 = 0.3;
const RATE: f64 = 0.05;

/// What an element becomes: of its parameter, its gradient, λ, two numbers kept, and the step's number from 1.
type Formula = fn(f64, f64, f64, &mut [f64; 2], i32) -> f64;

fn adam(w: f64, g: f64, kept: &mut [f64; 2], step: i32) -> f64 {
    kept[0] = 0.9 * kept[0] + 0.1 * g;
    kept[1] = 0.999 * kept[1] + 0.001 * g * g;
    let (mean, square) = (kept[0] / (1.0 - 0.9_f64.powi(step)), kept[1] / (1.0 - 0.999_f64.powi(step)));
    w - RATE * mean / (square.sqrt() + 1e-8)
}

/// Every optimiser with weight decay for the arrays that `decays` accepts, and its formula.
fn sparing<A: Float>(decays: fn(&str) -> bool) -> Vec<(Box<dyn Optimizer<A>>, Formula)> {
    vec![
        (Box::new(Sgd::new(RATE).weight_decay(DECAY).decay_only(decays)), |w, g, decay, _, _| {
            w - RATE * (g + decay * w)
        }),
        (
            Box::new(Sgd::new(RATE).momentum(0.9).weight_decay(DECAY).decay_only(decays)),
            |w, g, decay, kept, _| {
                kept[0] = 0.9 * kept[0] + g + decay * w;
                w - RATE * kept[0]
            },
        ),
        (Box::new(AdaGrad::new(RATE).weight_decay(DECAY).decay_only(decays)), |w, g, decay, kept, _| {
            let g = g + decay * w;
            kept[0] += g * g;
            w - RATE * g / (kept[0].sqrt() + 1e-10)
        }),
        (Box::new(RmsProp::new(RATE).weight_decay(DECAY).decay_only(decays)), |w, g, decay, kept, _| {
            let g = g + decay * w;
            kept[0] = 0.99 * kept[0] + 0.01 * g * g;
            w - RATE * g / (kept[0].sqrt() + 1e-8)
        }),
        (Box::new(Adam::new(RATE).weight_decay(DECAY).decay_only(decays)), |w, g, decay, kept, step| {
            adam(w, g + decay * w, kept, step)
        }),
        (Box::new(AdamW::new(RATE).weight_decay(DECAY).decay_only(decays)), |w, g, decay, kept, step| {
            adam(w, g, kept, step) - RATE * decay * w
        }),
    ]
}

/// Arrays that decay and arrays that do not, next to each other and not, one without elements.
fn layout() -> Layout {
    let arrays = [("w1", vec![3, 5]), ("b1", vec![5]), ("w2", vec![5, 2]), ("w3", vec![2]), ("b3", vec![0])];
    Layout::new(arrays.into_iter().chain([("b4", vec![4]), ("w4", vec![2])]))
}

fn only_arrays_that_are_named_decay<A: Float>(tolerance: f64) -> Result<()> {
    let layout = layout();
    let filters: [fn(&str) -> bool; 4] =
        [|name| name.starts_with('w'), |name| name == "b4", |_| true, |_| false];
    for decays in filters {
        for (number, (mut whole, formula)) in sparing::<A>(decays).into_iter().enumerate() {
            let (mut parts, _) = sparing::<A>(decays).swap_remove(number);
            let start = numbers::<A>(layout.len(), 1);
            let mut expected: Vec<f64> = start.iter().map(|w| w.as_f64()).collect();
            let mut kept = vec![[0.0; 2]; layout.len()];
            let (mut w, mut in_parts) = (start.clone(), start);
            for step in 1..6 {
                let gradient = numbers::<A>(layout.len(), 10 + step);
                whole.step(&mut w, &mut gradient.clone(), &layout)?;
                in_ranges(&mut *parts, &mut in_parts, &gradient, &layout, &CUTS)?;
                assert_eq!(bits(&in_parts), bits(&w), "optimiser {number}, step {step}");
                for (name, _, elements) in layout.arrays() {
                    let decay = if decays(name) { DECAY } else { 0.0 };
                    for place in elements {
                        let g = gradient[place].as_f64();
                        expected[place] = formula(expected[place], g, decay, &mut kept[place], step as i32);
                        let (found, expected) = (w[place].as_f64(), expected[place]);
                        assert!(
                            (found - expected).abs() <= tolerance * expected.abs().max(1.0),
                            "optimiser {number}, step {step}, `{name}`: {found}, expected {expected}"
                        );
                    }
                }
            }
        }
    }
    Ok(())
}

#[test]
fn only_arrays_that_are_named_decay_in_both_types() -> Result<()> {
    only_arrays_that_are_named_decay::<f64>(1e-13)?;
    only_arrays_that_are_named_decay::<f32>(1e-4)
}

/// Where all arrays decay, the name makes no difference, and where none does, λ makes none.
#[test]
fn to_spare_nothing_or_everything_is_to_have_one_decay() -> Result<()> {
    let layout = layout();
    let run = |mut optimizer: AdamW| -> Result<Vec<u64>> {
        let mut w = numbers::<f32>(layout.len(), 1);
        for step in 0..4 {
            optimizer.step(&mut w, &mut numbers(layout.len(), 10 + step), &layout)?;
        }
        Ok(bits(&w))
    };
    let adam_w = || AdamW::new(RATE).weight_decay(DECAY);
    assert_eq!(run(adam_w().decay_only(|_| true))?, run(adam_w())?);
    assert_eq!(run(adam_w().decay_only(|_| false))?, run(adam_w().weight_decay(0.0))?);
    Ok(())
}

/// Optimisers can be constants.
#[test]
fn the_builders_are_const() {
    const ADAM_W: AdamW =
        AdamW::new(0.1).betas(0.8, 0.9).epsilon(1e-6).weight_decay(0.1).decay_only(str::is_ascii);
    assert_eq!(ADAM_W.learning_rate(), 0.1);
}
