//! A small crate built on blasnet: its own data, its own node, its own optimiser, its own errors.

use std::fmt;

use blasnet::graph::{Derivatives, Node, Values};
use blasnet::{Activation, Layout, Loss, Mlp, Optimizer};
use ndarray::{Array2, ArrayRefD, Zip};
use rand::{Rng, RngExt};

/// Two half moons that reach into each other: points `[n, 2]`, and which moon each is of.
pub fn moons<R: Rng>(points: usize, rng: &mut R) -> (Array2<f64>, Vec<usize>) {
    let mut x = Array2::zeros((points, 2));
    let mut moon = Vec::with_capacity(points);
    for (number, mut point) in x.rows_mut().into_iter().enumerate() {
        let angle = std::f64::consts::PI * rng.random::<f64>();
        let (sine, cosine) = angle.sin_cos();
        let (across, up) = if number % 2 == 0 { (cosine, sine) } else { (1.0 - cosine, 0.5 - sine) };
        point[0] = across + 0.1 * (rng.random::<f64>() - 0.5);
        point[1] = up + 0.1 * (rng.random::<f64>() - 0.5);
        moon.push(number % 2);
    }
    (x, moon)
}

/// What goes wrong here, blasnet's errors among it.
#[derive(Debug)]
pub enum Failure {
    /// There is nothing to learn from.
    NoPoints,
    /// The network says no.
    Network(blasnet::Error),
}

impl From<blasnet::Error> for Failure {
    fn from(error: blasnet::Error) -> Self {
        Self::Network(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPoints => f.write_str("no points"),
            Self::Network(error) => write!(f, "the network: {error}"),
        }
    }
}

impl std::error::Error for Failure {}

/// A network that tells the moons apart, and the share of these points that it gets right.
///
/// # Errors
///
/// If there are no points, or the network cannot be trained on them.
pub fn learn<R: Rng>(
    x: &Array2<f64>,
    moon: &[usize],
    optimizer: &mut dyn Optimizer<f64>,
    rng: &mut R,
) -> Result<(Mlp<f64>, f64), Failure> {
    if moon.is_empty() {
        return Err(Failure::NoPoints);
    }
    let mut network = Mlp::<f64>::builder(2)
        .hidden(24, Activation::Tanh)
        .hidden(12, Activation::Gelu)
        .output(2, Loss::SoftmaxCrossEntropy)
        .build(rng)?;
    for _ in 0..300 {
        network.train(x, moon, optimizer)?;
    }
    let accuracy = network.scores(x, moon)?.accuracy;
    Ok((network, accuracy))
}

/// Lion (Chen et al., 2023): the sign of a mean of gradients.
#[derive(Debug)]
pub struct Lion {
    rate: f64,
    mean: Vec<f64>,
}

impl Lion {
    /// With this learning rate.
    pub fn new(rate: f64) -> Self {
        Self { rate, mean: Vec::new() }
    }
}

impl Optimizer<f64> for Lion {
    fn step(&mut self, parameters: &mut [f64], gradient: &mut [f64], layout: &Layout) -> blasnet::Result<()> {
        self.mean.resize(layout.len(), 0.0);
        for ((w, g), mean) in parameters.iter_mut().zip(gradient).zip(&mut self.mean) {
            *w -= self.rate * (0.9 * *mean + 0.1 * *g).signum();
            *mean = 0.99 * *mean + 0.01 * *g;
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

/// z = softplus(x) = log(1 + e^x), a node that blasnet does not have.
#[derive(Debug)]
pub struct Softplus;

impl Node<f64> for Softplus {
    fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        match inputs {
            [x] => Ok(x.to_vec()),
            _ => Err("one".into()),
        }
    }

    fn forward(&mut self, inputs: Values<'_, f64>, z: &mut ArrayRefD<f64>) {
        Zip::from(z).and(&inputs.get(0)).for_each(|z, &x| *z = x.max(0.0) + (-x.abs()).exp().ln_1p());
    }

    fn backprop(
        &mut self,
        inputs: Values<'_, f64>,
        _: &ArrayRefD<f64>,
        dz: &ArrayRefD<f64>,
        derivatives: &mut Derivatives<'_, f64>,
    ) {
        if let Some(mut dx) = derivatives.get_mut(0) {
            Zip::from(&mut dx).and(dz).and(&inputs.get(0)).for_each(|dx, &dz, &x| *dx = dz / (1.0 + (-x).exp()));
        }
    }
}
