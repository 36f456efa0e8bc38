//! The passes: nodes in their order, and in the opposite one.

use super::memory::{Extent, Memory, Numbers, before_and_at};
use super::node::{Derivatives, Node, Target, Values, spoil};
use super::plan::Plan;
use crate::Float;
use crate::compute::aligned::Aligned;
use crate::ops::add;

/// Computes the values of all nodes.
pub(super) fn forward<A: Float>(plan: &Plan, nodes: &mut [Box<dyn Node<A>>], values: &mut Numbers<A>) {
    let Numbers { parameters, others } = values;
    for (vertex, node) in plan.nodes().iter().zip(nodes) {
        let (others, output) = before_and_at(others, vertex.value);
        let inputs = Values { inputs: &vertex.inputs, vertices: &plan.vertices, parameters, others };
        let mut output = vertex.array_mut(output);
        spoil(&mut output);
        node.forward(inputs, &mut output);
    }
}

/// The state of a backward pass.
#[derive(Debug)]
pub(super) struct Backprop<A> {
    /// Of each vertex, whether a derivative by it has been written.
    reached: Vec<bool>,
    /// Where the derivatives by a node's inputs go.
    targets: Vec<Target>,
    scratch: Aligned<A>,
}

impl<A: Float> Backprop<A> {
    pub(super) fn new(plan: &Plan, scratch: usize) -> Self {
        let most_inputs = plan.nodes().iter().map(|vertex| vertex.inputs.len()).max().unwrap_or(0);
        Self {
            reached: vec![false; plan.vertices.len()],
            targets: Vec::with_capacity(most_inputs),
            scratch: Aligned::zeros(scratch),
        }
    }

    /// Computes all gradients, from the one by the vertex `end`, which is there.
    pub(super) fn run(
        &mut self,
        plan: &Plan,
        nodes: &mut [Box<dyn Node<A>>],
        values: &Numbers<A>,
        gradients: &mut Numbers<A>,
        end: usize,
    ) {
        self.reached.fill(false);
        self.reached[end] = true;
        for place in (plan.sources..=end).rev() {
            let (vertex, node) = (&plan.vertices[place], &mut nodes[place - plan.sources]);
            let Some(gradient) = vertex.gradient.filter(|_| self.reached[place]) else { continue };
            self.aim(plan, place, &**node);

            let Numbers { parameters, others } = gradients;
            let (others, d_output) = before_and_at(others, gradient);
            let scratch = &mut *self.scratch;
            let mut targets =
                Derivatives { targets: &self.targets, vertices: &plan.vertices, parameters, others, scratch };
            targets.spoil();
            let inputs = Values {
                inputs: &vertex.inputs,
                vertices: &plan.vertices,
                parameters: &values.parameters,
                others: &values.others,
            };
            let output = vertex.array(values.get(vertex.value));
            node.backprop(inputs, &output, &vertex.array(d_output), &mut targets);
            self.add_up(plan, gradients);
        }
        for (vertex, reached) in plan.vertices.iter().zip(&self.reached) {
            if let (Some(gradient), false) = (vertex.gradient, reached) {
                gradients.get_mut(gradient).fill(A::zero());
            }
        }
    }

    /// Decides where the derivatives by a node's inputs go: the first by each value to its place, later ones to
    /// scratch.
    fn aim(&mut self, plan: &Plan, place: usize, node: &dyn Node<A>) {
        self.targets.clear();
        let mut scratch = Extent::<A>::new(Memory::Scratch);
        for (input, &vertex) in plan.vertices[place].inputs.iter().enumerate() {
            let gradient = plan.vertices[vertex].gradient.filter(|_| node.has_derivative_by(input));
            let place = gradient.map(|gradient| {
                if self.reached[vertex] {
                    scratch.next(gradient.length).expect("planned for")
                } else {
                    self.reached[vertex] = true;
                    gradient
                }
            });
            self.targets.push(Target { vertex, place });
        }
    }

    /// Adds what is in scratch to what is there.
    fn add_up(&self, plan: &Plan, gradients: &mut Numbers<A>) {
        for Target { vertex, place } in &self.targets {
            let in_scratch = place.filter(|place| place.memory == Memory::Scratch);
            if let (Some(place), Some(gradient)) = (in_scratch, plan.vertices[*vertex].gradient) {
                add::accumulate(&self.scratch[place.range()], gradients.get_mut(gradient));
            }
        }
    }
}
