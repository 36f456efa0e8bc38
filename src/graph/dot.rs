//! A graph as a picture: text for Graphviz.

use std::fmt::Write;

use ndarray::Dimension;

use super::Graph;
use super::plan::{Kind, Vertex};
use crate::Float;

impl<A: Float> Graph<A> {
    /// The graph in the language of [Graphviz](https://graphviz.org/doc/info/lang.html), whose `dot` draws it: names,
    /// nodes' types, shapes. Inputs are parallelograms, parameters cylinders, constants plain text, and nodes rounded
    /// boxes.
    ///
    /// ```
    /// use blasnet::graph::Graph;
    /// use blasnet::nodes::Multiply;
    ///
    /// let square = Graph::<f32>::builder().input("x", &[2, 3]).node("z", Multiply::new(), ["x", "x"]).build()?;
    /// let expected = r#"digraph {
    ///     rankdir=LR
    ///     "x" [shape=parallelogram label="x\n[2, 3]"]
    ///     "z" [shape=box style=rounded label="z\nMultiply\n[2, 3]"]
    ///     "x" -> "z"
    ///     "x" -> "z"
    /// }
    /// "#;
    /// assert_eq!(square.to_dot(), expected);
    /// # Ok::<(), blasnet::Error>(())
    /// ```
    pub fn to_dot(&self) -> String {
        let mut dot = String::from("digraph {\n    rankdir=LR\n");
        self.write_vertices(&mut dot).expect("a string takes all that is written");
        dot.push_str("}\n");
        dot
    }

    fn write_vertices(&self, dot: &mut String) -> std::fmt::Result {
        let sources = self.plan.vertices[..self.plan.sources].iter().map(|vertex| (vertex, None));
        let nodes =
            self.plan.nodes().iter().zip(&self.nodes).map(|(vertex, node)| (vertex, Some(node.name())));
        for (Vertex { name, kind, shape, .. }, of_type) in sources.chain(nodes) {
            let look = match kind {
                Kind::Input => "shape=parallelogram",
                Kind::Parameter => "shape=cylinder",
                Kind::Constant => "shape=plaintext",
                Kind::Node => "shape=box style=rounded",
            };
            let (name, shape) = (escaped(name), shape.slice());
            let of_type = of_type.map_or_else(String::new, |of_type| format!("\\n{}", escaped(&of_type)));
            writeln!(dot, r#"    "{name}" [{look} label="{name}{of_type}\n{shape:?}"]"#)?;
        }
        for Vertex { name, inputs, .. } in self.plan.nodes() {
            for &input in inputs {
                writeln!(
                    dot,
                    r#"    "{}" -> "{}""#,
                    escaped(&self.plan.vertices[input].name),
                    escaped(name)
                )?;
            }
        }
        Ok(())
    }
}

/// A name as it stands between quotation marks.
fn escaped(name: &str) -> String {
    name.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n")
}
