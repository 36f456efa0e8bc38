//! What is inside of a network: [`Layer`]s, and the [`Unit`]s of the first that matter most.

use std::cmp::Reverse;

use blasnet::{Dataset, Mlp};
use ndarray::{Array2, ArrayView2, Axis, Ix2};
use serde::Serialize;

use super::histogram::Histogram;

/// Images that the units are watched on.
pub const WATCHED: usize = 1000;
const INTERVALS: usize = 60;

/// An affine layer, and how it answers to images.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Layer {
    pub inputs: usize,
    pub units: usize,
    /// What lies behind it; nothing does behind the last.
    pub activation: Option<String>,
    pub weights: Histogram,
    /// Of a hidden layer: its units' outputs.
    pub activations: Option<Histogram>,
    /// Of a hidden layer: units whose output is the same for every image.
    pub constant_units: Option<usize>,
}

/// A unit of the first layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unit {
    /// Its number, from 0.
    pub unit: usize,
    /// The length of its weights from the pixels, times that of its weights to the next layer.
    pub strength: f32,
    /// Its weights from the pixels, row by row of the image.
    #[serde(skip)]
    pub weights: Vec<f32>,
}

/// The weights of each layer, `[in, units]`.
fn weights(network: &Mlp<f32>) -> Vec<ArrayView2<'_, f32>> {
    network.parameters().filter_map(|(_, array)| array.into_dimensionality::<Ix2>().ok()).collect()
}

/// Every layer of a network, watched on a data set's first images.
pub fn layers(network: &Mlp<f32>, data: &Dataset) -> blasnet::Result<Vec<Layer>> {
    let (watched, _) = data.split_at(data.len().min(WATCHED))?;
    let outputs = network.activations(&watched.to_floats())?;
    let mut hidden = network.hidden();
    let layer = |(weights, outputs): (ArrayView2<'_, f32>, &Array2<f32>)| {
        let (inputs, units) = weights.dim();
        let activation = hidden.next().map(|(activation, _)| activation.to_string());
        let is_hidden = activation.is_some();
        Layer {
            inputs,
            units,
            activation,
            weights: Histogram::of(weights.iter(), INTERVALS),
            activations: is_hidden.then(|| Histogram::of(outputs.iter(), INTERVALS)),
            constant_units: is_hidden.then(|| constant_columns(outputs)),
        }
    };
    Ok(weights(network).into_iter().zip(&outputs).map(layer).collect())
}

fn constant_columns(outputs: &Array2<f32>) -> usize {
    outputs.columns().into_iter().filter(|column| column.iter().all(|&x| x == column[0])).count()
}

/// The strongest units of the first layer, so many at most.
pub fn strongest(network: &Mlp<f32>, most: usize) -> Vec<Unit> {
    let weights = weights(network);
    let length = |numbers: ndarray::ArrayView1<'_, f32>| numbers.dot(&numbers).sqrt();
    let behind = |unit: usize| weights.get(1).map_or(1.0, |next| length(next.index_axis(Axis(0), unit)));
    let unit = |(unit, column): (usize, ndarray::ArrayView1<'_, f32>)| Unit {
        unit,
        strength: length(column) * behind(unit),
        weights: column.to_vec(),
    };
    let mut units: Vec<Unit> = weights[0].columns().into_iter().enumerate().map(unit).collect();
    // A length is not negative, and such floats are in the order of their bits.
    units.sort_by_key(|unit| Reverse(unit.strength.to_bits()));
    units.truncate(most);
    units
}
