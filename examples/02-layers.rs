//! Chapter 2: activations, one layer, and three layers on a batch.

use blasnet::{Mlp3Layer, OutputActivation, Result, SingleLayer, relu, sigmoid};
use ndarray::{Axis, array};

fn main() -> Result<()> {
    let x = array![-1.0, 0.0, 0.5, 2.0];
    println!("sigmoid {:.8}\nrelu    {}", sigmoid(&x), relu(&x));
    assert!(sigmoid(&x).abs_diff_eq(&array![0.26894142, 0.5, 0.62245933, 0.88079708], 1e-8));

    let layers = [
        SingleLayer::new(array![[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]], array![0.1, 0.2, 0.3])?,
        SingleLayer::new(array![[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]], array![0.1, 0.2])?,
        SingleLayer::new(array![[0.1, 0.3], [0.2, 0.4]], array![0.1, 0.2])?,
    ];
    let x = array![[1.0, 0.5], [-0.3, -0.2], [0.0, 0.8], [0.3, -0.4]];
    let mlp = Mlp3Layer::new(layers, OutputActivation::Softmax)?;
    let y = mlp.forward(&x)?;
    println!("class probabilities of four inputs:\n{y:.8}");
    assert!(y.sum_axis(Axis(1)).iter().all(|sum: &f64| (sum - 1.0).abs() < 1e-12));
    Ok(())
}
