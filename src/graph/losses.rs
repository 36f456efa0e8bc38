//! [`MeanLoss`] and [`SumLoss`]: the number that a graph is trained to make small.

use ndarray::ArrayRefD;

use super::elementwise::{slice, slice_mut};
use super::{Gradients, Node, Values};
use crate::compute::parallel::{each, sum_of_each};
use crate::{Float, Loss, Reduction};

/// The losses of a batch's rows, and how they become one number.
#[derive(Debug, Clone)]
struct OfRows<A> {
    loss: Loss,
    reduction: Reduction,
    /// The derivative of the sum of all rows' losses.
    dz: Vec<A>,
}

impl<A: Float> OfRows<A> {
    fn forward(&mut self, inputs: Values<'_, A>) -> A {
        let [z, t] = inputs.all();
        let (rows, outputs) = (z.shape()[0], z.shape()[1]);
        let loss = self.loss;
        self.dz.resize(z.len(), A::zero());
        let sum = sum_of_each(((slice(&z), slice(&t)), &mut *self.dz), outputs, |((z, t), dz)| {
            loss.with_derivative(z, t, dz, outputs)
        });
        A::of(match self.reduction {
            Reduction::Mean => sum / rows as f64,
            Reduction::Sum => sum,
        })
    }

    fn backprop(&self, inputs: Values<'_, A>, by_loss: A, gradients: &mut Gradients<'_, A>) {
        let Some(mut dz) = gradients.get_mut(0) else { return };
        let scale = by_loss * self.reduction.scale(inputs.get(0).shape()[0]);
        each((&*self.dz, slice_mut(&mut dz)), 1, |(of_sum, dz)| {
            for (of_sum, dz) in of_sum.iter().zip(dz) {
                *dz = scale * *of_sum;
            }
        });
    }
}

/// A node that makes one number of a batch's losses.
macro_rules! loss {
    ($(#[$attribute:meta])* $name:ident, $reduction:ident) => {
        $(#[$attribute])*
        #[derive(Debug, Clone)]
        pub struct $name<A>(OfRows<A>);

        impl<A: Float> $name<A> {
            /// The node for this loss.
            pub const fn new(loss: Loss) -> Self {
                Self(OfRows { loss, reduction: Reduction::$reduction, dz: Vec::new() })
            }
        }

        impl<A: Float> Node<A> for $name<A> {
            fn name(&self) -> String {
                format!("{} {}", stringify!($name), self.0.loss)
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
                loss.fill(self.0.forward(inputs));
            }

            fn backprop(
                &mut self,
                inputs: Values<'_, A>,
                _: &ArrayRefD<A>,
                by_loss: &ArrayRefD<A>,
                gradients: &mut Gradients<'_, A>,
            ) {
                self.0.backprop(inputs, slice(by_loss)[0], gradients);
            }
        }
    };
}

loss! {
    /// The mean of a batch's losses: inputs are outputs z and labels t, `[n, out]` each, its value a number.
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
