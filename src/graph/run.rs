//! Running a graph: the passes and a step.

use ndarray::{ArrayViewD, Dimension};

use super::plan::{Kind, Vertex};
use super::{Graph, Stage, pass};
use crate::nodes::Operand;
use crate::{Float, Optimizer, Result};

impl<A: Float> Graph<A> {
    /// Computes the values of all nodes.
    ///
    /// # Errors
    ///
    /// If an input has never been set.
    pub fn forward(&mut self) -> Result<()> {
        if let Some(place) = self.is_set.iter().position(|is_set| !is_set) {
            return Err(self.plan.vertices[place].error("has never been set"));
        }
        // If a node panics, no value is valid.
        self.stage = Stage { computed: false, current: false, ..self.stage };
        pass::forward(&self.plan, &mut self.nodes, &mut self.values);
        self.stage = Stage { computed: true, current: true, ..self.stage };
        Ok(())
    }

    /// Computes the derivatives of this value, which has one element, by everything that has a gradient.
    ///
    /// # Errors
    ///
    /// If it has more or fewer elements, or as [`backprop_from`](Self::backprop_from).
    pub fn backprop(&mut self, name: &str) -> Result<()> {
        let vertex = self.vertex(name)?;
        if vertex.value.length != 1 {
            let shape = vertex.shape.slice();
            let problem =
                format!("has shape {shape:?}, not one element; give the derivative by it to `backprop_from`");
            return Err(vertex.error(problem));
        }
        self.backprop_elements(name, &[A::one()])
    }

    /// Computes the derivatives of a function by everything that has a gradient, from its derivative by this
    /// value, `seed`: a number or an array of the value's shape.
    ///
    /// # Errors
    ///
    /// If there is nothing of this name, its shape is another, a number is NaN or infinite, nothing that it
    /// depends on has a gradient, or something was set or updated since the last [`forward`](Self::forward).
    pub fn backprop_from(&mut self, name: &str, seed: impl Operand<Elem = A>) -> Result<()> {
        let vertex = self.vertex(name)?;
        vertex.check_shape(seed.shape())?;
        let elements = seed.elements();
        vertex.check_finite("Graph::backprop_from", &elements)?;
        self.backprop_elements(name, &elements)
    }

    fn backprop_elements(&mut self, name: &str, seed: &[A]) -> Result<()> {
        let end = self.plan.find(name)?;
        let vertex = &self.plan.vertices[end];
        if !self.stage.current {
            let problem = if self.stage.computed {
                "is not of the present inputs, parameters and mode; call `forward` before going back"
            } else {
                "has no value yet; call `forward` first"
            };
            return Err(vertex.error(problem));
        }
        let Some(gradient) = vertex.gradient else { return Err(vertex.no_gradient()) };
        self.stage.differentiated = false;
        self.gradients.get_mut(gradient).copy_from_slice(seed);
        self.back.run(&self.plan, &mut self.nodes, &self.values, &mut self.gradients, end);
        self.stage.differentiated = true;
        Ok(())
    }

    /// The derivative by this value from the last [`backprop`](Self::backprop); zeros if what it began with does not
    /// depend on this value.
    ///
    /// Parameters have one, as do inputs that were declared so and nodes that depend on either.
    ///
    /// # Errors
    ///
    /// If there is nothing of this name, it has no gradient, or no `backprop` was made since the last
    /// [`update`](Self::update).
    pub fn gradient(&self, name: &str) -> Result<ArrayViewD<'_, A>> {
        let vertex = self.vertex(name)?;
        let Some(place) = vertex.gradient else { return Err(vertex.no_gradient()) };
        self.check_differentiated(vertex)?;
        Ok(vertex.array(self.gradients.get(place)))
    }

    fn check_differentiated(&self, vertex: &Vertex) -> Result<()> {
        if self.stage.differentiated {
            Ok(())
        } else {
            Err(vertex.error("has no gradient yet; call `backprop` first"))
        }
    }

    /// One step of the optimiser on all parameters, which uses up the gradients. Nodes keep the values from before the
    /// step.
    ///
    /// # Errors
    ///
    /// If no [`backprop`](Self::backprop) was made since the last step, or the optimiser's. The parameters are then
    /// unchanged.
    pub fn update(&mut self, optimizer: &mut (impl Optimizer<A> + ?Sized)) -> Result<()> {
        if let Some(parameter) = self.plan.vertices.iter().find(|vertex| vertex.kind == Kind::Parameter) {
            self.check_differentiated(parameter)?;
        }
        self.stage.differentiated = false;
        optimizer.step(&mut self.values.parameters, &mut self.gradients.parameters, &self.plan.layout)?;
        self.stage.current = false;
        Ok(())
    }
}
