//! [`Plan`]: what is computed in which order, from which inputs, and where it lies.

use std::collections::HashMap;

use ndarray::{ArrayViewD, ArrayViewMutD, Dimension, IxDyn};

use super::memory::{Extent, Memory, Place};
use crate::error::finite::check_finite;
use crate::{Error, Float, Layout, Result};

/// All that a graph knows before it sees a number.
#[derive(Debug)]
pub(super) struct Plan {
    /// Sources as they were declared, then nodes, each after its inputs.
    pub(super) vertices: Vec<Vertex>,
    /// How many of them are sources.
    pub(super) sources: usize,
    /// The parameters.
    pub(super) layout: Layout,
    names: HashMap<String, usize>,
}

/// A value of the graph: a source's, or what a node computes.
#[derive(Debug)]
pub(super) struct Vertex {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) shape: IxDyn,
    /// Of a node, where its inputs are among the vertices.
    pub(super) inputs: Vec<usize>,
    pub(super) value: Place,
    /// None if nobody wants the derivative by it.
    pub(super) gradient: Option<Place>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Input,
    Parameter,
    Constant,
    Node,
}

impl Vertex {
    /// An error about it.
    pub(super) fn error(&self, problem: impl Into<String>) -> Error {
        Error::Graph { node: self.name.clone(), problem: problem.into() }
    }

    /// The elements as an array of its shape.
    pub(super) fn array<'a, A>(&self, elements: &'a [A]) -> ArrayViewD<'a, A> {
        ArrayViewD::from_shape(self.shape.clone(), elements).expect("cut to this shape")
    }

    /// [`array`](Self::array), to be written.
    pub(super) fn array_mut<'a, A>(&self, elements: &'a mut [A]) -> ArrayViewMutD<'a, A> {
        ArrayViewMutD::from_shape(self.shape.clone(), elements).expect("cut to this shape")
    }

    /// An error, as there is no derivative by it.
    pub(super) fn no_gradient(&self) -> Error {
        self.error(match self.kind {
            Kind::Input => "has no gradient; declare it by `input_with_gradient`",
            _ => "has no gradient, as it depends on no parameter and no input that has one",
        })
    }

    /// An error unless this is its shape.
    pub(super) fn check_shape(&self, found: &[usize]) -> Result<()> {
        let expected = self.shape.slice();
        if found == expected {
            return Ok(());
        }
        Err(self.error(format!("has shape {expected:?}, found {found:?}")))
    }

    /// An error that names the place, unless all these elements of it are finite.
    pub(super) fn check_finite<A: Float>(&self, op: &'static str, elements: &[A]) -> Result<()> {
        check_finite(op, &self.name, &self.array(elements))
    }
}

impl Plan {
    pub(super) fn nodes(&self) -> &[Vertex] {
        &self.vertices[self.sources..]
    }

    /// Where the vertex of this name is.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub(super) fn find(&self, name: &str) -> Result<usize> {
        let undeclared = || Error::Graph { node: name.into(), problem: "is not declared".into() };
        self.names.get(name).copied().ok_or_else(undeclared)
    }
}

/// Makes a [`Plan`] vertex by vertex, sources first.
#[derive(Debug)]
pub(super) struct Planner<A> {
    vertices: Vec<Vertex>,
    parameters: Extent<A>,
    values: Extent<A>,
    gradients: Extent<A>,
}

/// The vertex to plan next.
pub(super) struct Next {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) shape: Vec<usize>,
    pub(super) inputs: Vec<usize>,
    pub(super) has_gradient: bool,
}

/// How many numbers each of a graph's memories holds.
pub(super) struct Sizes {
    pub(super) values: usize,
    pub(super) gradients: usize,
    pub(super) scratch: usize,
}

impl<A: Float> Planner<A> {
    pub(super) const fn new() -> Self {
        Self {
            vertices: Vec::new(),
            parameters: Extent::new(Memory::Parameters),
            values: Extent::new(Memory::Others),
            gradients: Extent::new(Memory::Others),
        }
    }

    pub(super) fn vertices(&self) -> &[Vertex] {
        &self.vertices
    }

    /// Gives it places after all others.
    ///
    /// # Errors
    ///
    /// If memory cannot hold it.
    pub(super) fn push(&mut self, next: Next) -> Result<()> {
        let Next { name, kind, shape, inputs, has_gradient } = next;
        let Some((value, gradient)) = self.places(kind, &shape, has_gradient) else {
            let problem = format!("has shape {shape:?}: the graph has more elements than memory has places");
            return Err(Error::Graph { node: name, problem });
        };
        self.vertices.push(Vertex { name, kind, shape: IxDyn(&shape), inputs, value, gradient });
        Ok(())
    }

    fn places(&mut self, kind: Kind, shape: &[usize], has_gradient: bool) -> Option<(Place, Option<Place>)> {
        let length = elements_of(shape)?;
        if kind == Kind::Parameter {
            // Its gradient has the same place among the parameters' gradients.
            let place = self.parameters.next(length)?;
            return Some((place, Some(place)));
        }
        let value = self.values.next(length)?;
        Some((value, if has_gradient { Some(self.gradients.next(length)?) } else { None }))
    }

    pub(super) fn finish(self) -> (Plan, Sizes) {
        let sizes = Sizes {
            values: self.values.end(),
            gradients: self.gradients.end(),
            scratch: scratch::<A>(&self.vertices),
        };
        let vertices = self.vertices;
        let parameters = vertices.iter().filter(|vertex| vertex.kind == Kind::Parameter);
        let layout = Layout::new(parameters.map(|vertex| (&*vertex.name, vertex.shape.slice().to_vec())));
        let names = vertices.iter().enumerate().map(|(place, vertex)| (vertex.name.clone(), place)).collect();
        let sources = vertices.iter().filter(|vertex| vertex.kind != Kind::Node).count();
        (Plan { vertices, sources, layout, names }, sizes)
    }
}

/// The elements of an array of this shape; None if no array can have it.
fn elements_of(shape: &[usize]) -> Option<usize> {
    // An array with an axis of 0 has no elements, but ndarray counts its other axes all the same.
    let counted = shape.iter().filter(|&&axis| axis != 0);
    let product = counted.copied().try_fold(1_usize, usize::checked_mul)?;
    isize::try_from(product).ok()?;
    Some(if shape.contains(&0) { 0 } else { product })
}

/// The numbers that one node's `backprop` writes to scratch, at most: derivatives by values that are used more than
/// once.
fn scratch<A: Float>(vertices: &[Vertex]) -> usize {
    let mut uses = vec![0_usize; vertices.len()];
    for &input in vertices.iter().flat_map(|vertex| &vertex.inputs) {
        uses[input] += 1;
    }
    let of_node = |vertex: &Vertex| {
        let mut extent = Extent::<A>::new(Memory::Scratch);
        for &input in vertex.inputs.iter().filter(|&&input| uses[input] > 1) {
            extent.next(vertices[input].value.length);
        }
        extent.end()
    };
    vertices.iter().map(of_node).max().unwrap_or(0)
}
