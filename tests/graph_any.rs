//! Any graph of sums and products computes what a plain recursion does, and has the gradients of it.

mod common;

use blasnet::graph::GraphBuilder;
use blasnet::nodes::{Add, Multiply};
use blasnet::{Float, Graph, gradcheck};
use common::of;
use ndarray::{Array1, Array2, ArrayRef2, ArrayView1, s};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Numbers of each value.
const LENGTH: usize = 3;

#[derive(Debug, Clone, Copy)]
enum Op {
    Add,
    Multiply,
}

#[derive(Debug, Clone)]
struct Dag {
    /// A row for each source.
    values: Array2<f64>,
    /// What each node does to which two of the values before it, sources coming first.
    nodes: Vec<(Op, usize, usize)>,
    /// The order in which all are declared.
    order: Vec<usize>,
}

impl Dag {
    fn sources(&self) -> usize {
        self.values.nrows()
    }

    fn is_used(&self, vertex: usize) -> bool {
        self.nodes.iter().any(|&(_, x, y)| x == vertex || y == vertex)
    }

    /// Whether it depends on something that is no constant: every third source is one.
    fn varies(&self, vertex: usize) -> bool {
        match vertex.checked_sub(self.sources()).map(|node| self.nodes[node]) {
            None => vertex % 3 != 2,
            Some((_, x, y)) => self.varies(x) || self.varies(y),
        }
    }

    /// The value of a vertex, which no one remembers.
    fn evaluate(&self, sources: &ArrayRef2<f64>, vertex: usize) -> Array1<f64> {
        if vertex < self.sources() {
            return sources.row(vertex).to_owned();
        }
        let (op, x, y) = self.nodes[vertex - self.sources()];
        let (x, y) = (self.evaluate(sources, x), self.evaluate(sources, y));
        match op {
            Op::Add => x + y,
            Op::Multiply => x * y,
        }
    }

    fn last(&self) -> usize {
        self.sources() + self.nodes.len() - 1
    }

    /// The graph after its passes: inputs, parameters and constants by turns.
    fn graph<A: Float>(&self, seed: ArrayView1<f64>) -> blasnet::Result<Graph<A>> {
        let values: Vec<Array1<A>> = self.values.rows().into_iter().map(|row| of(&row)).collect();
        let declare = |builder: GraphBuilder<A>, vertex: usize| {
            let name = vertex.to_string();
            match vertex.checked_sub(self.sources()).map(|node| self.nodes[node]) {
                None if !self.is_used(vertex) => builder,
                None => match vertex % 3 {
                    0 => builder.input_with_gradient(name, &[LENGTH]),
                    1 => builder.parameter(name, &values[vertex]),
                    _ => builder.constant(name, &values[vertex]),
                },
                Some((Op::Add, x, y)) => builder.node(name, Add::new(), [x.to_string(), y.to_string()]),
                Some((Op::Multiply, x, y)) => {
                    builder.node(name, Multiply::new(), [x.to_string(), y.to_string()])
                }
            }
        };
        let mut graph =
            self.order.iter().fold(Graph::builder(), |builder, &vertex| declare(builder, vertex)).build()?;
        for vertex in (0..self.sources()).step_by(3).filter(|&vertex| self.is_used(vertex)) {
            graph.set(&vertex.to_string(), &values[vertex])?;
        }
        graph.forward()?;
        if self.varies(self.last()) {
            graph.backprop_from(&self.last().to_string(), &of::<A, _>(&seed))?;
        }
        Ok(graph)
    }
}

fn dags() -> impl Strategy<Value = Dag> {
    let op = prop_oneof![Just(Op::Add), Just(Op::Multiply)];
    (1..6_usize, prop::collection::vec((op, 0..1000_usize, 0..1000_usize), 1..8)).prop_flat_map(
        |(sources, nodes)| {
            let before = |(node, (op, x, y))| (op, x % (sources + node), y % (sources + node));
            let nodes: Vec<_> = nodes.into_iter().enumerate().map(before).collect();
            let order: Vec<_> = (0..sources + nodes.len()).collect();
            let values = prop::collection::vec(-1.25..1.25, sources * LENGTH);
            (values, Just(order).prop_shuffle()).prop_map(move |(values, order)| Dag {
                values: Array2::from_shape_vec((sources, LENGTH), values).expect("so many"),
                nodes: nodes.clone(),
                order,
            })
        },
    )
}

/// An error relative to the larger of 1 and what is expected.
fn error<A: Float>(found: &ndarray::ArrayRefD<A>, expected: ArrayView1<f64>) -> f64 {
    let found = found.mapv(A::as_f64).into_shape_with_order(LENGTH).expect("so many");
    gradcheck::relative_error(&found, &expected)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0),
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_graph_is_its_recursion(dag in dags(), seed in prop::collection::vec(-1.0..1.0, LENGTH)) {
        let seed = Array1::from_vec(seed);
        let (double, single) = (dag.graph::<f64>(seed.view())?, dag.graph::<f32>(seed.view())?);
        for vertex in (0..=dag.last()).filter(|&vertex| vertex >= dag.sources() || dag.is_used(vertex)) {
            let (name, expected) = (vertex.to_string(), dag.evaluate(&dag.values, vertex));
            prop_assert!(error(&double.value(&name)?, expected.view()) < 1e-14, "value of {}", name);
            prop_assert!(error(&single.value(&name)?, expected.view()) < 1e-4, "value of {}", name);
        }

        let numerical = gradcheck::numerical_gradient(&mut dag.values.clone(), 1e-5, |values| {
            (dag.evaluate(values, dag.last()) * &seed).sum()
        });
        let varying = (0..dag.sources()).filter(|&vertex| dag.varies(vertex) && dag.is_used(vertex));
        for vertex in varying.filter(|_| dag.varies(dag.last())) {
            let (name, expected) = (vertex.to_string(), numerical.slice(s![vertex, ..]));
            let found = double.gradient(&name)?;
            prop_assert!(error(&found, expected) < 1e-6, "gradient of {}: {found}, {expected}", name);
            prop_assert!(error(&single.gradient(&name)?, expected) < 1e-3, "gradient of {}", name);
        }
    }
}
