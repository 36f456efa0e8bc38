//! [`Network`]: what `train` trains and `eval` evaluates.

use blasnet::data::{CLASSES, Dataset};
use blasnet::{Activation, Confusion, Loss, Mlp, MlpBuilder, NeuralNetwork, Scores};

/// The course's network, or any other.
#[derive(Debug)]
pub enum Network {
    Course(NeuralNetwork<f32>),
    Any(Mlp<f32>),
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
}

/// The course's, if it is of that kind.
impl From<Mlp<f32>> for Network {
    fn from(network: Mlp<f32>) -> Self {
        NeuralNetwork::try_from(network.clone()).map_or(Self::Any(network), Self::Course)
    }
}

impl From<Network> for Mlp<f32> {
    fn from(network: Network) -> Self {
        match network {
            Network::Course(network) => network.into(),
            Network::Any(network) => network,
        }
    }
}

impl Network {
    pub fn evaluate(&self, data: &Dataset) -> blasnet::Result<Scores> {
        match self {
            Self::Course(network) => blasnet::evaluate(network, data),
            Self::Any(network) => blasnet::evaluate(network, data),
        }
    }

    pub fn confusion(&self, data: &Dataset) -> blasnet::Result<Confusion> {
        match self {
            Self::Course(network) => Confusion::of(network, data),
            Self::Any(network) => Confusion::of(network, data),
        }
    }
}
