//! [`Recogniser`]: a network that says which digit it sees.

use blasnet::Mlp;
use blasnet::data::{CLASSES, Mnist, PIXELS};
use blasnet::functions::{argmax, softmax};
use ndarray::ArrayView2;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use serde::Serialize;

use crate::args::{self, Recipe};
use crate::end::End;
use crate::ink::Pixels;
use crate::{learner, model, output};

/// A network for 28 × 28 pixels and ten digits.
#[derive(Debug)]
pub struct Recogniser(Mlp<f32>);

/// What it makes of one image; as JSON without the hidden layers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The likeliest, the first of equals.
    pub digit: usize,
    /// Its own.
    pub probability: f32,
    /// Of each digit; they add up to 1.
    pub probabilities: [f32; CLASSES],
    /// Each hidden layer's units, behind their activation.
    #[serde(skip)]
    pub hidden: Vec<Vec<f32>>,
}

impl Recogniser {
    /// The network of the file that is named; without one, a network that is trained here and now. To be called inside
    /// of [`threads::compute`](crate::threads::compute).
    pub fn open(args: &args::Recogniser) -> Result<Self, End> {
        match &args.model {
            Some(file) => Ok(Self(model::network(file, args.hidden.activation)?)),
            None => {
                output::note("no --model: training a network by --recipe fast");
                trained(Recipe::Fast).map(Self)
            }
        }
    }

    /// Units in each layer, the pixels first and the digits last.
    pub fn sizes(&self) -> &[usize] {
        self.0.sizes()
    }

    /// One answer for each image. To be called inside of [`threads::compute`](crate::threads::compute).
    pub fn answers(&self, images: &[Pixels]) -> Result<Vec<Answer>, End> {
        let pixels = ArrayView2::from_shape((images.len(), PIXELS), images.as_flattened())
            .expect("as many pixels as the images have");
        let mut layers = self.0.activations(&pixels)?;
        let logits = layers.pop().expect("there is a last layer");
        let probabilities = softmax(&logits);
        if probabilities.iter().any(|probability| !probability.is_finite()) {
            let problem = "its answers are no numbers; its weights are too large to compute with";
            return Err(End::unusable("the network", problem));
        }
        let answer = |row: usize| {
            let digit = argmax(&logits.row(row));
            Answer {
                digit,
                probability: probabilities[[row, digit]],
                probabilities: std::array::from_fn(|class| probabilities[[row, class]]),
                hidden: layers.iter().map(|layer| layer.row(row).to_vec()).collect(),
            }
        };
        Ok((0..images.len()).map(answer).collect())
    }
}

/// The network of `blasnet train --recipe`.
fn trained(recipe: Recipe) -> Result<Mlp<f32>, End> {
    let args = args::Train::of(recipe);
    let data = Mnist::embedded()?.train.read_as(args.input.into());
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(args.seed);
    let mut network = learner::network(&args, PIXELS, &mut rng)?;
    let mut optimizer = learner::optimizer(&args, learner::steps(&args, &data));
    learner::trainer(&args, &mut network, &mut optimizer, &data).run(&mut rng)?;
    Ok(network)
}
