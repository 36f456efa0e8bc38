//! [`GraphBuilder`]: declares a graph, name by name, and checks it.

use std::collections::HashMap;

use ndarray::Dimension;

use super::memory::Numbers;
use super::order::topological;
use super::pass::Backprop;
use super::plan::{Kind, Next, Plan, Planner, Sizes, Vertex};
use super::{Graph, Node, Stage};
use crate::nodes::Operand;
use crate::{Error, Float, Result};

/// The declaration of a [`Graph`]; made by [`Graph::builder`].
///
/// Everything has a name, by which nodes take it. The order does not matter: a node may take what is declared
/// after it. Nothing is checked before [`build`](Self::build).
#[derive(Debug)]
#[must_use = "`build` makes the graph"]
pub struct GraphBuilder<A> {
    declared: Vec<Declared<A>>,
}

#[derive(Debug)]
struct Declared<A> {
    name: String,
    what: What<A>,
}

#[derive(Debug)]
enum What<A> {
    Input { shape: Vec<usize>, has_gradient: bool },
    Parameter { shape: Vec<usize>, elements: Vec<A> },
    Constant { shape: Vec<usize>, elements: Vec<A> },
    Node { node: Box<dyn Node<A>>, inputs: Vec<String> },
}

impl<A: Float> Graph<A> {
    /// Declares a graph.
    pub const fn builder() -> GraphBuilder<A> {
        GraphBuilder { declared: Vec::new() }
    }
}

impl<A: Float> GraphBuilder<A> {
    fn declare(mut self, name: impl Into<String>, what: What<A>) -> Self {
        self.declared.push(Declared { name: name.into(), what });
        self
    }

    /// A value of this shape, to be [`set`](Graph::set) before a pass; `&[]` is a single number.
    pub fn input(self, name: impl Into<String>, shape: &[usize]) -> Self {
        self.declare(name, What::Input { shape: shape.to_vec(), has_gradient: false })
    }

    /// An [`input`](Self::input) with a gradient. Others have none: for a network's input it would cost as much as that
    /// of its first weights.
    pub fn input_with_gradient(self, name: impl Into<String>, shape: &[usize]) -> Self {
        self.declare(name, What::Input { shape: shape.to_vec(), has_gradient: true })
    }

    /// A value that training changes, a number or a reference to an array, with its first value.
    pub fn parameter(self, name: impl Into<String>, value: impl Operand<Elem = A>) -> Self {
        let (shape, elements) = owned(&value);
        self.declare(name, What::Parameter { shape, elements })
    }

    /// A value that never changes, a number or a reference to an array.
    pub fn constant(self, name: impl Into<String>, value: impl Operand<Elem = A>) -> Self {
        let (shape, elements) = owned(&value);
        self.declare(name, What::Constant { shape, elements })
    }

    /// What `node` computes from the values of these names.
    pub fn node<S: Into<String>>(
        self,
        name: impl Into<String>,
        node: impl Node<A> + 'static,
        inputs: impl IntoIterator<Item = S>,
    ) -> Self {
        let inputs = inputs.into_iter().map(Into::into).collect();
        self.declare(name, What::Node { node: Box::new(node), inputs })
    }

    /// The graph, with memory for all its values and gradients.
    ///
    /// # Errors
    ///
    /// If a name is declared twice, or not at all; values depend on each other in a cycle; an input, a parameter or a
    /// constant is used by no node; a node does not take what it is given; memory cannot hold it; a parameter or a
    /// constant is not finite. The error names it.
    pub fn build(self) -> Result<Graph<A>> {
        let inputs = self.resolve()?;
        self.check_use(&inputs)?;
        let cycle = |cycle| self.cycle(cycle);
        let order = topological(&inputs).map_err(cycle)?;

        let is_node = |&place: &usize| matches!(self.declared[place].what, What::Node { .. });
        let sources = (0..self.declared.len()).filter(|place| !is_node(place));
        let order: Vec<_> = sources.chain(order.into_iter().filter(is_node)).collect();

        let mut planned_at = vec![0; self.declared.len()];
        let mut declared: Vec<_> = self.declared.into_iter().map(Some).collect();
        let (mut planner, mut kept) = (Planner::<A>::new(), Kept { elements: Vec::new(), nodes: Vec::new() });
        for (planned, place) in order.into_iter().enumerate() {
            planned_at[place] = planned;
            let declared = declared[place].take().expect("each has one place in the order");
            let inputs = inputs[place].iter().map(|&input| planned_at[input]).collect();
            planner.push(kept.next(declared, inputs, planner.vertices())?)?;
        }
        let (plan, sizes) = planner.finish();
        kept.into_graph(plan, sizes)
    }

