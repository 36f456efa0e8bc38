//! Chapter 1: perceptrons and the gates that they make.

use blasnet::{Perceptron, Result, xor};

/// x1 and x2 of exercise 1-2.
const INPUTS: [(f64, f64); 4] = [(1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)];

/// A line for each input.
fn table(line: impl Fn(f64, f64) -> String) -> Result<String> {
    Ok(INPUTS.map(|(x1, x2)| line(x1, x2)).join("\n"))
}

pub fn perceptron() -> Result<String> {
    let and = Perceptron::<f64>::and();
    let Perceptron { w1, w2, theta } = and;
    let outputs = table(|x1, x2| format!("forward({x1}, {x2}) = {}", and.forward(x1, x2)))?;
    Ok(format!("w1 = {w1}, w2 = {w2}, theta = {theta}\n{outputs}"))
}

pub fn gates() -> Result<String> {
    let gates = [("AND", Perceptron::and()), ("NAND", Perceptron::nand()), ("OR", Perceptron::or())];
    table(|x1, x2| {
        gates.map(|(name, gate)| format!("{name}({x1}, {x2}) = {}", gate.forward(x1, x2))).join(" ")
    })
}

pub fn xor_gate() -> Result<String> {
    table(|x1, x2| format!("XOR({x1}, {x2}) = {}", xor(x1, x2)))
}
