//! One network by all ways in turn, which keeps its parameters now in this form and now in that.

use blasnet::{Dataset, Input, InputForm, Loss, Mlp, Optimizer, Reduction, Result, Scores};
use ndarray::{Array2, Axis};
use rand::RngExt;

use crate::common::{random_data, rng};
use crate::kinds::{ACTIVATIONS, Form, Kind, Rule, apart};

/// What is done to a network, in the other form where that is sparse input.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Train(Form, Rule),
    /// On rows of a data set.
    TrainOn(Form, Rule),
    Gradient(Form),
    Forward(Form),
    Read,
    Set,
    Clone,
}

impl Deed {
    /// One of them; steps of training are the most frequent.
    fn random(rng: &mut impl RngExt) -> Self {
        let form = [Form::Dense, Form::Sparse, Form::Sparse][rng.random_range(0..3)];
        let rule = [Rule::Sgd, Rule::Sgd, Rule::Momentum, Rule::AdamW][rng.random_range(0..4)];
        match rng.random_range(0..12) {
            0..4 => Self::Train(form, rule),
            4..7 => Self::TrainOn(form, rule),
            7 => Self::Gradient(form),
            8 => Self::Forward(form),
            9 => Self::Read,
            10 => Self::Set,
            _ => Self::Clone,
        }
    }

    /// The same on dense input.
    fn dense(self) -> Self {
        match self {
            Self::Train(_, rule) => Self::Train(Form::Dense, rule),
            Self::TrainOn(_, rule) => Self::TrainOn(Form::Dense, rule),
            Self::Gradient(_) => Self::Gradient(Form::Dense),
            Self::Forward(_) => Self::Forward(Form::Dense),
            other => other,
        }
    }
}

/// A network, and an optimiser of each kind, which goes on from where it was.
struct Trained {
    network: Mlp<f64>,
    optimizers: [Box<dyn Optimizer<f64>>; 3],
}

impl Trained {
    fn new(kind: &Kind) -> Self {
        Self { network: kind.build(1), optimizers: Rule::ALL.map(|rule| rule.make(kind.reduction)) }
    }

    /// Gives the numbers that come of it.
    fn does(&mut self, deed: Deed, data: &[Dataset; 2], t: &Array2<f64>, rows: &[usize]) -> Result<Vec<f64>> {
        let network = &mut self.network;
        let data = |form| &data[usize::from(form == Form::Sparse)];
        let x = data(Form::Dense).to_floats::<f64>().select(Axis(0), rows);
        let sparse = data(Form::Sparse).sparse().expect("read so").select(rows)?;
        let t = t.select(Axis(0), rows);
        let x = |form| if form == Form::Sparse { Input::from(&sparse) } else { Input::from(&x) };
        let numbers = |scores: Scores| vec![scores.loss, scores.accuracy];
        Ok(match deed {
            Deed::Train(form, rule) => {
                numbers(network.train(x(form), &t, &mut *self.optimizers[rule as usize])?)
            }
            Deed::TrainOn(form, rule) => {
                numbers(network.train_on(data(form), rows, &mut *self.optimizers[rule as usize])?)
            }
            Deed::Gradient(form) => network.gradient(x(form), &t)?.1.to_vec(),
            Deed::Forward(form) => network.forward(x(form))?.into_iter().collect(),
            Deed::Read => network.values().to_vec(),
            Deed::Set => {
                let values: Vec<f64> = network.values().iter().map(|w| w * 0.9375).collect();
                network.set_values(&values)?;
                Vec::new()
            }
            Deed::Clone => {
                self.network = network.clone();
                Vec::new()
            }
        })
    }
}

#[test]
fn one_network_may_change_its_input_and_optimiser_at_any_time() -> Result<()> {
    let rows = [7, 30, 113];
    for seed in 0..48 {
        let mut rng = rng(seed);
        let sizes = [&[37, 10][..], &[37, 65, 10], &[37, 129, 40, 10], &[37, 8, 10]][seed as usize % 4];
        let activation = ACTIVATIONS[seed as usize / 4 % 6];
        // A data set has classes.
        let mut kind = Kind::new(sizes, activation, Loss::SoftmaxCrossEntropy, Reduction::Mean);
        kind.dropout = [0.0, 0.3][seed as usize % 2];
        let data = random_data(150, 37, 10, 0.3, seed);
        let t = data.one_hot::<f64>();
        let data = [InputForm::Dense, InputForm::Sparse].map(|form| data.clone().read_as(form));
        let (mut mixed, mut dense) = (Trained::new(&kind), Trained::new(&kind));
        let mut deeds = Vec::new();
        for _ in 0..12 {
            let rows = rows[rng.random_range(0..3)];
            let rows: Vec<usize> = (0..rows).map(|_| rng.random_range(0..150)).collect();
            deeds.push(Deed::random(&mut rng));
            let deed = deeds[deeds.len() - 1];
            let found = mixed.does(deed, &data, &t, &rows)?;
            let expected = dense.does(deed.dense(), &data, &t, &rows)?;
            let error = apart(&found, &expected);
            assert!(error <= 1e-12, "{kind:?}, after {deeds:?}: {error:e} off");
        }
        let error = apart(mixed.network.values(), dense.network.values());
        assert!(error <= 1e-12, "{kind:?}, after {deeds:?}: {error:e} off");
        assert_eq!(mixed.network.dropout_masks(), dense.network.dropout_masks());
    }
    Ok(())
}
