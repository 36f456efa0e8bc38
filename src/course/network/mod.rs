//! Chapter 4: [`NeuralNetwork`], two layers trained by stochastic gradient descent.

mod blocks;
mod forms;

use ndarray::{Array1, Array2, ArrayRef2, ArrayViewD};
use rand::Rng;

use crate::data::Dataset;
use crate::error::finite::check_finite_arrays;
use crate::error::settings;
use crate::nn::init;
use crate::nn::step::{self, Batch, Chain, Gradient, Hidden, Labels};
use crate::nn::weights::{LayerMut, Shape, Weights};
use crate::sparse::{self, Input, SparseRows};
use crate::{
    Activation, Affine, Error, Float, Layout, Loss, Mlp, Optimizer, Relu, Result, Scores, SoftmaxCrossEntropy,
};

pub(crate) use blocks::{Block, Blocks};
use forms::Forms;

/// Affine, ReLU, Affine, and softmax with cross-entropy as its loss (exercise 4-1).
///
/// x: `[batch, in]` → h = ReLU(x·W1 + b1): `[batch, hidden]` → logits = h·W2 + b2: `[batch, out]`.
/// Labels are `t: [batch, out]`, one-hot rows or any distributions.
///
/// x is an array, or a [`SparseMatrix`](crate::SparseMatrix) of which only what is not 0 is multiplied: see [`Input`].
///
/// The loss is the **mean** over the batch, the gradients are those of the **sum**: the course's
/// convention, and what its learning rate of 0.0001 is meant for (see
/// [`SoftmaxCrossEntropy`](crate::nodes::SoftmaxCrossEntropy)).
///
/// ```
/// use blasnet::NeuralNetwork;
/// use ndarray::array;
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
/// let mut network = NeuralNetwork::<f64>::new([2, 8, 2], &mut rng)?;
///
/// // XOR, which one perceptron cannot learn
/// let x = array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
/// let t = array![[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]];
/// for _ in 0..2000 {
///     network.sgd(&x, &t, 0.1)?;
/// }
/// assert_eq!(network.accuracy(&x, &t)?, 1.0);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct NeuralNetwork<A> {
    parameters: Forms<A>,
    dense_step: step::Dense<A>,
    sparse_step: step::Sparse<A>,
}

/// One array for each parameter, by the course's names: the parameters themselves, or their
/// gradients.
// Exhaustive: the course's network has these four, and whoever makes one by hand names them all.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters<A> {
    /// Weights of the first layer, `[in, hidden]`.
    pub w1: Array2<A>,
    /// Biases of the first layer, `[hidden]`.
    pub b1: Array1<A>,
    /// Weights of the second layer, `[hidden, out]`.
    pub w2: Array2<A>,
    /// Biases of the second layer, `[out]`.
    pub b2: Array1<A>,
}

/// ∂(sum of the losses)/∂parameter, by the parameter's name.
pub type Gradients<A> = Parameters<A>;

impl<A: Float> NeuralNetwork<A> {
    /// The course's sizes: 28 × 28 pixels, 500 hidden units, 10 digits.
    pub const COURSE: [usize; 3] = [784, 500, 10];

    /// A network of these sizes, `[in, hidden, out]`, with weights from N(0, 0.1²) and biases of 0:
    /// the course's initial values (exercise 4-2).
    ///
    /// # Errors
    ///
    /// If a size is 0.
    pub fn new<R: Rng + ?Sized>(sizes: [usize; 3], rng: &mut R) -> Result<Self> {
        let [inputs, hidden, outputs] = sizes;
        Self::from_parameters(Parameters {
            w1: init::gaussian((inputs, hidden), 0.1, rng),
            b1: Array1::zeros(hidden),
            w2: init::gaussian((hidden, outputs), 0.1, rng),
            b2: Array1::zeros(outputs),
        })
    }

    /// A network with these parameters.
    ///
    /// # Errors
    ///
    /// If their shapes do not fit together, one is empty, or a number is NaN or infinite.
    pub fn from_parameters(parameters: Parameters<A>) -> Result<Self> {
        let Parameters { w1, b1, w2, b2 } = parameters;
        if w1.is_empty() || w2.is_empty() {
            return Err(Error::Invalid {
                what: "the network's size",
                found: format!("{:?}", [w1.nrows(), w1.ncols(), w2.ncols()]),
                expected: "at least one unit in each layer".into(),
            });
        }
        let wrong = |what, found: &[usize], expected| Error::Shape {
            op: "NeuralNetwork::from_parameters",
            what,
            found: found.to_vec(),
            expected,
        };
        if w2.nrows() != w1.ncols() {
            let expected = format!("[{}, out], as `w1` is {:?}", w1.ncols(), w1.shape());
            return Err(wrong("w2", w2.shape(), expected));
        }
        let mut weights = Weights::zeros(Shape::new(vec![w1.nrows(), w1.ncols(), w2.ncols()]));
        for (layer, (name, new_w, new_b)) in [("b1", w1, b1), ("b2", w2, b2)].into_iter().enumerate() {
            let LayerMut { mut w, mut b } = weights.layer_mut(layer);
            if new_b.len() != b.len() {
                return Err(wrong(name, new_b.shape(), format!("{:?}, as the columns of `w`", b.shape())));
            }
            w.assign(&new_w);
            b.assign(&new_b);
        }
        check_finite_arrays("NeuralNetwork::from_parameters", weights.arrays())?;
        Ok(Self::new_of(weights))
    }

