//! Chapter 1: the course's tables of the gates.

use blasnet::{Float, Perceptron, xor};

/// The course's inputs: x1_list and x2_list.
const INPUTS: [(f64, f64); 4] = [(1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)];

fn table<A: Float>(gate: impl Fn(A, A) -> u8) -> [u8; 4] {
    INPUTS.map(|(x1, x2)| gate(A::of(x1), A::of(x2)))
}

fn gates<A: Float>() {
    assert_eq!(table::<A>(|x1, x2| Perceptron::and().forward(x1, x2)), [1, 0, 0, 0]);
    assert_eq!(table::<A>(|x1, x2| Perceptron::nand().forward(x1, x2)), [0, 1, 1, 1]);
    assert_eq!(table::<A>(|x1, x2| Perceptron::or().forward(x1, x2)), [1, 1, 1, 0]);
    assert_eq!(table::<A>(xor), [0, 1, 1, 0]);
}

#[test]
fn exercises_1_2_and_1_3() {
    gates::<f32>();
    gates::<f64>();
}

#[test]
fn exercise_1_1_the_threshold_itself_is_not_exceeded() {
    let neuron = Perceptron::new(1.0, 1.0, 2.0);
    assert_eq!(neuron.forward(1.0, 1.0), 0);
    assert_eq!(neuron.forward(1.0, 1.5), 1);
}
