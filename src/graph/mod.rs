//! Chapter 3 for whole computations: a directed graph of nodes, made once, then run forwards and backwards as
//! often as wanted.
//!
//! [`Graph::builder`] takes inputs, parameters, constants and nodes by name; [`build`](GraphBuilder::build) checks
//! that they fit together and gives each value and each gradient its place in memory. After the first passes
//! nothing is allocated (except by ndarray: for shapes of more than four axes, and for products without OpenBLAS).
//! Values are arrays of fixed shapes, a single number having the shape `[]`.
//!
//! | node | inputs | value |
//! |---|---|---|
//! | [`nodes::Add`](crate::nodes::Add) | two of one shape | x + y |
//! | [`nodes::Multiply`](crate::nodes::Multiply) | two of one shape | x · y, element by element |
//! | [`nodes::Relu`](crate::nodes::Relu) | any | max(0, x) |
//! | [`nodes::Sigmoid`](crate::nodes::Sigmoid) | any | 1 / (1 + e^(−x)) |
//! | [`nodes::Activate`](crate::nodes::Activate) | any | f(x), any [`Activation`](crate::Activation) |
//! | [`MatMul`] | `[m, k]`, `[k, n]` | the product of matrices |
//! | [`Linear`] | x `[n, in]`, W `[in, out]`, b `[out]` | x·W + b |
//! | [`Dropout`] | any | x, where some elements are 0 in training |
//! | [`MeanLoss`], [`SumLoss`] | outputs and labels, `[n, out]` | a batch's [`Loss`](crate::Loss), a number |
//!
//! For nodes of your own see [`Node`].
//!
//! ```
//! use blasnet::graph::Graph;
//! use blasnet::nodes::{Add, Multiply};
//!
//! // (a + b) × c
//! let mut graph = Graph::builder()
//!     .input_with_gradient("a", &[])
//!     .input_with_gradient("b", &[])
//!     .input_with_gradient("c", &[])
//!     .node("sum", Add::new(), ["a", "b"])
//!     .node("product", Multiply::new(), ["sum", "c"])
//!     .build()?;
//! for (name, value) in [("a", 2.0_f64), ("b", 3.0), ("c", 4.0)] {
//!     graph.set(name, value)?;
//! }
//! graph.forward()?;
//! assert_eq!(graph.value("product")?[[]], 20.0);
//!
//! graph.backprop("product")?;
//! let derivatives = [graph.gradient("a")?[[]], graph.gradient("b")?[[]], graph.gradient("c")?[[]]];
//! assert_eq!(derivatives, [4.0, 4.0, 5.0]);
//! # Ok::<(), blasnet::Error>(())
//! ```

mod builder;
mod dot;
mod dropout;
mod elementwise;
mod losses;
mod memory;
mod node;
mod order;
mod pass;
mod plan;
mod products;
mod run;

pub use builder::GraphBuilder;
pub use dropout::Dropout;
pub use losses::{MeanLoss, SumLoss};
pub use node::{Derivatives, Node, Values};
pub use products::{Linear, MatMul};

use ndarray::ArrayViewD;

use crate::nodes::Operand;
use crate::{Float, Layout, Result};
use memory::Numbers;
use pass::Backprop;
use plan::{Kind, Plan, Vertex};

