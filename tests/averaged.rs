//! The average that an optimiser keeps, against sums of all that it was of.

mod common;

use blasnet::{
    Adam, Averaged, Clipped, Float, Layout, Loss, Mlp, Optimizer, Result, Schedule, Scheduled, Sgd,
};
use common::{pool, random};

fn numbers<A: Float>(length: usize, seed: u64) -> Vec<A> {
    random(1, length, seed).into_raw_vec_and_offset().0
}

/// Σ dⁿ⁻ᵏ·Wₖ / Σ dⁿ⁻ᵏ: every W by its age.
fn weighted_mean(decay: f64, path: &[Vec<f64>]) -> Vec<f64> {
    let weight = |number: usize| decay.powi((path.len() - 1 - number) as i32);
    let total: f64 = (0..path.len()).map(weight).sum();
    let sum =
        |place: usize| path.iter().enumerate().map(|(number, w)| weight(number) * w[place]).sum::<f64>();
    (0..path[0].len()).map(|place| sum(place) / total).collect()
}

fn the_average_is_the_weighted_mean<A: Float>(tolerance: f64) -> Result<()> {
    for length in [0, 1, 7, 16, 33] {
        let layout = Layout::new([("w", vec![length])]);
        for (decay, after) in
            [(0.0, 0), (0.5, 0), (0.9, 3), (0.999, 0), (1.0 - 1e-9, 2), (1.0, 0), (1.0, 7), (0.9, 11)]
        {
            let mut optimizer = Averaged::new(Adam::new(0.3), decay).after(after);
            let (mut w, mut alone) = (numbers::<A>(length, 1), Adam::new(0.3));
            let (mut w_alone, mut path) = (w.clone(), Vec::new());
            for step in 0..12 {
                let gradient = numbers::<A>(length, 2 + step);
                optimizer.step(&mut w, &mut gradient.clone(), &layout)?;
                alone.step(&mut w_alone, &mut gradient.clone(), &layout)?;
                assert!(w == w_alone, "training is not changed");
                if step < after {
                    assert!(optimizer.average::<A>().is_err(), "decay {decay}, after {after}, step {step}");
                    continue;
                }
                path.push(w.iter().map(|w| w.as_f64()).collect::<Vec<_>>());
                let (found, expected) = (optimizer.average::<A>()?, weighted_mean(decay, &path));
                assert_eq!(found.len(), length);
                for (found, expected) in found.iter().zip(expected) {
                    let error = (found.as_f64() - expected).abs() / expected.abs().max(1.0);
                    assert!(
                        error <= tolerance,
                        "decay {decay}, after {after}, step {step}: {found}, expected {expected}"
                    );
                }
                // Of one step, or of the last alone.
                if step == after || decay == 0.0 {
                    assert!(found_is(optimizer.average::<A>()?, &w, tolerance));
                }
            }
        }
    }
    Ok(())
}

fn found_is<A: Float>(found: &[A], expected: &[A], tolerance: f64) -> bool {
    let near = |(&x, &y): (&A, &A)| (x - y).as_f64().abs() <= tolerance * y.as_f64().abs().max(1.0);
    found.len() == expected.len() && found.iter().zip(expected).all(near)
}

#[test]
fn the_average_in_f64_is_the_weighted_mean() -> Result<()> {
    the_average_is_the_weighted_mean::<f64>(1e-13)
}

#[test]
fn the_average_in_f32_is_the_weighted_mean() -> Result<()> {
    the_average_is_the_weighted_mean::<f32>(1e-6)
}

/// The average and the parameters after three steps.
fn three_steps<A: Float>(length: usize, decay: f64) -> (Vec<A>, Vec<A>) {
    let layout = Layout::new([("w", vec![length])]);
    let mut optimizer = Averaged::new(Sgd::new(0.1).momentum(0.5), decay);
    let mut w = numbers::<A>(length, 1);
    for seed in [2, 3, 4] {
        optimizer.step(&mut w, &mut numbers::<A>(length, seed), &layout).expect("all fits");
    }
    (optimizer.average::<A>().expect("steps were made").to_vec(), w)
}