    fn new_of(weights: Weights<A>) -> Self {
        let (dense_step, sparse_step) = (step::Dense::default(), step::Sparse::default());
        Self { parameters: weights.into(), dense_step, sparse_step }
    }

    /// The sizes, `[in, hidden, out]`.
    pub fn sizes(&self) -> [usize; 3] {
        self.parameters.sizes()
    }

    /// The parameters by name: `w1`, `b1`, `w2`, `b2`.
    pub fn parameters(&self) -> [(&'static str, ArrayViewD<'_, A>); 4] {
        let weights = self.parameters.weights();
        let ((w1, b1), (w2, b2)) = (weights.layer(0), weights.layer(1));
        [("w1", w1.into_dyn()), ("b1", b1.into_dyn()), ("w2", w2.into_dyn()), ("b2", b2.into_dyn())]
    }

    /// What the outputs are held to: softmax with cross-entropy.
    pub const fn loss_function(&self) -> Loss {
        LOSS
    }

    /// All parameters in one slice, laid out by [`layout`](Self::layout).
    pub fn values(&self) -> &[A] {
        self.parameters.weights().values()
    }

    /// Names and shapes of the parameters, in the order of [`values`](Self::values).
    pub fn layout(&self) -> &Layout {
        self.parameters.weights().shape().layout()
    }

    /// Makes these the parameters, laid out by [`layout`](Self::layout).
    ///
    /// # Errors
    ///
    /// If there are more or fewer, or one is NaN or infinite; nothing is changed then.
    pub fn set_values(&mut self, values: &[A]) -> Result<()> {
        self.parameters.weights_mut().set_values("NeuralNetwork::set_values", values)
    }

    /// The parameters, by value. Clone the network first to keep it.
    pub fn into_parameters(self) -> Parameters<A> {
        let weights = self.parameters.into_weights();
        let ((w1, b1), (w2, b2)) = (weights.layer(0), weights.layer(1));
        Parameters { w1: w1.to_owned(), b1: b1.to_owned(), w2: w2.to_owned(), b2: b2.to_owned() }
    }

