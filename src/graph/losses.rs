//! [`MeanLoss`] and [`SumLoss`]: the number that a graph is trained to make small.

use ndarray::ArrayRefD;

use super::node::slice;
use super::{Derivatives, Node, Values};
use crate::{Float, Loss, Reduction};

/// A node that makes one number of the losses of a batch's rows.
macro_rules! loss {
    ($(#[$attribute:meta])* $name:ident, $reduction:ident) => {
        $(#[$attribute])*
        #[derive(Debug, Clone)]
        pub struct $name<A> {
            loss: Loss,
            /// The derivative of the sum of all rows' losses.
            dz: Vec<A>,
        }

        impl<A: Float> $name<A> {
            /// The node for this loss.
            pub const fn new(loss: Loss) -> Self {
                Self { loss, dz: Vec::new() }
            }
        }

        impl<A: Float> Node<A> for $name<A> {
            fn name(&self) -> String {
                format!("{} {}", stringify!($name), self.loss)
            }

            fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
                match *inputs {
                    [z @ &[rows, outputs], t] if z == t && rows > 0 && outputs > 0 => Ok(Vec::new()),
                    _ => Err("[n, out], [n, out], neither of them 0".into()),
                }
            }

            fn has_derivative_by(&self, input: usize) -> bool {
                input == 0
            }

            fn forward(&mut self, inputs: Values<'_, A>, loss: &mut ArrayRefD<A>) {
                let ([z, t], of_z) = (inputs.slices(), inputs.get(0));
                self.dz.resize(z.len(), A::zero());
                let sum = self.loss.sum_with_derivative(z, t, &mut self.dz, of_z.shape()[1]);
                loss.fill(Reduction::$reduction.of_sum(sum, of_z.shape()[0]));
            }

            fn backprop(
                &mut self,
                inputs: Values<'_, A>,
                _: &ArrayRefD<A>,
                by_loss: &ArrayRefD<A>,
                derivatives: &mut Derivatives<'_, A>,
            ) {
                if let [Some(dz), _] = derivatives.slices_mut() {
                    let rows = inputs.get(0).shape()[0];
                    Reduction::$reduction.backprop(slice(by_loss)[0], rows, &self.dz, dz);
                }
            }
        }
    };
}

loss! {
    /// The mean of a batch's losses, a number; the inputs are outputs z and labels t, `[n, out]` each.
    ///
    /// Its derivative is that of the mean, 1/n · ∂/∂z: what usual learning rates are meant for. There is none by
    /// t, though other losses than softmax with cross-entropy might have one.
    ///
    /// ```
    /// use blasnet::graph::{Graph, MeanLoss, SumLoss};
    /// use blasnet::Loss;
    /// use ndarray::array;
    ///
    /// let mut graph = Graph::<f64>::builder()
    ///     .input_with_gradient("z", &[2, 1])
    ///     .input("t", &[2, 1])
    ///     .node("mean", MeanLoss::new(Loss::MeanSquaredError), ["z", "t"])
    ///     .node("sum", SumLoss::new(Loss::MeanSquaredError), ["z", "t"])
    ///     .build()?;
    /// graph.set("z", &array![[5.0], [1.0]])?;
    /// graph.set("t", &array![[2.0], [2.0]])?;
    /// graph.forward()?;
    /// assert_eq!((graph.value("mean")?[[]], graph.value("sum")?[[]]), (5.0, 10.0));
    ///
    /// graph.backprop("mean")?;
    /// assert_eq!(graph.gradient("z")?, array![[3.0], [-1.0]].into_dyn());
    /// graph.backprop("sum")?;
    /// assert_eq!(graph.gradient("z")?, array![[6.0], [-2.0]].into_dyn());
    /// # Ok::<(), blasnet::Error>(())
    /// ```
    MeanLoss, Mean
}

loss! {
    /// The sum of a batch's losses, otherwise like [`MeanLoss`]: the gradient that the course takes, whose learning
    /// rates are meant for it. (Its loss is the mean all the same; here value and gradient fit together.)
    SumLoss, Sum
}