/// A computation graph (chapter 3): nodes, their inputs, and memory for all values and gradients.
///
/// ```
/// use blasnet::graph::{Graph, Linear};
/// use blasnet::{Sgd, nodes::{Add, Multiply}};
/// use ndarray::array;
///
/// // Fit a line to three points: the sum of (x·w + b − t)².
/// let mut graph = Graph::<f64>::builder()
///     .input("x", &[3, 1])
///     .input("minus t", &[3, 1])
///     .parameter("w", &array![[0.0]])
///     .parameter("b", &array![0.0])
///     .node("line", Linear, ["x", "w", "b"])
///     .node("error", Add::new(), ["line", "minus t"])
///     .node("loss", Multiply::new(), ["error", "error"])
///     .build()?;
/// graph.set("x", &array![[0.0], [1.0], [2.0]])?;
/// graph.set("minus t", &array![[-1.0], [-3.0], [-5.0]])?;
///
/// let mut sgd = Sgd::new(0.1);
/// for _ in 0..200 {
///     graph.forward()?;
///     graph.backprop_from("loss", &array![[1.0], [1.0], [1.0]])?;
///     graph.update(&mut sgd)?;
/// }
/// let (w, b) = (graph.value("w")?, graph.value("b")?);
/// assert!((w[[0, 0]] - 2.0).abs() < 1e-6 && (b[[0]] - 1.0).abs() < 1e-6);
/// # Ok::<(), blasnet::Error>(())
/// ```
///
/// Shapes are part of a graph, and so is the size of a batch. For batches of another size, or without labels, build
/// another graph with parameters of the same names, and copy them:
/// `for (name, value) in trained.parameters() { other.set(name, &value)?; }`
#[derive(Debug)]
pub struct Graph<A> {
    plan: Plan,
    nodes: Vec<Box<dyn Node<A>>>,
    values: Numbers<A>,
    gradients: Numbers<A>,
    back: Backprop<A>,
    /// Of each source, whether it has a value.
    is_set: Vec<bool>,
    stage: Stage,
}

/// Which numbers are valid.
#[derive(Debug, Clone, Copy, Default)]
struct Stage {
    /// Nodes have values.
    computed: bool,
    /// They belong to the present inputs and parameters.
    current: bool,
    /// There are gradients that no optimiser has used up.
    differentiated: bool,
}

impl<A: Float> Graph<A> {
    fn vertex(&self, name: &str) -> Result<&Vertex> {
        Ok(&self.plan.vertices[self.plan.find(name)?])
    }

    /// Copies a number or an array to an input or a parameter. Nodes keep their values until the next
    /// [`forward`](Self::forward).
    ///
    /// # Errors
    ///
    /// If there is no such input or parameter, its shape is another, or a number is NaN or infinite. Nothing is then
    /// changed.
    pub fn set(&mut self, name: &str, value: impl Operand<Elem = A>) -> Result<()> {
        let place = self.plan.find(name)?;
        let vertex = &self.plan.vertices[place];
        match vertex.kind {
            Kind::Input | Kind::Parameter => {}
            Kind::Constant => return Err(vertex.error("is a constant, which nothing changes")),
            Kind::Node => return Err(vertex.error("is computed by a node and cannot be set")),
        }
        vertex.check_shape(value.shape())?;
        let elements = value.elements();
        vertex.check_finite("Graph::set", &elements)?;
        self.values.get_mut(vertex.value).copy_from_slice(&elements);
        self.is_set[place] = true;
        self.stage.current = false;
        Ok(())
    }

    /// Sets for all nodes whether the next passes are for training, as at first, or for use. It matters to nodes that
    /// draw at random, such as dropout.
    pub fn set_training(&mut self, training: bool) {
        self.nodes.iter_mut().for_each(|node| node.set_training(training));
        self.stage.current = false;
    }

    /// A value: as it was set or learnt, or as a node computed it in the last [`forward`](Self::forward).
    ///
    /// # Errors
    ///
    /// If there is nothing of this name, or it has no value yet.
    pub fn value(&self, name: &str) -> Result<ArrayViewD<'_, A>> {
        let place = self.plan.find(name)?;
        let vertex = &self.plan.vertices[place];
        match self.is_set.get(place) {
            Some(false) => return Err(vertex.error("has never been set")),
            None if !self.stage.computed => {
                return Err(vertex.error("has no value yet; call `forward` first"));
            }
            _ => {}
        }
        Ok(vertex.array(self.values.get(vertex.value)))
    }

    /// The parameters with their names, in the order of their declaration.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, ArrayViewD<'_, A>)> {
        let parameters = self.plan.vertices.iter().filter(|vertex| vertex.kind == Kind::Parameter);
        parameters.map(|vertex| (&*vertex.name, vertex.array(self.values.get(vertex.value))))
    }

    /// Names and shapes of the parameters, as an optimiser is given them.
    pub fn layout(&self) -> &Layout {
        &self.plan.layout
    }
}