    /// The logits `[batch, out]` of `x: [batch, in]`: what comes before the softmax. The largest in a
    /// row is the network's answer.
    ///
    /// # Errors
    ///
    /// If the rows of `x` are not `in` long.
    pub fn forward<'a>(&self, x: impl Into<Input<'a, A>>) -> Result<Array2<A>> {
        let x = x.into();
        let (rows, columns) = x.dim();
        let [inputs, ..] = self.sizes();
        if columns != inputs {
            return Err(Error::Shape {
                op: "NeuralNetwork::forward",
                what: "x",
                found: vec![rows, columns],
                expected: format!("[batch, {inputs}]"),
            });
        }
        Ok(match x.form() {
            sparse::Form::Dense(x) => {
                let weights = self.parameters.weights();
                chain(weights.shape()).outputs(weights, x)
            }
            sparse::Form::Sparse(x) => self.forward_sparse(x),
        })
    }

    /// Its columns are as many as the inputs.
    fn forward_sparse(&self, x: SparseRows<'_, A>) -> Array2<A> {
        let [_, _, outputs] = self.sizes();
        let mut logits = Array2::zeros((x.len(), outputs));
        self.parameters.blocks().logits(x, &mut logits);
        logits
    }

    /// The mean loss of a batch.
    ///
    /// # Errors
    ///
    /// If a shape does not fit, or the batch is empty.
    pub fn loss<'a>(&self, x: impl Into<Input<'a, A>>, t: &ArrayRef2<A>) -> Result<A> {
        Ok(A::of(self.scores(x, t)?.loss))
    }

    /// The share of the batch's rows that the network gets right, 0 to 1.
    ///
    /// # Errors
    ///
    /// If a shape does not fit, or the batch is empty.
    pub fn accuracy<'a>(&self, x: impl Into<Input<'a, A>>, t: &ArrayRef2<A>) -> Result<f64> {
        Ok(self.scores(x, t)?.accuracy)
    }

    /// Loss and accuracy of a batch, from one forward pass.
    ///
    /// # Errors
    ///
    /// If a shape does not fit, or the batch is empty.
    pub fn scores<'a>(&self, x: impl Into<Input<'a, A>>, t: &ArrayRef2<A>) -> Result<Scores> {
        LOSS.scores("NeuralNetwork::scores", &self.forward(x)?, t.into())
    }

    /// The gradients of the batch's **summed** loss, node by node as in chapter 3.
    ///
    /// For looking at gradients, and as the reference that [`sgd`](Self::sgd) is held to in the
    /// tests: `sgd` never makes them explicit.
    ///
    /// # Errors
    ///
    /// If a shape does not fit, or the batch is empty.
    pub fn backprop<'a>(&self, x: impl Into<Input<'a, A>>, t: &ArrayRef2<A>) -> Result<Gradients<A>> {
        let weights = self.parameters.weights();
        let node = |layer| {
            let (w, b) = weights.layer(layer);
            Affine::new(w.to_owned(), b.to_owned())
        };
        let (mut first, mut second) = (node(0)?, node(1)?);
        let (mut relu, mut loss) = (Relu::new(), SoftmaxCrossEntropy::new());
        let h = relu.forward(&first.forward(x)?);
        loss.forward(&second.forward(&h)?, t)?;

        let second = second.backprop(&loss.backprop(A::one())?)?;
        let (w1, b1) = first.backprop_parameters(&relu.backprop(&second.dx)?)?;
        Ok(Gradients { w1, b1, w2: second.dw, b2: second.db })
    }

    /// One step of stochastic gradient descent: every parameter W ← W − `learning_rate` · ∇W, the
    /// gradient being that of the batch's **summed** loss.
    ///
    /// Gives the batch's scores from before the update. Where the loss of dense input is NaN or infinite, nothing is
    /// changed. With OpenBLAS, or on sparse input, it allocates nothing
    /// after the first step, unless a batch is larger than any before. On sparse input the results have the same
    /// bits on any number of threads.
    ///
    /// Dense and sparse steps keep the weights in different layouts: the first step of the other kind converts them,
    /// which takes as long as a step.
    ///
    /// # Errors
    ///
    /// If a shape does not fit, the batch is empty, or the rate is negative or not finite; nothing is
    /// changed then.
    pub fn sgd<'a>(
        &mut self,
        x: impl Into<Input<'a, A>>,
        t: &ArrayRef2<A>,
        learning_rate: A,
    ) -> Result<Scores> {
        let x = x.into();
        let (rows, columns) = x.dim();
        let [inputs, _, outputs] = self.sizes();
        let check = |what, found: [usize; 2], expected: [usize; 2]| {
            if found == expected {
                return Ok(());
            }
            let (found, expected) = (found.to_vec(), format!("{expected:?}"));
            Err(Error::Shape { op: "NeuralNetwork::sgd", what, found, expected })
        };
        check("x", [rows, columns], [rows, inputs])?;
        check("t", t.dim().into(), [rows, outputs])?;
        if rows == 0 {
            return Err(Error::empty_batch());
        }
        settings::not_negative::<A>("the learning rate", learning_rate.as_f64())?;
        Ok(match x.form() {
            sparse::Form::Dense(x) => self.dense(Batch::Arrays { x, t: t.into() }, learning_rate),
            sparse::Form::Sparse(x) => self.sparse(x, Labels::Array(t), learning_rate),
        })
    }

    /// [`sgd`](Self::sgd) on these rows of a data set, in any order and as often as you like.
    ///
    /// The same as [`gather`](Dataset::gather) and `sgd`, but each thread gathers for itself: faster where
    /// there are several.
    ///
    /// # Errors
    ///
    /// As `sgd`, or if a row is not below the data set's length.
    ///
    /// ```
    /// use blasnet::{Dataset, NeuralNetwork};
    /// use ndarray::array;
    /// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
    ///
    /// let data = Dataset::new(array![[0, 255], [255, 0]], vec![0, 1], 2)?;
    /// let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    /// let mut network = NeuralNetwork::<f32>::new([2, 8, 2], &mut rng)?;
    /// let first = network.sgd_on(&data, &[0, 1, 1], 0.1)?;
    /// let second = network.sgd_on(&data, &[0, 1, 1], 0.1)?;
    /// assert!(second.loss < first.loss);
    /// # Ok::<(), blasnet::Error>(())
    /// ```
    pub fn sgd_on(&mut self, data: &Dataset, rows: &[usize], learning_rate: A) -> Result<Scores> {
        self.check_fit(data)?;
        data.check_rows(rows)?;
        settings::not_negative::<A>("the learning rate", learning_rate.as_f64())?;
        Ok(match data.sparse() {
            Some(pixels) => {
                let x = SparseRows::listed(pixels, rows);
                self.sparse(x, Labels::Rows { data, rows }, learning_rate)
            }
            None => self.dense(Batch::Rows { data, rows }, learning_rate),
        })
    }

    /// [`sgd_on`](Self::sgd_on) at an optimiser's rate, which may follow a [`Schedule`](crate::Schedule).
    ///
    /// # Errors
    ///
    /// As `sgd_on`, or if the optimiser is any but plain SGD: [`Mlp::from`] this network takes the others.
    ///
    /// ```
    /// use blasnet::{Dataset, NeuralNetwork, Schedule, Scheduled, Sgd};
    /// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
    ///
    /// let data = Dataset::new(ndarray::array![[0, 255], [255, 0]], vec![0, 1], 2)?;
    /// let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    /// let mut network = NeuralNetwork::<f32>::new([2, 8, 2], &mut rng)?;
    /// let mut sgd = Scheduled::new(Sgd::new(0.1), Schedule::Linear { steps: 50, floor: 0.0 });
    /// for _ in 0..50 {
    ///     network.train_on(&data, &[0, 1], &mut sgd)?;
    /// }
    /// assert_eq!(blasnet::evaluate(&network, &data)?.accuracy, 1.0);
    /// # Ok::<(), blasnet::Error>(())
    /// ```
    pub fn train_on(
        &mut self,
        data: &Dataset,
        rows: &[usize],
        optimizer: &mut (impl Optimizer<A> + ?Sized),
    ) -> Result<Scores> {
        match optimizer.plain_rate()? {
            Some(rate) => self.sgd_on(data, rows, rate),
            None => Err(Error::Invalid {
                what: "the optimiser of a NeuralNetwork",
                found: "one with momentum, weight decay, clipping or the like".into(),
                expected: "plain Sgd, Scheduled or not; `Mlp::from(network)` takes any optimiser".into(),
            }),
        }
    }

    fn dense(&mut self, batch: Batch<'_, A>, rate: A) -> Scores {
        let (shape, values) = self.parameters.weights_mut().shape_and_values();
        self.dense_step.step(chain(shape), values, batch, A::one(), Gradient::Descend { rate })
    }

    fn sparse(&mut self, x: SparseRows<'_, A>, labels: Labels<'_, A>, rate: A) -> Scores {
        self.sparse_step.sgd(self.parameters.blocks_mut(), x, labels, rate)
    }

    /// The logits `[rows, out]` for these rows of a data set, read in its form.
    ///
    /// # Errors
    ///
    /// If the data does not fit the network, or a row is not below its length.
    pub fn outputs_on(&self, data: &Dataset, rows: &[usize]) -> Result<Array2<A>> {
        self.check_fit(data)?;
        data.check_rows(rows)?;
        match data.sparse() {
            Some(pixels) => Ok(self.forward_sparse(SparseRows::listed(pixels, rows))),
            None => self.forward(&data.gather_images(rows)),
        }
    }

    /// An error unless images have as many pixels as the network has inputs, and so on.
    fn check_fit(&self, data: &Dataset) -> Result<()> {
        let [inputs, _, outputs] = self.sizes();
        data.check_fits([inputs, outputs])
    }

    /// Layer by layer, with what lies between and behind them.
    pub(crate) fn into_layers(self) -> (Weights<A>, [Hidden; 1], Loss) {
        (self.parameters.into_weights(), HIDDEN, LOSS)
    }
}

/// The same network, if it is of this kind: one hidden layer of ReLU, no dropout, softmax with cross-entropy.
/// Its gradients are those of the sum from now on.
///
/// Anything else is an [`Error::Invalid`].
impl<A: Float> TryFrom<Mlp<A>> for NeuralNetwork<A> {
    type Error = Error;

    fn try_from(network: Mlp<A>) -> Result<Self> {
        let (weights, hidden, loss) = network.into_layers();
        if hidden != HIDDEN || loss != LOSS {
            return Err(Error::Invalid {
                what: "the network",
                found: format!("{:?} with {hidden:?} and {loss}", weights.sizes()),
                expected: "one hidden layer of relu without dropout, and softmax-cross-entropy".into(),
            });
        }
        Ok(Self::new_of(weights))
    }
}

/// What every such network ends in.
const LOSS: Loss = Loss::SoftmaxCrossEntropy;

/// What lies between the two layers.
const HIDDEN: [Hidden; 1] = [Hidden { activation: Activation::Relu, dropout: 0.0 }];

/// The network's layers, for the step.
fn chain(shape: &Shape) -> Chain<'_> {
    Chain { shape, hidden: &HIDDEN, loss: LOSS, key: None }
}
