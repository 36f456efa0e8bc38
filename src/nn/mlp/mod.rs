//! [`Mlp`]: a network of any depth.

mod builder;

use ndarray::{Array2, ArrayRef2, ArrayViewD};

use crate::compute::flat::write_elements;
use crate::data::Dataset;
use crate::error::finite::{check_finite, check_finite_arrays};
use crate::nn::step::{Batch, Chain, Dense, Gradient, Hidden};
use crate::nn::weights::Weights;
use crate::ops::Scores;
use crate::ops::dropout::Masks;
use crate::{Activation, Error, Float, Layout, Loss, NeuralNetwork, Optimizer, Reduction, Result, Targets};

pub use builder::MlpBuilder;

/// A chain of affine layers of any number and width, with an activation behind each but the last: a multilayer
/// perceptron.
///
/// x: `[batch, in]` → h₁ = f₁(x·W1 + b1): `[batch, units]` → … → z = hₙ·W + b: `[batch, out]`, which a [`Loss`]
/// is taken of. [`NeuralNetwork`](crate::NeuralNetwork), the course's, is one of these with a single hidden
/// layer of ReLU, and reads sparse input besides; `Mlp::from` makes one of it.
///
/// A step allocates nothing after the first, unless a batch is larger than any before (without OpenBLAS
/// ndarray's product does). It shares each layer's units out to rayon's threads, as the course's network does.
///
/// **The gradient is that of the mean loss** over the batch, unless the builder was told otherwise
/// ([`MlpBuilder::reduction`]): other libraries' convention and not the course's.
///
/// ```
/// use blasnet::{Activation, Adam, Loss, Mlp};
/// use ndarray::array;
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
/// let mut network = Mlp::<f32>::builder(2)
///     .hidden(16, Activation::Tanh)
///     .hidden(16, Activation::Gelu)
///     .output(2, Loss::SoftmaxCrossEntropy)
///     .build(&mut rng)?;
///
/// // XOR
/// let x = array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
/// let classes = [0, 1, 1, 0];
/// let mut adam = Adam::new(0.01);
/// for _ in 0..200 {
///     network.train(&x, &classes, &mut adam)?;
/// }
/// assert_eq!(network.scores(&x, &classes)?.accuracy, 1.0);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Mlp<A> {
    weights: Weights<A>,
    hidden: Vec<Hidden>,
    loss: Loss,
    reduction: Reduction,
    step: Dense<A>,
    /// Like the parameters; empty before the first optimiser that asks for it.
    gradient: Vec<A>,
    masks: Masks,
}

impl<A: Float> Mlp<A> {
    /// Begins a network with so many inputs.
    pub fn builder(inputs: usize) -> MlpBuilder<A> {
        MlpBuilder::new(inputs)
    }

    fn new(weights: Weights<A>, hidden: Vec<Hidden>, loss: Loss, reduction: Reduction, seed: u64) -> Self {
        let (step, gradient, masks) = (Dense::default(), Vec::new(), Masks::new(seed));
        Self { weights, hidden, loss, reduction, step, gradient, masks }
    }

    /// The widths, `[in, hidden…, out]`.
    pub fn sizes(&self) -> &[usize] {
        self.weights.sizes()
    }

    /// What the outputs are held to.
    pub fn loss_function(&self) -> Loss {
        self.loss
    }

    /// What lies behind each hidden layer, and the share of its units that drop out in training.
    pub fn hidden(&self) -> impl ExactSizeIterator<Item = (Activation, f64)> {
        self.hidden.iter().map(|hidden| (hidden.activation, hidden.dropout))
    }

    /// Of what training takes the gradient.
    #[cfg(any(feature = "safetensors", feature = "npz"))]
    pub(crate) fn reduction(&self) -> Reduction {
        self.reduction
    }

