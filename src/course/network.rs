//! Chapter 4: [`NeuralNetwork`], two layers trained by stochastic gradient descent.

use ndarray::{Array1, Array2, ArrayRef2, ArrayViewD};
use rand::Rng;

use crate::compute::flat::elements;
use crate::data::Dataset;
use crate::nn::init;
use crate::sparse::Input;
use crate::{
    Activation, Affine, Error, Float, Layout, Loss, Mlp, Optimizer, Reduction, Relu, Result, Scores, Sgd,
    SoftmaxCrossEntropy,
};

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
/// This is an [`Mlp`] by the course's names: [`Mlp::from`] and [`as_mlp`](Self::as_mlp) give it.
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
pub struct NeuralNetwork<A>(Mlp<A>);

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
        const OP: &str = "NeuralNetwork::from_parameters";
        let Parameters { w1, b1, w2, b2 } = parameters;
        if w1.is_empty() || w2.is_empty() {
            return Err(Error::Invalid {
                what: "the network's size",
                found: format!("{:?}", [w1.nrows(), w1.ncols(), w2.ncols()]),
                expected: "at least one unit in each layer".into(),
            });
        }
        let wrong = |what, found: &[usize], expected| {
            Err(Error::Shape { op: OP, what, found: found.to_vec(), expected })
        };
        if w2.nrows() != w1.ncols() {
            let expected = format!("[{}, out], as `w1` is {:?}", w1.ncols(), w1.shape());
            return wrong("w2", w2.shape(), expected);
        }
        for (name, w, b) in [("b1", &w1, &b1), ("b2", &w2, &b2)] {
            if b.len() != w.ncols() {
                return wrong(name, b.shape(), format!("[{}], as the columns of `w`", w.ncols()));
            }
        }
        let builder = Mlp::builder(w1.nrows()).hidden(w1.ncols(), Activation::Relu);
        let builder = builder.output(w2.ncols(), LOSS).reduction(Reduction::Sum);
        let mut values = Vec::with_capacity(w1.len() + b1.len() + w2.len() + b2.len());
        for w_and_b in [(w1, b1), (w2, b2)] {
            values.extend_from_slice(&elements(&w_and_b.0));
            values.extend_from_slice(&elements(&w_and_b.1));
        }
        Ok(Self(builder.build_as(OP, &values)?))
    }

    /// The same network as one of any depth.
    pub const fn as_mlp(&self) -> &Mlp<A> {
        &self.0
    }

    /// [`as_mlp`](Self::as_mlp), to be trained.
    pub const fn as_mlp_mut(&mut self) -> &mut Mlp<A> {
        &mut self.0
    }

    /// The sizes, `[in, hidden, out]`.
    pub fn sizes(&self) -> [usize; 3] {
        self.0.sizes().try_into().expect("two layers")
    }

    /// As [`Mlp::parameters`]: `w1`, `b1`, `w2`, `b2`.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, ArrayViewD<'_, A>)> {
        self.0.parameters()
    }

    /// The loss of the outputs: softmax with cross-entropy.
    pub const fn loss_function(&self) -> Loss {
        LOSS
    }

    /// As [`Mlp::values`].
    pub fn values(&self) -> &[A] {
        self.0.values()
    }

    /// As [`Mlp::layout`].
    pub fn layout(&self) -> &Layout {
        self.0.layout()
    }

    /// As [`Mlp::set_values`].
    ///
    /// # Errors
    ///
    /// If there are more or fewer, or one is NaN or infinite; nothing is changed then.
    pub fn set_values(&mut self, values: &[A]) -> Result<()> {
        self.0.set_values(values)
    }

    /// The parameters, by value. Clone the network first to keep it.
    pub fn into_parameters(self) -> Parameters<A> {
        let ((w1, b1), (w2, b2)) = (self.0.layer(0), self.0.layer(1));
        Parameters { w1: w1.to_owned(), b1: b1.to_owned(), w2: w2.to_owned(), b2: b2.to_owned() }
    }

    /// The logits `[batch, out]` of `x: [batch, in]`: what comes before the softmax. The largest in a
    /// row is the network's answer.
    ///
    /// # Errors
    ///
    /// If the rows of `x` are not `in` long.
    pub fn forward<'a>(&self, x: impl Into<Input<'a, A>>) -> Result<Array2<A>> {
        self.0.forward_as("NeuralNetwork::forward", &x.into())
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
        let node = |layer| {
            let (w, b) = self.0.layer(layer);
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
    /// Gives the batch's scores from before the update. It allocates nothing after the first step, unless a batch is
    /// larger than any before (without OpenBLAS ndarray's product does). The results have the same bits on any number
    /// of threads, while OpenBLAS runs one.
    ///
    /// # Errors
    ///
    /// If a shape does not fit, the batch is empty, the rate is negative or not finite, or there is a NaN or an infinity
    /// in `x` or in the loss; nothing is changed then.
    pub fn sgd<'a>(
        &mut self,
        x: impl Into<Input<'a, A>>,
        t: &ArrayRef2<A>,
        learning_rate: A,
    ) -> Result<Scores> {
        self.0.train_as("NeuralNetwork::sgd", &x.into(), t.into(), &mut Sgd::new(learning_rate.as_f64()))
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
        self.train_on(data, rows, &mut Sgd::new(learning_rate.as_f64()))
    }

    /// As [`Mlp::train_on`]: [`sgd_on`](Self::sgd_on) with any optimiser.
    ///
    /// # Errors
    ///
    /// As `sgd_on`, or if the optimiser refuses.
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
        self.0.train_on(data, rows, optimizer)
    }

    /// As [`Mlp::outputs_on`]: the logits of these rows of a data set.
    ///
    /// # Errors
    ///
    /// If the data does not fit the network, or a row is not below its length.
    pub fn outputs_on(&self, data: &Dataset, rows: &[usize]) -> Result<Array2<A>> {
        self.0.outputs_on(data, rows)
    }
}

/// The same network; what it learns from is still the gradient of the sum, as the course has it.
impl<A: Float> From<NeuralNetwork<A>> for Mlp<A> {
    fn from(network: NeuralNetwork<A>) -> Self {
        network.0
    }
}

/// The same network, if it is of this kind: one hidden layer of ReLU, no dropout, softmax with cross-entropy.
/// Its gradients are those of the sum from now on.
///
/// Anything else is an [`Error::Invalid`].
impl<A: Float> TryFrom<Mlp<A>> for NeuralNetwork<A> {
    type Error = Error;

    fn try_from(network: Mlp<A>) -> Result<Self> {
        let is_course = network.hidden().eq([(Activation::Relu, 0.0)]) && network.loss_function() == LOSS;
        if !is_course {
            let hidden: Vec<_> = network.hidden().map(|(activation, _)| activation.to_string()).collect();
            return Err(Error::Invalid {
                what: "the network",
                found: format!(
                    "{:?} with [{}] and {}",
                    network.sizes(),
                    hidden.join(", "),
                    network.loss_function()
                ),
                expected: "one hidden layer of relu without dropout, and softmax-cross-entropy".into(),
            });
        }
        Ok(Self(network.with_reduction(Reduction::Sum)))
    }
}

/// What every such network ends in.
const LOSS: Loss = Loss::SoftmaxCrossEntropy;
