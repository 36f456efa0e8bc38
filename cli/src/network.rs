//! [`Network`]: what `train` trains and `eval` evaluates.

use blasnet::data::{CLASSES, Dataset};
use blasnet::{Activation, Loss, Mlp, MlpBuilder, NeuralNetwork, Scores};
use ndarray::ArrayViewD;

/// The course's network, or any other.
#[derive(Debug)]
pub enum Network {
    Course(NeuralNetwork<f32>),
    Any { network: Mlp<f32>, activation: Activation },
}

/// What a network consists of, but for its weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub inputs: usize,
    pub hidden: Vec<usize>,
    pub activation: Activation,
    pub dropout: f64,
}

impl Plan {
    /// The sizes of the course's kind of network, if it is one: a hidden layer of ReLU and nothing else.
    pub fn course(&self) -> Option<[usize; 3]> {
        match self.hidden[..] {
            [hidden] if self.activation == Activation::Relu && self.dropout == 0.0 => {
                Some([self.inputs, hidden, CLASSES])
            }
            _ => None,
        }
    }

    pub fn builder(&self) -> MlpBuilder<f32> {
        let layer = |builder: MlpBuilder<f32>, &units: &usize| {
            builder.hidden(units, self.activation).dropout(self.dropout)
        };
        let start = Mlp::<f32>::builder(self.inputs);
        self.hidden.iter().fold(start, layer).output(CLASSES, Loss::SoftmaxCrossEntropy)
    }

    /// The network with these parameters, layer behind layer.
    pub fn network(&self, values: &[f32]) -> blasnet::Result<Network> {
        let network = self.builder().build_with(values)?;
        Ok(match self.course() {
            Some(_) => Network::Course(network.try_into()?),
            None => Network::Any { network, activation: self.activation },
        })
    }
}

impl Network {
    /// `[in, hidden…, out]`.
    pub fn sizes(&self) -> Vec<usize> {
        match self {
            Self::Course(network) => network.sizes().to_vec(),
            Self::Any { network, .. } => network.sizes().to_vec(),
        }
    }

    pub fn activation(&self) -> Activation {
        match self {
            Self::Course(_) => Activation::Relu,
            Self::Any { activation, .. } => *activation,
        }
    }

    /// The parameters by name: `w1`, `b1`, `w2` and so on.
    pub fn parameters(&self) -> Vec<(&str, ArrayViewD<'_, f32>)> {
        match self {
            Self::Course(network) => network.parameters().to_vec(),
            Self::Any { network, .. } => network.parameters().collect(),
        }
    }

    pub fn evaluate(&self, data: &Dataset) -> blasnet::Result<Scores> {
        match self {
            Self::Course(network) => blasnet::evaluate(network, data),
            Self::Any { network, .. } => blasnet::evaluate(network, data),
        }
    }
}
