//! What the course names, in its order: perceptrons, functions, layers, the network.

pub mod functions;
mod layers;
pub(crate) mod network;
mod perceptron;

pub use functions::{gelu, leaky_relu, relu, sigmoid, softmax, tanh};
pub use layers::{Mlp3Layer, OutputActivation, SingleLayer};
pub use network::{Gradients, NeuralNetwork, Parameters};
pub use perceptron::{Perceptron, xor};
