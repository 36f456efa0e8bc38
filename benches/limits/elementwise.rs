//! The elementwise nodes' work: what each computes, and how many bytes it must move for that.

use blasnet::{Add, Multiply, Relu, Sigmoid};
use ndarray::Array1;

use crate::common::random;
use crate::memory::Work;

type Arrays = [Array1<f32>];
type Call = Box<dyn FnMut(&Arrays, &mut Arrays) + Send>;

/// One direction of a node.
pub struct Op {
    pub what: &'static str,
    /// Bytes that it must move an element: all that it reads and all that it writes, once each.
    pub bytes: f64,
    /// The ratio wanted on big arrays.
    pub goal: f64,
    inputs: usize,
    outputs: usize,
    /// The node, ready for the call, which takes inputs and outputs.
    call: fn(&Arrays, &mut Arrays) -> Call,
    /// The outputs of one element by its inputs.
    expected: fn(&[f64]) -> [f64; 2],
}

/// The kept mask of ReLU: a bit an element.
const BIT: f64 = 1.0 / 8.0;

/// Inputs of backprop are dz, then those of forward.
pub const OPS: [Op; 8] = [
    Op {
        what: "Add forward",
        // reads x, y; writes z
        bytes: 4.0 + 4.0 + 4.0,
        goal: 0.9,
        inputs: 2,
        outputs: 1,
        call: |_, _| {
            let mut node = Add::new();
            Box::new(move |i, o| node.forward_into(&i[0], &i[1], &mut o[0]))
        },
        expected: |i| [i[0] + i[1], 0.0],
    },
    Op {
        what: "Add backprop",
        // reads dz; writes dx, dy
        bytes: 4.0 + 4.0 + 4.0,
        goal: 0.9,
        inputs: 3,
        outputs: 2,
        call: |i, o| {
            let mut node = Add::new();
            node.forward_into(&i[1], &i[2], &mut o[0]);
            Box::new(move |i, o| {
                let [dx, dy] = o else { unreachable!("two outputs") };
                node.backprop_into(&i[0], dx, dy).expect("forward was called");
            })
        },
        expected: |i| [i[0], i[0]],
    },
    Op {
        what: "Multiply forward",
        // reads x, y; writes z, and the copies of x and y for backprop
        bytes: 4.0 + 4.0 + 4.0 + 4.0 + 4.0,
        goal: 0.9,
        inputs: 2,
        outputs: 1,
        call: |_, _| {
            let mut node = Multiply::new();
            Box::new(move |i, o| node.forward_into(&i[0], &i[1], &mut o[0]))
        },
        expected: |i| [i[0] * i[1], 0.0],
    },
    Op {
        what: "Multiply backprop",
        // reads dz and the kept x, y; writes dx, dy
        bytes: 4.0 + 4.0 + 4.0 + 4.0 + 4.0,
        goal: 0.9,
        inputs: 3,
        outputs: 2,
        call: |i, o| {
            let mut node = Multiply::new();
            node.forward_into(&i[1], &i[2], &mut o[0]);
            Box::new(move |i, o| {
                let [dx, dy] = o else { unreachable!("two outputs") };
                node.backprop_into(&i[0], dx, dy).expect("forward was called");
            })
        },
        expected: |i| [i[0] * i[2], i[0] * i[1]],
    },
    Op {
        what: "Relu forward",
        // reads x; writes z and the mask
        bytes: 4.0 + 4.0 + BIT,
        goal: 0.9,
        inputs: 1,
        outputs: 1,
        call: |_, _| {
            let mut node = Relu::new();
            Box::new(move |i, o| node.forward_into(&i[0], &mut o[0]))
        },
        expected: |i| [i[0].max(0.0), 0.0],
    },
    Op {
        what: "Relu backprop",
        // reads dz and the mask; writes dx
        bytes: 4.0 + 4.0 + BIT,
        goal: 0.9,
        inputs: 2,
        outputs: 1,
        call: |i, o| {
            let mut node = Relu::new();
            node.forward_into(&i[1], &mut o[0]);
            Box::new(move |i, o| node.backprop_into(&i[0], &mut o[0]).expect("forward was called"))
        },
        expected: |i| [if i[1] > 0.0 { i[0] } else { 0.0 }, 0.0],
    },
    Op {
        what: "Sigmoid forward",
        // reads x; writes z, and its copy for backprop
        bytes: 4.0 + 4.0 + 4.0,
        goal: 0.75,
        inputs: 1,
        outputs: 1,
        call: |_, _| {
            let mut node = Sigmoid::new();
            Box::new(move |i, o| node.forward_into(&i[0], &mut o[0]))
        },
        expected: |i| [1.0 / (1.0 + (-i[0]).exp()), 0.0],
    },
    Op {
        what: "Sigmoid backprop",
        // reads dz and the kept z; writes dx
        bytes: 4.0 + 4.0 + 4.0,
        goal: 0.9,
        inputs: 2,
        outputs: 1,
        call: |i, o| {
            let mut node = Sigmoid::new();
            node.forward_into(&i[1], &mut o[0]);
            Box::new(move |i, o| node.backprop_into(&i[0], &mut o[0]).expect("forward was called"))
        },
        expected: |i| {
            let z = 1.0 / (1.0 + (-i[1]).exp());
            [i[0] * z * (1.0 - z), 0.0]
        },
    },
];

/// An op with its arrays.
struct Elementwise<'a> {
    op: &'a Op,
    inputs: Vec<Array1<f32>>,
    outputs: Vec<Array1<f32>>,
    call: Call,
}

impl Op {
    /// The work on arrays of so many elements, checked.
    pub fn work(&self, elements: usize) -> Box<dyn Work + '_> {
        let inputs: Vec<_> = (0..self.inputs).map(|seed| normal(elements, seed as u64)).collect();
        let mut outputs = vec![Array1::from_elem(elements, f32::NAN); self.outputs];
        let call = (self.call)(&inputs, &mut outputs);
        let mut work = Elementwise { op: self, inputs, outputs, call };
        work.run();
        work.check();
        Box::new(work)
    }
}

impl Work for Elementwise<'_> {
    fn run(&mut self) {
        (self.call)(&self.inputs, &mut self.outputs);
    }
}

impl Elementwise<'_> {
    fn check(&self) {
        // Some ten thousand places, the first and the last among them.
        let elements = self.inputs[0].len();
        for place in (0..elements).step_by(elements / 10_000 + 1).chain([elements - 1]) {
            let inputs: Vec<_> = self.inputs.iter().map(|input| f64::from(input[place])).collect();
            for (output, expected) in self.outputs.iter().zip((self.op.expected)(&inputs)) {
                let error = (f64::from(output[place]) - expected).abs();
                assert!(
                    error <= 1e-6 * expected.abs().max(1.0),
                    "{} at {place}: off by {error}",
                    self.op.what
                );
            }
        }
    }
}

/// Draws from N(0, 1), the same few hundred thousand again and again: generating them all would take
/// longer than measuring.
fn normal(elements: usize, seed: u64) -> Array1<f32> {
    let drawn = random::<f32>(1, 300_007.min(elements), seed);
    let drawn = drawn.as_slice().expect("row-major");
    let mut all = Vec::with_capacity(elements);
    while all.len() < elements {
        all.extend_from_slice(&drawn[..drawn.len().min(elements - all.len())]);
    }
    all.into()
}
