//! Beyond the course: optimisers on their own, without a network. Each is asked for the minimum of Rosenbrock's
//! valley, f(x, y) = (1 − x)² + 100·(y − x²)², which lies at (1, 1) at the end of a long bend.

use blasnet::{AdaGrad, Adam, AdamW, Clipped, Layout, Optimizer, Result, RmsProp, Schedule, Scheduled, Sgd};

const STEPS: usize = 5000;

/// Lion (Chen et al., *Symbolic Discovery of Optimization Algorithms*, 2023), which this library does not have: the
/// trait is all that it takes.
struct Lion {
    rate: f64,
    mean: Vec<f64>,
}

impl Optimizer<f64> for Lion {
    fn step(&mut self, parameters: &mut [f64], gradient: &mut [f64], layout: &Layout) -> Result<()> {
        self.mean.resize(layout.len(), 0.0);
        for ((w, dw), mean) in parameters.iter_mut().zip(gradient).zip(&mut self.mean) {
            *w -= self.rate * (0.9 * *mean + 0.1 * *dw).signum();
            *mean = 0.99 * *mean + 0.01 * *dw;
        }
        Ok(())
    }

    fn learning_rate(&self) -> f64 {
        self.rate
    }

    fn set_learning_rate(&mut self, rate: f64) {
        self.rate = rate;
    }
}

fn rosenbrock([x, y]: [f64; 2]) -> f64 {
    (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2)
}

/// Where the optimiser is after [`STEPS`] steps from (−1.5, 2).
fn minimise(optimizer: &mut dyn Optimizer<f64>) -> Result<[f64; 2]> {
    let layout = Layout::new([("x", vec![]), ("y", vec![])]);
    let mut place = [-1.5, 2.0];
    for _ in 0..STEPS {
        let [x, y] = place;
        let mut gradient = [-2.0 * (1.0 - x) - 400.0 * x * (y - x * x), 200.0 * (y - x * x)];
        optimizer.step(&mut place, &mut gradient, &layout)?;
    }
    Ok(place)
}

fn main() -> Result<()> {
    // Up for 100 steps and down to nothing: what jumps about in the valley comes to rest.
    let cosine = || Schedule::Cosine { steps: STEPS as u64 - 100, floor: 0.0 }.after_warm_up(100);
    let momentum = |rate| Sgd::new(rate).momentum(0.9);

    // With what f is below in the end.
    let optimizers: [(&str, f64, Box<dyn Optimizer<f64>>); 8] = [
        ("Sgd", 1e-2, Box::new(Sgd::new(1e-3))),
        ("Sgd, momentum", 1e-15, Box::new(momentum(1e-3))),
        ("Sgd, Nesterov", 1e-15, Box::new(momentum(1e-3).nesterov())),
        ("AdaGrad", 1e-2, Box::new(AdaGrad::new(0.5))),
        ("RmsProp, cosine", 1e-4, Box::new(Scheduled::new(RmsProp::new(0.02), cosine()))),
        ("Adam", 1e-20, Box::new(Adam::new(0.02))),
        ("AdamW", 1e-6, Box::new(AdamW::new(0.02).weight_decay(1e-4))),
        ("Lion, cosine", 1e-8, Box::new(Scheduled::new(Lion { rate: 0.01, mean: Vec::new() }, cosine()))),
    ];
    for (name, bound, mut optimizer) in optimizers {
        let place = minimise(&mut *optimizer)?;
        println!("{name:16} ({:.6}, {:.6})  f = {:.1e}", place[0], place[1], rosenbrock(place));
        assert!(rosenbrock(place) < bound);
    }

    // At ten times the rate a single gradient throws it out of the valley, for good; a clipped one does not.
    let thrown = minimise(&mut Scheduled::new(momentum(1e-2), cosine()))?;
    let clipped = minimise(&mut Scheduled::new(Clipped::by_norm(momentum(1e-2), 1.0), cosine()))?;
    println!("rate 0.01: {thrown:?}; clipped ({:.6}, {:.6})", clipped[0], clipped[1]);
    assert!(!rosenbrock(thrown).is_finite() && rosenbrock(clipped) < 1e-8);
    Ok(())
}
