//! The course's nodes in a graph, which keeps their inputs and outputs.

use ndarray::ArrayRefD;

use super::node::{slice, slice_mut};
use super::{Derivatives, Node, Values};
use crate::nodes::{Activate, Add, Multiply, Relu, Sigmoid};
use crate::ops::{add, multiply, sigmoid};
use crate::{Activation, Float};

/// The shape of both, if they have one.
fn two_of_one_shape(inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
    match inputs {
        [x, y] if x == y => Ok(x.to_vec()),
        _ => Err("two of one shape".into()),
    }
}

/// The shape of the input, if it is one.
pub(super) fn one(inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
    match inputs {
        [x] => Ok(x.to_vec()),
        _ => Err("one".into()),
    }
}

/// A node that needs no cache, as the graph keeps its inputs x and its output z: forward with `|x, z|`, and back with
/// `|x, z, dz, derivatives|`, all of them slices.
macro_rules! without_cache {
    (
        $node:ty, $shape:ident,
        |$x:pat_param, $z:pat_param| $forward:expr,
        |$inputs:pat_param, $output:pat_param, $dz:pat_param, $by_inputs:pat_param| $backprop:expr
    ) => {
        impl<A: Float> Node<A> for $node {
            fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
                $shape(inputs)
            }

            fn forward(&mut self, inputs: Values<'_, A>, z: &mut ArrayRefD<A>) {
                let ($x, $z) = (inputs.slices(), slice_mut(z));
                $forward
            }

            fn backprop(
                &mut self,
                inputs: Values<'_, A>,
                z: &ArrayRefD<A>,
                dz: &ArrayRefD<A>,
                derivatives: &mut Derivatives<'_, A>,
            ) {
                let ($inputs, $output) = (inputs.slices(), slice(z));
                let ($dz, $by_inputs) = (slice(dz), derivatives.slices_mut());
                $backprop
            }
        }
    };
}

without_cache! {
    Add, two_of_one_shape,
    |[x, y], z| add::into(x, y, z),
    |[_, _], _, dz, [dx, dy]| add::backprop(dz, dx, dy)
}
without_cache! {
    Multiply<A>, two_of_one_shape,
    |[x, y], z| multiply::into(x, y, z),
    |[x, y], _, dz, [dx, dy]| multiply::backprop(dz, x, y, dx, dy)
}
without_cache! {
    Sigmoid<A>, one,
    |[x], z| Activation::Sigmoid.into(x, z),
    |[_], z, dz, [dx]| if let Some(dx) = dx { sigmoid::backprop(dz, z, dx) }
}

/// A node with a cache, as neither x nor z is what its derivative needs: the node's own passes.
macro_rules! with_cache {
    ($node:ty $(, $name:item)?) => {
        impl<A: Float> Node<A> for $node {
            $($name)?

            fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
                one(inputs)
            }

            fn forward(&mut self, inputs: Values<'_, A>, z: &mut ArrayRefD<A>) {
                self.forward_into(&inputs.get(0), z);
            }

            fn backprop(
                &mut self,
                _: Values<'_, A>,
                _: &ArrayRefD<A>,
                dz: &ArrayRefD<A>,
                derivatives: &mut Derivatives<'_, A>,
            ) {
                if let Some(mut dx) = derivatives.get_mut(0) {
                    self.backprop_into(dz, &mut dx).expect("a graph goes forwards first");
                }
            }
        }
    };
}

with_cache!(Relu);
with_cache!(
    Activate<A>,
    fn name(&self) -> String {
        format!("Activate {}", self.activation())
    }
);
