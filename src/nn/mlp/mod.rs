//! [`Mlp`]: a network of any depth.

mod builder;

use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewD};

use crate::compute::flat::write_elements;
use crate::data::Dataset;
use crate::error::finite::{check_finite, check_finite_values};
use crate::error::settings;
use crate::nn::shape::ParametersMut;
use crate::nn::step::{Batch, Chain, Gradient, Hidden, Labels, Source, Step, Task};
use crate::nn::store::Store;
use crate::ops::{Masks, Scores, Sums};
use crate::sparse::{Form, SparseRows};
use crate::{Activation, Error, Float, Input, Layout, Loss, Optimizer, Part, Reduction, Result, Targets};

pub use builder::MlpBuilder;

/// A chain of affine layers of any number and width, with an activation after each but the last: a multilayer
/// perceptron.
///
/// x: `[batch, in]` → h₁ = f₁(x·W1 + b1): `[batch, units]` → … → z = hₙ·W + b: `[batch, out]`, which a [`Loss`]
/// is taken of. [`NeuralNetwork`](crate::NeuralNetwork), the course's, is one of these with a single hidden
/// layer of ReLU; `Mlp::from` gives it.
///
/// x is an array, or a [`SparseMatrix`](crate::SparseMatrix) of which only what is not 0 is multiplied: see [`Input`].
///
/// A step allocates nothing after the first, unless a batch is larger than any before (without OpenBLAS
/// ndarray's product does). It shares each layer's units out to rayon's threads, and gives the same bits on any number
/// of them, while OpenBLAS runs one.
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
    parameters: Store<A>,
    hidden: Vec<Hidden>,
    loss: Loss,
    reduction: Reduction,
    step: Step<A>,
    /// Like the parameters; empty before the first optimiser that asks for it.
    gradient: Vec<A>,
    masks: Masks,
}

impl<A: Float> Mlp<A> {
    /// Begins a network with so many inputs.
    pub fn builder(inputs: usize) -> MlpBuilder<A> {
        MlpBuilder::new(inputs)
    }

    fn new(parameters: Store<A>, hidden: Vec<Hidden>, loss: Loss, reduction: Reduction, seed: u64) -> Self {
        let (step, gradient, masks) = (Step::default(), Vec::new(), Masks::new(seed));
        Self { parameters, hidden, loss, reduction, step, gradient, masks }
    }

    /// The widths, `[in, hidden…, out]`.
    pub fn sizes(&self) -> &[usize] {
        self.parameters.shape().sizes()
    }

    /// The loss of the outputs.
    pub fn loss_function(&self) -> Loss {
        self.loss
    }

    /// The activation after each hidden layer, and the share of its units that drop out in training.
    pub fn hidden(&self) -> impl ExactSizeIterator<Item = (Activation, f64)> {
        self.hidden.iter().map(|hidden| (hidden.activation, hidden.dropout))
    }

    /// Of what training takes the gradient.
    #[cfg(any(feature = "safetensors", feature = "npz"))]
    pub(crate) fn reduction(&self) -> Reduction {
        self.reduction
    }

    /// The same network, which learns from the gradient of this.
    pub(crate) fn with_reduction(self, reduction: Reduction) -> Self {
        Self { reduction, ..self }
    }

    /// `w: [in, out]` and `b: [out]` of a layer, the first being 0.
    pub(crate) fn layer(&self, layer: usize) -> (ArrayView2<'_, A>, ArrayView1<'_, A>) {
        self.parameters.layer(layer)
    }

