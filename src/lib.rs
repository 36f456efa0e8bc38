//! A university lab's course on neural networks as a library that runs on OpenBLAS: perceptrons, layers,
//! the nodes of a computation graph, and a network trained on the whole of MNIST.
//!
//! ```
//! use blasnet::{NeuralNetwork, Result};
//! use ndarray::array;
//! use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
//!
//! let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
//! let mut network = NeuralNetwork::<f32>::new([2, 8, 2], &mut rng)?;
//! let (x, t) = (array![[0.0, 1.0], [1.0, 0.0]], array![[1.0, 0.0], [0.0, 1.0]]);
//! for _ in 0..200 {
//!     network.sgd(&x, &t, 0.1)?;
//! }
//! assert_eq!(network.accuracy(&x, &t)?, 1.0);
//! # Ok::<(), blasnet::Error>(())
//! ```
//!
//! # Where things are
//!
//! | chapter | here |
//! |---|---|
//! | 1, neurons and gates | [`Perceptron`], [`xor`] |
//! | 2, activations and layers | [`functions`], [`Activation`], [`SingleLayer`], [`Mlp3Layer`] |
//! | 3, the computation graph | [`nodes`], [`graph`], [`gradcheck`] |
//! | 4, the network and MNIST | [`NeuralNetwork`], [`Trainer`], [`evaluate`], [`data`] |
//! | networks of any depth | [`Mlp`], [`Loss`], [`Activation`], [`Init`] |
//! | shuffling, validation, callbacks, checkpoints | [`train`]: [`Order`](train::Order), [`Callback`](train::Callback), [`Confusion`] |
//! | how parameters change | [`optim`]: [`Optimizer`], [`Sgd`], [`Adam`], [`Schedule`], [`Clipped`] and others |
//! | for data that is mostly zeros | [`SparseMatrix`], [`Input`], [`sparse`] |
//! | models as files (features `safetensors`, `npz`) | `model`: to and from PyTorch and NumPy; `files` |
//! | histories and settings as data (feature `serde`) | [`History`](train::History), [`Scores`], [`Schedule`], [`Init`] and others |
//! | what LAPACK adds (feature `lapack`) | `lapack`: principal components, a last layer in closed form, how weights are conditioned |
//! | underneath | [`linalg`] (products), [`blas`] (OpenBLAS), [`parallel`] (threads), [`init`] (weights) |
//!
//! # Conventions
//!
//! The batch is axis 0: `x: [batch, in]`, `w: [in, out]`, `b: [out]`. Arguments are references to
//! ndarray's arrays or views, of any layout; row-major ones are fastest. Fallible functions give a
//! [`Result`]; `_into` functions write to an array of yours and panic where its shape does not fit.
//! [`ndarray`] and [`rand`], whose types are in most signatures, are re-exported.
//! The library never prints, and draws from no generator but the one that you hand in.

#![deny(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod compute;
mod course;
pub mod data;
pub mod error;
mod float;
pub mod graph;
#[cfg(any(feature = "safetensors", feature = "npz"))]
mod io;
#[cfg(feature = "lapack")]
pub mod lapack;
mod nn;
pub mod nodes;
mod ops;
pub mod optim;
pub mod sparse;
pub mod train;

/// The README's example must compile.
#[cfg(all(doctest, feature = "mnist-embedded"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// The crate whose arrays are in nearly every signature here, in the version that they are of.
///
/// `blasnet::ndarray::array!` needs no dependency of your own, and cannot disagree with this crate's version.
pub use ndarray;
/// The crate whose generators [`init`] and the networks draw from, in the version that they take.
///
/// It is built without `rand`'s default features. The seeded generators, `rand::rngs::Xoshiro256PlusPlus` among them,
/// need none; for one that the system seeds, depend on `rand` yourself.
pub use rand;

pub use compute::{blas, linalg, parallel};
pub use course::functions;
pub use course::{
    Gradients, Mlp3Layer, NeuralNetwork, OutputActivation, Parameters, Perceptron, SingleLayer, gelu,
    leaky_relu, relu, sigmoid, softmax, tanh, xor,
};
#[cfg(any(feature = "mnist-embedded", feature = "mnist-download"))]
pub use data::load_mnist;
pub use data::{Dataset, InputForm, Mnist, MnistArrays};
pub use error::{Error, Result};
pub use float::Float;
pub use graph::Graph;
#[cfg(any(feature = "safetensors", feature = "npz"))]
pub use io::{files, model};
pub use nn::{Init, Mlp, MlpBuilder, Part, init};
pub use nodes::gradcheck;
pub use nodes::{Activate, Add, Affine, Multiply, Relu, Sigmoid, SoftmaxCrossEntropy};
pub use ops::{Activation, Loss, Masks, Reduction, Scores, Sums, Targets};
pub use optim::{
    AdaGrad, Adam, AdamW, Averaged, Clipped, Layout, Memory, Optimizer, RmsProp, Schedule, Scheduled, Sgd,
};
pub use sparse::{Input, SparseMatrix};
#[cfg(feature = "checkpoint")]
pub use train::checkpoint;
pub use train::{Confusion, Trainer, evaluate};
