//! Chapter 4: the whole network, before it has learnt anything.

use blasnet::data::Mnist;
use blasnet::{NeuralNetwork, Result};
use ndarray::Array2;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::output;

/// Images of the batch that is put in.
const BATCH: usize = 100;

pub fn neural_network() -> Result<String> {
    let sizes = NeuralNetwork::<f64>::COURSE;
    let network = NeuralNetwork::<f64>::new(sizes, &mut Xoshiro256PlusPlus::seed_from_u64(0))?;
    let [inputs, _, outputs] = sizes;
    let (mut x, mut t) = (Array2::zeros((BATCH, inputs)), Array2::zeros((BATCH, outputs)));
    let rows: Vec<usize> = (0..BATCH).collect();
    Mnist::embedded()?.train.gather(&rows, &mut x, &mut t);

    let mut lines = vec![format!("サイズ: {sizes:?}")];
    lines.extend(network.parameters().map(|(name, values)| format!("{name}: {:?}", values.shape())));
    lines.push(format!("学習前の forward({:?}): {:?}", x.shape(), network.forward(&x)?.shape()));
    lines.push(output::scores("学習前の Loss", "学習前の Acc", network.scores(&x, &t)?));
    Ok(lines.join("\n"))
}