fn any_number_of_threads_gives_the_same_bits<A: Float>() {
    // Enough for three pieces, and two more.
    let length = 3 << 17 | 5;
    for decay in [0.9, 1.0] {
        let expected = pool(1).install(|| three_steps::<A>(length, decay));
        for threads in [2, 3] {
            let found = pool(threads).install(|| three_steps::<A>(length, decay));
            assert!(found == expected, "decay {decay}, {threads} threads");
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits_of_both_types() {
    any_number_of_threads_gives_the_same_bits::<f32>();
    any_number_of_threads_gives_the_same_bits::<f64>();
}

/// Without momentum a network would change its parameters where the average does not see it.
#[test]
fn a_network_that_is_trained_by_plain_steps_is_averaged() -> Result<()> {
    let network = Mlp::<f64>::builder(2).output(1, Loss::MeanSquaredError);
    let mut network = network.build_with(&[0.5, -0.5, 0.25])?;
    let (x, t) = (random(4, 2, 1), random(4, 1, 2));
    let mut optimizer = Averaged::new(Scheduled::new(Sgd::new(0.1), Schedule::Constant), 1.0);
    let mut path = Vec::new();
    for _ in 0..4 {
        network.train(&x, &t, &mut optimizer)?;
        path.push(network.values().to_vec());
    }
    assert!(found_is(optimizer.average()?, &weighted_mean(1.0, &path), 1e-14));
    network.set_values(optimizer.average()?)
}

#[test]
fn rates_go_through_to_the_optimiser_inside() -> Result<()> {
    let layout = Layout::new([("w", vec![1])]);
    let schedule = Schedule::Step { every: 1, factor: 0.5 };
    let mut optimizer = Averaged::new(Scheduled::new(Sgd::new(8.0), schedule), 0.5);
    optimizer.step(&mut [0.0], &mut [1.0], &layout)?;
    assert_eq!(optimizer.learning_rate(), 4.0);
    optimizer.set_learning_rate(2.0);
    assert_eq!(optimizer.learning_rate(), 1.0);
    Ok(())
}

#[test]
fn without_a_step_there_is_no_average() -> Result<()> {
    let message =
        |optimizer: &Averaged<Sgd>| optimizer.average::<f32>().expect_err("there is none yet").to_string();
    let mut optimizer = Averaged::new(Sgd::new(0.1), 0.5);
    let what = "the average's number of steps is";
    assert_eq!(message(&optimizer), format!("{what} 0, expected at least 1, the first that it is of"));
    optimizer = optimizer.after(1);
    optimizer.step(&mut [1.0], &mut [1.0], &Layout::new([("w", vec![1])]))?;
    assert_eq!(message(&optimizer), format!("{what} 1, expected at least 2, the first that it is of"));
    Ok(())
}

#[test]
fn a_step_that_is_refused_changes_nothing() -> Result<()> {
    let layout = Layout::new([("w", vec![2])]);
    for decay in [-0.1, 1.5, f64::NAN] {
        let mut w = [1.0_f64; 2];
        let error = Averaged::new(Sgd::new(0.1), decay).step(&mut w, &mut [1.0; 2], &layout);
        let message = error.expect_err("no average has such a decay").to_string();
        assert_eq!(message, format!("the average's decay is {decay:?}, expected a number from 0 to 1"));
        assert_eq!(w, [1.0; 2]);
    }

    let mut optimizer = Averaged::new(Clipped::by_norm(Sgd::new(1.0), 10.0), 1.0);
    let mut w = [4.0_f64; 2];
    optimizer.step(&mut w, &mut [1.0; 2], &layout)?;
    // The norm is refused inside, other parameters and lengths outside: plain SGD would take them.
    assert!(optimizer.step(&mut w, &mut [f64::NAN; 2], &layout).is_err());
    assert!(optimizer.step(&mut w, &mut [1.0; 2], &Layout::new([("v", vec![2])])).is_err());
    assert!(optimizer.step(&mut w, &mut [1.0; 3], &layout).is_err());
    assert_eq!((w, optimizer.average()?), ([3.0; 2], &[3.0; 2][..]));
    optimizer.step(&mut w, &mut [1.0; 2], &layout)?;
    assert_eq!((w, optimizer.average()?), ([2.0; 2], &[2.5; 2][..]));
    Ok(())
}
