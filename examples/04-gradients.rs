//! Chapter 3: a layer and its loss, node by node, held against a numerical gradient.

use blasnet::gradcheck::{numerical_gradient, relative_error};
use blasnet::nodes::{Affine, Sigmoid, SoftmaxCrossEntropy};
use blasnet::{Result, init};
use ndarray::{Array1, ArrayRef2, array};
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

fn main() -> Result<()> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut x = init::gaussian((3, 4), 1.0, &mut rng);
    let t = array![[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]];
    let affine = Affine::new(init::gaussian((4, 2), 1.0, &mut rng), Array1::zeros(2))?;

    let (mut first, mut second, mut third) = (affine.clone(), Sigmoid::new(), SoftmaxCrossEntropy::new());
    let loss = third.forward(&second.forward(&first.forward(&x)?), &t)?;
    let dx = first.backprop(&second.backprop(&third.backprop(1.0)?)?)?.dx;

    // `backprop` gives the gradient of the batch's summed loss: three times that of the mean.
    let numerical = numerical_gradient(&mut x, 1e-5, |x: &ArrayRef2<f64>| {
        let z = blasnet::sigmoid(&affine.apply(x).expect("x has four columns"));
        3.0 * SoftmaxCrossEntropy::new().forward(&z, &t).expect("z is as t")
    });
    let error = relative_error(&dx, &numerical);
    println!("loss {loss:.6}\nbackprop\n{dx:.8}\nnumerical\n{numerical:.8}\nrelative error {error:.1e}");
    assert!(error < 1e-8);
    Ok(())
}