    /// The parameters by name: `w1: [in, units]`, `b1: [units]`, `w2` and so on.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, ArrayViewD<'_, A>)> {
        self.parameters.arrays()
    }

    /// All parameters in one slice, laid out by [`layout`](Self::layout).
    pub fn values(&self) -> &[A] {
        self.parameters.values()
    }

    /// Names and shapes of the parameters, in the order of [`values`](Self::values).
    pub fn layout(&self) -> &Layout {
        self.parameters.shape().layout()
    }

    /// Makes these the parameters, laid out by [`layout`](Self::layout).
    ///
    /// # Errors
    ///
    /// If there are more or fewer, or one is NaN or infinite; nothing is changed then.
    pub fn set_values(&mut self, values: &[A]) -> Result<()> {
        self.parameters.set_values("Mlp::set_values", values)
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
    pub fn forward<'a>(&self, x: impl Into<Input<'a, A>>) -> Result<Array2<A>> {
        self.forward_as("Mlp::forward", &x.into())
    }

    /// [`forward`](Self::forward), with errors of this operation.
    pub(crate) fn forward_as(&self, op: &'static str, x: &Input<'_, A>) -> Result<Array2<A>> {
        Ok(self.chain().outputs(&self.parameters, self.read(op, x)?))
    }

    /// What every layer makes of `x: [batch, in]`, without dropout, the first layer first: the outputs of hidden layers
    /// after their activation, `[batch, units]`, and last what [`forward`](Self::forward) gives.
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
    pub fn activations<'a>(&self, x: impl Into<Input<'a, A>>) -> Result<Vec<Array2<A>>> {
        let x = x.into();
        Ok(self.chain().activations(&self.parameters, self.read("Mlp::activations", &x)?))
    }

    /// What the outputs mean by the loss: probabilities of classes that add up to 1
    /// ([`Loss::SoftmaxCrossEntropy`]), probabilities of a yes ([`Loss::BinaryCrossEntropy`]), or the outputs.
    ///
    /// # Errors
    ///
    /// As [`forward`](Self::forward).
    pub fn predict<'a>(&self, x: impl Into<Input<'a, A>>) -> Result<Array2<A>> {
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
    pub fn scores<'a, 't>(&self, x: impl Into<Input<'a, A>>, t: impl Into<Targets<'t, A>>) -> Result<Scores> {
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
    /// optimiser refuses: its settings, or its state, which is another network's. Nothing is changed then, and nothing
    /// has advanced: neither the optimiser nor the dropout masks. An update that overflows although the loss was finite
    /// shows in the loss of a later step, as soon as that reads what has overflowed, and at the end of
    /// [`Trainer::run`](crate::Trainer::run).
    pub fn train<'a, 't>(
        &mut self,
        x: impl Into<Input<'a, A>>,
        t: impl Into<Targets<'t, A>>,
        optimizer: &mut (impl Optimizer<A> + ?Sized),
    ) -> Result<Scores> {
        self.train_as("Mlp::train", &x.into(), t.into(), optimizer)
    }

    /// [`train`](Self::train), with errors of this operation.
    pub(crate) fn train_as(
        &mut self,
        op: &'static str,
        x: &Input<'_, A>,
        t: Targets<'_, A>,
        optimizer: &mut (impl Optimizer<A> + ?Sized),
    ) -> Result<Scores> {
        let batch = self.batch(op, x, t)?;
        self.learn(op, batch, optimizer)
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
        self.learn("Mlp::train_on", Batch::of_rows(data, rows, self.sizes()[1]), optimizer)
    }

    fn learn(
        &mut self,
        op: &'static str,
        batch: Batch<'_, A>,
        optimizer: &mut (impl Optimizer<A> + ?Sized),
    ) -> Result<Scores> {
        let plain_rate = optimizer.plain_rate()?;
        let task = Task { scale: self.scale(batch.rows()), key: Some(self.masks.key()), first_row: 0 };
        let scores = self.step(op, batch, task, plain_rate)?;
        if plain_rate.is_some() {
            optimizer.commit();
        } else {
            let (shape, values) = self.parameters.shape_and_values();
            optimizer.step(values, &mut self.gradient, shape.layout())?;
        }
        self.masks.advance();
        Ok(scores)
    }

    /// What the gradient of the sum over so many rows is multiplied by.
    fn scale(&self, rows: usize) -> A {
        self.reduction.scale(rows)
    }

    /// Changes the parameters at this rate, or, without one, makes the gradient.
    fn step(
        &mut self,
        op: &'static str,
        batch: Batch<'_, A>,
        task: Task<A>,
        rate: Option<A>,
    ) -> Result<Scores> {
        let (shape, parameters) = match (rate, batch.x) {
            (Some(_), Source::Sparse(_)) => self.parameters.shape_and_blocks(),
            _ => {
                let (shape, values) = self.parameters.shape_and_values();
                (shape, ParametersMut::of(shape, values))
            }
        };
        let gradient = match rate {
            Some(rate) => Gradient::Descend { rate },
            None => {
                self.gradient.resize(shape.layout().len(), A::zero());
                Gradient::Keep { gradient: &mut self.gradient }
            }
        };
        let chain = Chain { shape, hidden: &self.hidden, loss: self.loss };
        let scores = self.step.run(chain, parameters, batch, task, gradient);
        if scores.loss.is_finite() { Ok(scores) } else { Err(self.why_not_finite(op, batch, scores.loss)) }
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
    pub fn gradient<'a, 't>(
        &mut self,
        x: impl Into<Input<'a, A>>,
        t: impl Into<Targets<'t, A>>,
    ) -> Result<(Scores, &[A])> {
        const OP: &str = "Mlp::gradient";
        let (x, t) = (x.into(), t.into());
        let batch = self.batch(OP, &x, t)?;
        let task = Task { scale: self.scale(batch.rows()), key: None, first_row: 0 };
        let scores = self.step(OP, batch, task, None)?;
        Ok((scores, &self.gradient))
    }

    /// The gradient of the loss of a part of a batch by all parameters, which `gradient` becomes, laid out by
    /// [`layout`](Self::layout); and the sums of its rows' scores, with the part's dropout.
    ///
    /// What [`train_on`](Self::train_on) does in one go is this, anything that should happen to the gradient, and
    /// [`update`](Self::update). The gradient is that of the sum over the part's rows, divided by [`Part::divisor`] if the
    /// network was built for the mean.
    ///
    /// # Errors
    ///
    /// If the data does not fit the network, a row is not below its length, the divisor is 0, `gradient` is not as long as
    /// the layout, or the loss is not finite. What `gradient` holds is of no use then.
    pub fn gradient_on(&mut self, data: &Dataset, part: Part<'_>, gradient: &mut [A]) -> Result<Sums> {
        const OP: &str = "Mlp::gradient_on";
        self.check_fit(data)?;
        self.check_gradient(OP, gradient)?;
        settings::check(part.divisor > 0, "the part's divisor", part.divisor, "at least 1")?;
        if part.rows.is_empty() {
            gradient.fill(A::zero());
            return Ok(Sums::default());
        }
        data.check_rows(part.rows)?;
        let task = Task {
            scale: self.reduction.scale(part.divisor),
            key: part.masks.map(Masks::key),
            first_row: part.first,
        };
        let batch = Batch::of_rows(data, part.rows, self.sizes()[1]);
        let (shape, values) = self.parameters.shape_and_values();
        let chain = Chain { shape, hidden: &self.hidden, loss: self.loss };
        let parameters = ParametersMut::of(shape, values);
        let scores = self.step.run(chain, parameters, batch, task, Gradient::Keep { gradient });
        match scores.loss.is_finite() {
            true => Ok(Sums::of(scores, part.rows.len())),
            false => Err(self.why_not_finite(OP, batch, scores.loss)),
        }
    }

    /// Makes the optimiser's step by this gradient, which it may overwrite. The next step draws the next dropout masks.
    ///
    /// # Errors
    ///
    /// If `gradient` is not as long as the layout or holds a NaN or an infinity, or the optimiser refuses; nothing is changed
    /// then.
    pub fn update(&mut self, gradient: &mut [A], optimizer: &mut (impl Optimizer<A> + ?Sized)) -> Result<()> {
        const OP: &str = "Mlp::update";
        self.check_gradient(OP, gradient)?;
        check_finite_values(OP, self.layout(), gradient)?;
        let (shape, values) = self.parameters.shape_and_values();
        optimizer.step(values, gradient, shape.layout())?;
        self.masks.advance();
        Ok(())
    }

    fn check_gradient(&self, op: &'static str, gradient: &[A]) -> Result<()> {
        let expected = self.layout().len();
        if gradient.len() == expected {
            return Ok(());
        }
        let expected = format!("[{expected}], the parameters of {:?}", self.sizes());
        Err(Error::Shape { op, what: "gradient", found: vec![gradient.len()], expected })
    }

    fn chain(&self) -> Chain<'_> {
        Chain { shape: self.parameters.shape(), hidden: &self.hidden, loss: self.loss }
    }

    /// x as the first layer reads it, if it has as many columns as there are inputs.
    fn read<'b>(&self, op: &'static str, x: &'b Input<'_, A>) -> Result<Form<'b, A>> {
        let (inputs, (rows, columns)) = (self.sizes()[0], x.dim());
        if columns == inputs {
            return Ok(x.form(self.sizes()[1]));
        }
        let (found, expected) = (vec![rows, columns], format!("[batch, {inputs}]"));
        Err(Error::Shape { op, what: "x", found, expected })
    }

    /// What a step can be made on, or an error.
    fn batch<'b>(&self, op: &'static str, x: &'b Input<'_, A>, t: Targets<'b, A>) -> Result<Batch<'b, A>> {
        let form = self.read(op, x)?;
        let (rows, _) = x.dim();
        if rows == 0 {
            return Err(Error::empty_batch());
        }
        t.check(op, self.loss, rows, self.outputs())?;
        let x = match form {
            Form::Dense(x) => {
                check_finite(op, "x", x)?;
                Source::Dense(x)
            }
            Form::Sparse(x) => {
                if let Some((place, found)) = x.not_finite() {
                    return Err(Error::NotFinite { op, what: format!("`x`{place:?}"), found });
                }
                Source::Sparse(x)
            }
        };
        Ok(Batch { x, t: Labels::Given(t) })
    }

    fn check_fit(&self, data: &Dataset) -> Result<()> {
        data.check_fits([self.sizes()[0], self.outputs()])
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
        Ok(match data.sparse_for(self.sizes()[1]) {
            Some(pixels) => {
                let x = Form::Sparse(SparseRows::listed(pixels, rows));
                self.chain().outputs(&self.parameters, x)
            }
            None => self.chain().outputs(&self.parameters, Form::Dense(&data.gather_images(rows))),
        })
    }

    /// What made this loss no finite number; x is finite.
    #[cold]
    fn why_not_finite(&self, op: &'static str, batch: Batch<'_, A>, loss: f64) -> Error {
        let labels = match batch.t {
            Labels::Given(t) => t.check_finite(op),
            Labels::Of { .. } => Ok(()),
        };
        let parameters = || check_finite_values(op, self.layout(), self.values());
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
