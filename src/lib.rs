//! blasnet

#![deny(unsafe_code)]

pub mod data;
pub mod error;
mod flat;
mod float;
pub mod functions;
pub mod gradcheck;
pub mod init;
mod kernels;
mod layers;
pub mod linalg;
mod network;
pub mod nodes;
pub mod parallel;
mod perceptron;
mod step;
mod train;

#[cfg(any(feature = "mnist-embedded", feature = "mnist-download"))]
pub use data::load_mnist;
pub use data::{Dataset, Mnist, MnistArrays};
pub use error::{Error, Result};
pub use float::Float;
pub use functions::{relu, sigmoid, softmax};
pub use layers::{Mlp3Layer, OutputActivation, SingleLayer};
pub use network::{Gradients, NeuralNetwork, Parameters, Scores};
pub use nodes::{Add, Affine, Multiply, Relu, Sigmoid, SoftmaxCrossEntropy};
pub use perceptron::{Perceptron, xor};
pub use train::{Progress, Training, evaluate};