    /// For each declaration, the places of its inputs among the declarations.
    fn resolve(&self) -> Result<Vec<Vec<usize>>> {
        let mut places = HashMap::new();
        for (place, Declared { name, .. }) in self.declared.iter().enumerate() {
            if places.insert(&**name, place).is_some() {
                return Err(Error::Graph { node: name.clone(), problem: "is declared twice".into() });
            }
        }
        let of_one = |Declared { name, what }: &Declared<A>| {
            let What::Node { inputs, .. } = what else { return Ok(Vec::new()) };
            let find = |input: &String| match places.get(&**input) {
                Some(&place) => Ok(place),
                None => {
                    let problem = format!("takes `{input}`, which is not declared");
                    Err(Error::Graph { node: name.clone(), problem })
                }
            };
            inputs.iter().map(find).collect()
        };
        self.declared.iter().map(of_one).collect()
    }

    /// An error if an input, a parameter or a constant is used by no node.
    fn check_use(&self, inputs: &[Vec<usize>]) -> Result<()> {
        let mut used = vec![false; self.declared.len()];
        inputs.iter().flatten().for_each(|&input| used[input] = true);
        for (Declared { name, what }, used) in self.declared.iter().zip(used) {
            if !used && !matches!(what, What::Node { .. }) {
                return Err(Error::Graph { node: name.clone(), problem: "is used by no node".into() });
            }
        }
        Ok(())
    }

    fn cycle(&self, cycle: Vec<usize>) -> Error {
        // Begin with the first that was declared.
        let start = (0..cycle.len()).min_by_key(|&place| cycle[place]).unwrap_or(0);
        let round = cycle.iter().cycle().skip(start).take(cycle.len() + 1);
        let names: Vec<_> = round.map(|&place| &*self.declared[place].name).collect();
        Error::Graph { node: names[0].into(), problem: format!("depends on itself: {}", names.join(" → ")) }
    }
}

fn owned<A: Float>(value: &impl Operand<Elem = A>) -> (Vec<usize>, Vec<A>) {
    (value.shape().to_vec(), value.elements().into_owned())
}

/// Elements and nodes of the declarations, in the order of the plan.
struct Kept<A> {
    /// Of parameters and constants, by their vertices.
    elements: Vec<(usize, Vec<A>)>,
    nodes: Vec<Box<dyn Node<A>>>,
}

impl<A: Float> Kept<A> {
    /// Keeps elements or node of `declared`, and gives what is to be planned after `vertices`.
    fn next(&mut self, declared: Declared<A>, inputs: Vec<usize>, vertices: &[Vertex]) -> Result<Next> {
        let Declared { name, what } = declared;
        let mut with_elements = |kind, shape, elements, has_gradient| {
            self.elements.push((vertices.len(), elements));
            (kind, shape, has_gradient)
        };
        let (kind, shape, has_gradient) = match what {
            What::Input { shape, has_gradient } => (Kind::Input, shape, has_gradient),
            What::Parameter { shape, elements } => with_elements(Kind::Parameter, shape, elements, true),
            What::Constant { shape, elements } => with_elements(Kind::Constant, shape, elements, false),
            What::Node { node, .. } => {
                let shape = output_shape(&name, &*node, &inputs, vertices)?;
                let leads_on = |(place, &input): (usize, &usize)| {
                    vertices[input].gradient.is_some() && node.has_derivative_by(place)
                };
                let has_gradient = inputs.iter().enumerate().any(leads_on);
                self.nodes.push(node);
                (Kind::Node, shape, has_gradient)
            }
        };
        Ok(Next { name, kind, shape, inputs, has_gradient })
    }

    fn into_graph(self, plan: Plan, sizes: Sizes) -> Result<Graph<A>> {
        let mut values = Numbers::zeros(&plan.layout, sizes.values);
        for (vertex, elements) in self.elements {
            let vertex = &plan.vertices[vertex];
            values.get_mut(vertex.value).copy_from_slice(&elements);
            vertex.check_finite("Graph::build", &elements)?;
        }
        let gradients = Numbers::zeros(&plan.layout, sizes.gradients);
        let back = Backprop::new(&plan, sizes.scratch);
        let is_set = plan.vertices[..plan.sources].iter().map(|vertex| vertex.kind != Kind::Input).collect();
        Ok(Graph { plan, nodes: self.nodes, values, gradients, back, is_set, stage: Stage::default() })
    }
}

/// The shape that the node gives, or an error that names its inputs.
fn output_shape<A: Float>(
    name: &str,
    node: &dyn Node<A>,
    inputs: &[usize],
    vertices: &[Vertex],
) -> Result<Vec<usize>> {
    let given = || inputs.iter().map(|&input| &vertices[input]);
    let shapes: Vec<_> = given().map(|vertex| vertex.shape.slice()).collect();
    node.output_shape(&shapes).map_err(|expected| {
        let given: Vec<_> =
            given().map(|vertex| format!("`{}` {:?}", vertex.name, vertex.shape.slice())).collect();
        let given = if given.is_empty() { "nothing".into() } else { given.join(", ") };
        let problem = format!("({}) takes {given}, expected {expected}", node.name());
        Error::Graph { node: name.into(), problem }
    })
}
