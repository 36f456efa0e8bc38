//! Models that move between tools: a network is trained, saved in both formats, and loaded again.

use blasnet::model::{Model, Names};
use blasnet::{Activation, Adam, Loss, Mlp, Result};
use ndarray::Array2;
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

fn main() -> Result<()> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut network = Mlp::<f32>::builder(1)
        .hidden(32, Activation::Tanh)
        .hidden(16, Activation::Gelu)
        .output(1, Loss::MeanSquaredError)
        .build(&mut rng)?;
    let x = Array2::from_shape_fn((100, 1), |(row, _)| -2.0 + 0.04 * row as f32);
    let t = x.mapv(|x| x * x);
    let mut adam = Adam::new(0.01);
    for _ in 0..300 {
        network.train(&x, &t, &mut adam)?;
    }
    println!("x², mean squared error {:.6}", network.scores(&x, &t)?.loss);

    let mut model = Model::from(network);
    model.about.insert("trained_on".into(), "a parabola".into());
    let folder = tempfile::tempdir().expect("a temporary folder");
    // PyTorch's `load_state_dict` takes the first; of the second, NumPy's `np.load("model.npz")["w1"]` is [1, 32].
    for (file, names) in [("model.safetensors", Names::Torch), ("model.npz", Names::Course)] {
        let path = folder.path().join(file);
        model.save(&path, names)?;
        let again = Model::<f32>::load(&path)?;
        assert_eq!(again.network.forward(&x)?, model.network.forward(&x)?);
        assert_eq!(again.network.loss_function(), Loss::MeanSquaredError);
        assert_eq!(again.about["trained_on"], "a parabola");
        println!("{file}: {:?} comes back the same", again.network.sizes());
    }
    Ok(())
}
