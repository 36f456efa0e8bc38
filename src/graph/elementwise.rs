//! The course's nodes in a graph, which keeps their inputs and outputs: they need no copies of their own.

use ndarray::ArrayRefD;

use super::{Gradients, Node, Values};
use crate::Float;
use crate::compute::kernels;
use crate::compute::parallel::each;
use crate::course::functions::sigmoid_into;
use crate::nodes::{Activate, Add, Multiply, Relu, Sigmoid};

/// The elements of an array that a graph hands out.
pub(super) fn slice<A>(x: &ArrayRefD<A>) -> &[A] {
    x.as_slice().expect("a graph's arrays are row-major")
}

/// [`slice`], to be written.
pub(super) fn slice_mut<A>(x: &mut ArrayRefD<A>) -> &mut [A] {
    x.as_slice_mut().expect("a graph's arrays are row-major")
}

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

impl<A: Float> Node<A> for Add {
    fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        two_of_one_shape(inputs)
    }

    fn forward(&mut self, inputs: Values<'_, A>, z: &mut ArrayRefD<A>) {
        let [x, y] = inputs.all();
        each(((slice(&x), slice(&y)), slice_mut(z)), 1, |((x, y), z)| kernels::add(x, y, z));
    }

    fn backprop(
        &mut self,
        _: Values<'_, A>,
        _: &ArrayRefD<A>,
        dz: &ArrayRefD<A>,
        gradients: &mut Gradients<'_, A>,
    ) {
        match gradients.all_mut() {
            [Some(mut dx), Some(mut dy)] => {
                let work = ((slice(dz), slice_mut(&mut dx)), slice_mut(&mut dy));
                each(work, 1, |((dz, dx), dy)| kernels::copy_twice(dz, dx, dy));
            }
            [Some(mut dx), None] | [None, Some(mut dx)] => {
                each((slice(dz), slice_mut(&mut dx)), 1, |(dz, dx)| dx.copy_from_slice(dz));
            }
            [None, None] => {}
        }
    }
}

impl<A: Float> Node<A> for Multiply<A> {
    fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        two_of_one_shape(inputs)
    }

    fn forward(&mut self, inputs: Values<'_, A>, z: &mut ArrayRefD<A>) {
        let [x, y] = inputs.all();
        product(&x, &y, z);
    }

    fn backprop(
        &mut self,
        inputs: Values<'_, A>,
        _: &ArrayRefD<A>,
        dz: &ArrayRefD<A>,
        gradients: &mut Gradients<'_, A>,
    ) {
        let [x, y] = inputs.all();
        match gradients.all_mut() {
            [Some(mut dx), Some(mut dy)] => {
                let from = ((slice(dz), slice(&x)), slice(&y));
                each((from, (slice_mut(&mut dx), slice_mut(&mut dy))), 1, |(((dz, x), y), (dx, dy))| {
                    kernels::multiply_backprop(dz, x, y, dx, dy);
                });
            }
            [Some(mut dx), None] => product(dz, &y, &mut dx),
            [None, Some(mut dy)] => product(dz, &x, &mut dy),
            [None, None] => {}
        }
    }
}

fn product<A: Float>(x: &ArrayRefD<A>, y: &ArrayRefD<A>, z: &mut ArrayRefD<A>) {
    each(((slice(x), slice(y)), slice_mut(z)), 1, |((x, y), z)| kernels::multiply(x, y, z));
}

impl<A: Float> Node<A> for Relu {
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
        gradients: &mut Gradients<'_, A>,
    ) {
        if let Some(mut dx) = gradients.get_mut(0) {
            self.backprop_into(dz, &mut dx).expect("a graph goes forwards first");
        }
    }
}

impl<A: Float> Node<A> for Sigmoid<A> {
    fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        one(inputs)
    }

    fn forward(&mut self, inputs: Values<'_, A>, z: &mut ArrayRefD<A>) {
        sigmoid_into(&inputs.get(0), z);
    }

    fn backprop(
        &mut self,
        _: Values<'_, A>,
        z: &ArrayRefD<A>,
        dz: &ArrayRefD<A>,
        gradients: &mut Gradients<'_, A>,
    ) {
        if let Some(mut dx) = gradients.get_mut(0) {
            let work = ((slice(dz), slice(z)), slice_mut(&mut dx));
            each(work, 1, |((dz, z), dx)| kernels::sigmoid_backprop(dz, z, dx));
        }
    }
}

impl<A: Float> Node<A> for Activate<A> {
    fn name(&self) -> String {
        format!("Activate {}", self.activation())
    }

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
        gradients: &mut Gradients<'_, A>,
    ) {
        if let Some(mut dx) = gradients.get_mut(0) {
            self.backprop_into(dz, &mut dx).expect("a graph goes forwards first");
        }
    }
}
