//! Chapter 1: one neuron with a threshold, and the logic gates it can and cannot be.

use crate::Float;

/// A neuron of two inputs: 1 where `w1·x1 + w2·x2 > theta`, else 0 (exercise 1-1).
///
/// ```
/// use blasnet::Perceptron;
///
/// let and = Perceptron::new(0.5, 0.5, 0.7);
/// assert_eq!(and.forward(1.0, 1.0), 1);
/// assert_eq!(and.forward(1.0, 0.0), 0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Perceptron<A> {
    /// Weight of the first input.
    pub w1: A,
    /// Weight of the second input.
    pub w2: A,
    /// The threshold that the weighted sum must exceed.
    pub theta: A,
}

impl<A: Float> Perceptron<A> {
    /// A neuron with these weights and this threshold.
    pub const fn new(w1: A, w2: A, theta: A) -> Self {
        Self { w1, w2, theta }
    }

    /// 1 where `w1·x1 + w2·x2 > theta`, else 0.
    pub fn forward(&self, x1: A, x2: A) -> u8 {
        u8::from(self.w1 * x1 + self.w2 * x2 > self.theta)
    }

    /// A gate: this neuron on two bits.
    fn gate(w1: f64, w2: f64, theta: f64) -> Self {
        Self::new(A::of(w1), A::of(w2), A::of(theta))
    }

    /// The AND gate (exercise 1-2): both inputs are needed to get over 0.7.
    ///
    /// ```
    /// # use blasnet::Perceptron;
    /// let and = Perceptron::<f64>::and();
    /// let inputs = [(1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)];
    /// assert_eq!(inputs.map(|(x1, x2)| and.forward(x1, x2)), [1, 0, 0, 0]);
    /// ```
    pub fn and() -> Self {
        Self::gate(0.5, 0.5, 0.7)
    }

    /// The NAND gate (exercise 1-2): [`and`](Self::and) with every sign turned.
    ///
    /// ```
    /// # use blasnet::Perceptron;
    /// let nand = Perceptron::<f64>::nand();
    /// let inputs = [(1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)];
    /// assert_eq!(inputs.map(|(x1, x2)| nand.forward(x1, x2)), [0, 1, 1, 1]);
    /// ```
    pub fn nand() -> Self {
        Self::gate(-0.5, -0.5, -0.7)
    }

    /// The OR gate (exercise 1-2): either input alone gets over 0.2.
    ///
    /// ```
    /// # use blasnet::Perceptron;
    /// let or = Perceptron::<f64>::or();
    /// let inputs = [(1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)];
    /// assert_eq!(inputs.map(|(x1, x2)| or.forward(x1, x2)), [1, 1, 1, 0]);
    /// ```
    pub fn or() -> Self {
        Self::gate(0.5, 0.5, 0.2)
    }
}

/// The XOR gate (exercise 1-3): AND of OR and NAND. No single perceptron draws its boundary.
///
/// ```
/// use blasnet::xor;
///
/// let inputs = [(1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)];
/// assert_eq!(inputs.map(|(x1, x2)| xor(x1, x2)), [0, 1, 1, 0]);
/// ```
pub fn xor<A: Float>(x1: A, x2: A) -> u8 {
    let bit = |gate: Perceptron<A>| A::of(f64::from(gate.forward(x1, x2)));
    Perceptron::and().forward(bit(Perceptron::or()), bit(Perceptron::nand()))
}
