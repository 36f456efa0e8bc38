//! Chapter 1: logic gates made of perceptrons, and XOR made of the gates.

use blasnet::{Perceptron, xor};

fn main() {
    let (and, nand, or) = (Perceptron::and(), Perceptron::nand(), Perceptron::or());
    let inputs = [(1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)];
    for (x1, x2) in inputs {
        println!(
            "AND({x1}, {x2}) = {}  NAND = {}  OR = {}  XOR = {}",
            and.forward(x1, x2),
            nand.forward(x1, x2),
            or.forward(x1, x2),
            xor(x1, x2)
        );
    }
    assert_eq!(inputs.map(|(x1, x2)| xor(x1, x2)), [0, 1, 1, 0]);

    // The weights are yours to choose: this one fires when the second input alone is on.
    let only_second = Perceptron::new(-1.0, 1.0, 0.5);
    assert_eq!(inputs.map(|(x1, x2)| only_second.forward(x1, x2)), [0, 0, 1, 0]);
}