    /// The parameters by name: `w1: [in, units]`, `b1: [units]`, `w2` and so on.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, ArrayViewD<'_, A>)> {
        self.weights.arrays()
    }

    /// All parameters in one slice, laid out by [`layout`](Self::layout).
    pub fn values(&self) -> &[A] {
        self.weights.values()
    }

    /// Names and shapes of the parameters, in the order of [`values`](Self::values).
    pub fn layout(&self) -> &Layout {
        self.weights.shape().layout()
    }

    /// Makes these the parameters, laid out by [`layout`](Self::layout).
    ///
    /// # Errors
    ///
    /// If there are more or fewer, or one is NaN or infinite; nothing is changed then.
    pub fn set_values(&mut self, values: &[A]) -> Result<()> {
        self.weights.set_values("Mlp::set_values", values)
    }

    /// What decides which units drop out in the steps to come; together with [`values`](Self::values) and what the
    /// optimiser [saves](Optimizer::save), all that a network's training depends on.
    ///
    /// ```
    /// use blasnet::{Activation, Loss, Mlp, Sgd};
    /// use ndarray::array;
    /// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
    ///
    /// let builder = Mlp::<f64>::builder(2).hidden(8, Activation::Relu).dropout(0.5);
    /// let builder = builder.output(1, Loss::MeanSquaredError);
    /// let mut network = builder.clone().build(&mut Xoshiro256PlusPlus::seed_from_u64(0))?;
    /// let (x, t, mut sgd) = (array![[1.0, 2.0]], array![[3.0]], Sgd::new(0.1));
    /// network.train(&x, &t, &mut sgd)?;
    ///
    /// let mut copy = builder.build_with(network.values())?;
    /// copy.set_dropout_masks(network.dropout_masks());
    /// network.train(&x, &t, &mut sgd)?;
    /// copy.train(&x, &t, &mut sgd)?;
    /// assert_eq!(copy.values(), network.values());
    /// # Ok::<(), blasnet::Error>(())
    /// ```
    pub fn dropout_masks(&self) -> Masks {
        self.masks
    }

    /// Makes these the masks that come next, such as another network's.
    pub fn set_dropout_masks(&mut self, masks: Masks) {
        self.masks = masks;
    }

    /// The outputs `[batch, out]` of `x: [batch, in]`, without dropout: logits, where the loss takes logits.
    ///
    /// # Errors
    ///
    /// If the rows of `x` are not `in` long.
    pub fn forward(&self, x: &ArrayRef2<A>) -> Result<Array2<A>> {
        self.check_input("Mlp::forward", x)?;
        Ok(self.chain().outputs(&self.weights, x))
    }

    /// What every layer makes of `x: [batch, in]`, without dropout, the first layer first: the outputs of hidden layers
    /// behind their activation, `[batch, units]`, and last what [`forward`](Self::forward) gives.
    ///
    /// # Errors
    ///
    /// As `forward`.
    ///
    /// ```
    /// use blasnet::{Activation, Loss, Mlp};
    /// use ndarray::array;
    ///
    /// let builder = Mlp::<f32>::builder(1).hidden(2, Activation::Relu).output(1, Loss::MeanSquaredError);
    /// let network = builder.build_with(&[1.0, -1.0, 0.0, 0.0, 2.0, 2.0, 1.0])?; // z = 2·|x| + 1
    /// let layers = network.activations(&array![[3.0], [-4.0]])?;
    /// assert_eq!(layers, [array![[3.0, 0.0], [0.0, 4.0]], array![[7.0], [9.0]]]);
    /// # Ok::<(), blasnet::Error>(())
    /// ```
    pub fn activations(&self, x: &ArrayRef2<A>) -> Result<Vec<Array2<A>>> {
        self.check_input("Mlp::activations", x)?;
        Ok(self.chain().activations(&self.weights, x))
    }

    /// What the outputs mean by the loss: probabilities of classes that add up to 1
    /// ([`Loss::SoftmaxCrossEntropy`]), probabilities of a yes ([`Loss::BinaryCrossEntropy`]), or the outputs.
    ///
    /// # Errors
    ///
    /// As [`forward`](Self::forward).
    pub fn predict(&self, x: &ArrayRef2<A>) -> Result<Array2<A>> {
        let mut z = self.forward(x)?;
        let outputs = z.ncols();
        write_elements(&mut z, |z| self.loss.interpret_inplace(z, outputs));
        Ok(z)
    }

    /// Loss and accuracy of a batch, without dropout.
    ///
    /// # Errors
    ///
    /// If a shape does not fit, a label is out of range, the labels do not fit the loss, or the batch is empty.
    pub fn scores<'a>(&self, x: &ArrayRef2<A>, t: impl Into<Targets<'a, A>>) -> Result<Scores> {
        self.loss.scores("Mlp::scores", &self.forward(x)?, t.into())
    }

    /// Makes one step on a batch: the gradient of its loss, and what the optimiser makes of it.
    ///
    /// Gives the batch's scores from before the step, with dropout. Where a step is W ← W − rate · ∇W and nothing
    /// else ([`Sgd`](crate::Sgd) without momentum or decay), no gradient is ever held in memory.
    ///
    /// # Errors
    ///
    /// As [`scores`](Self::scores), or if `x` has a NaN or an infinity, the loss is no finite number, or the
    /// optimiser refuses: its settings, or its state, which is another network's. The parameters are not changed then.
    pub fn train<'a>(
        &mut self,
        x: &ArrayRef2<A>,
        t: impl Into<Targets<'a, A>>,
        optimizer: &mut (impl Optimizer<A> + ?Sized),
    ) -> Result<Scores> {
        const OP: &str = "Mlp::train";
        let t = t.into();
        self.check_batch(OP, x, &t)?;
        self.learn(OP, Batch::Arrays { x, t }, optimizer)
    }

    /// [`train`](Self::train) on these rows of a data set, in any order and as often as you like: each thread
    /// gathers them for itself.
    ///
    /// # Errors
    ///
    /// As `train`, or if the data does not fit the network, or a row is not below its length.
    pub fn train_on(
        &mut self,
        data: &Dataset,
        rows: &[usize],
        optimizer: &mut (impl Optimizer<A> + ?Sized),
    ) -> Result<Scores> {
        self.check_fit(data)?;
        data.check_rows(rows)?;
        self.learn("Mlp::train_on", Batch::Rows { data, rows }, optimizer)
    }

    fn learn(
        &mut self,
        op: &'static str,
        batch: Batch<'_, A>,
        optimizer: &mut (impl Optimizer<A> + ?Sized),
    ) -> Result<Scores> {
        let plain_rate = optimizer.plain_rate()?;
        let key = self.masks.next();
        let scores = self.step(batch, Some(key), plain_rate);
        if !scores.loss.is_finite() {
            return Err(self.why_not_finite(op, batch, scores.loss));
        }
        if plain_rate.is_some() {
            optimizer.commit();
        } else {
            let (shape, values) = self.weights.shape_and_values();
            optimizer.step(values, &mut self.gradient, shape.layout())?;
        }
        Ok(scores)
    }

    /// Changes the parameters at this rate, or, without one, makes the gradient.
    fn step(&mut self, batch: Batch<'_, A>, key: Option<u32>, rate: Option<A>) -> Scores {
        let scale = self.reduction.scale(batch.rows());
        let (shape, values) = self.weights.shape_and_values();
        let gradient = match rate {
            Some(rate) => Gradient::Descend { rate },
            None => {
                self.gradient.resize(values.len(), A::zero());
                Gradient::Keep { gradient: &mut self.gradient }
            }
        };
        let chain = Chain { shape, hidden: &self.hidden, loss: self.loss, key };
        self.step.step(chain, values, batch, scale, gradient)
    }

    /// The scores of a batch and the gradient of its loss by all parameters, laid out by
    /// [`layout`](Self::layout), without dropout: of the mean or the sum, as the network was built.
    ///
    /// # Errors
    ///
    /// As [`train`](Self::train).
    ///
    /// ```
    /// use blasnet::{Loss, Mlp};
    /// use ndarray::array;
    /// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
    ///
    /// let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    /// let mut network = Mlp::<f64>::builder(1).output(1, Loss::MeanSquaredError).build(&mut rng)?;
    /// network.set_values(&[2.0, 1.0])?; // z = 2x + 1, held to 0
    /// let (scores, gradient) = network.gradient(&array![[3.0]], &array![[0.0]])?;
    /// assert_eq!((scores.loss, gradient), (49.0, &[42.0, 14.0][..]));
    /// # Ok::<(), blasnet::Error>(())
    /// ```
    pub fn gradient<'a>(&mut self, x: &ArrayRef2<A>, t: impl Into<Targets<'a, A>>) -> Result<(Scores, &[A])> {
        const OP: &str = "Mlp::gradient";
        let t = t.into();
        self.check_batch(OP, x, &t)?;
        let batch = Batch::Arrays { x, t };
        let scores = self.step(batch, None, None);
        if !scores.loss.is_finite() {
            return Err(self.why_not_finite(OP, batch, scores.loss));
        }
        Ok((scores, &self.gradient))
    }

    fn chain(&self) -> Chain<'_> {
        Chain { shape: self.weights.shape(), hidden: &self.hidden, loss: self.loss, key: None }
    }

    fn check_input(&self, op: &'static str, x: &ArrayRef2<A>) -> Result<()> {
        let inputs = self.sizes()[0];
        if x.ncols() == inputs {
            return Ok(());
        }
        let (found, expected) = (x.shape().to_vec(), format!("[batch, {inputs}]"));
        Err(Error::Shape { op, what: "x", found, expected })
    }

    /// An error unless a step can be made on these.
    fn check_batch(&self, op: &'static str, x: &ArrayRef2<A>, t: &Targets<'_, A>) -> Result<()> {
        self.check_input(op, x)?;
        if x.nrows() == 0 {
            return Err(Error::empty_batch());
        }
        t.check(op, self.loss, x.nrows(), self.outputs())?;
        check_finite(op, "x", x)
    }

    fn check_fit(&self, data: &Dataset) -> Result<()> {
        data.check_fits([self.sizes()[0], self.outputs()])
    }

    /// Layer by layer, with what lies between and behind them.
    pub(crate) fn into_layers(self) -> (Weights<A>, Vec<Hidden>, Loss) {
        (self.weights, self.hidden, self.loss)
    }

    fn outputs(&self) -> usize {
        self.sizes()[self.sizes().len() - 1]
    }

    /// The outputs `[rows, out]` for these rows of a data set, without dropout.
    ///
    /// # Errors
    ///
    /// If the data does not fit the network, or a row is not below its length.
    pub fn outputs_on(&self, data: &Dataset, rows: &[usize]) -> Result<Array2<A>> {
        self.check_fit(data)?;
        data.check_rows(rows)?;
        self.forward(&data.gather_images(rows))
    }

    /// What made this loss no finite number; x is finite.
    #[cold]
    fn why_not_finite(&self, op: &'static str, batch: Batch<'_, A>, loss: f64) -> Error {
        let labels = match batch {
            Batch::Arrays { t, .. } => t.check_finite(op),
            Batch::Rows { .. } => Ok(()),
        };
        let parameters = || check_finite_arrays(op, self.parameters());
        let overflow = || Error::NotFinite {
            op,
            what:
                "the loss, of finite numbers that have grown too large: lower the learning rate, or clip; it"
                    .into(),
            found: loss,
        };
        labels.and_then(|()| parameters()).err().unwrap_or_else(overflow)
    }
}

/// The same network; what it learns from is still the gradient of the sum, as the course has it.
impl<A: Float> From<NeuralNetwork<A>> for Mlp<A> {
    fn from(network: NeuralNetwork<A>) -> Self {
        let (weights, hidden, loss) = network.into_layers();
        Self::new(weights, hidden.to_vec(), loss, Reduction::Sum, 0)
    }
}
