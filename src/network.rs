//! Chapter 4: [`NeuralNetwork`], two layers trained by stochastic gradient descent.

use ndarray::{Array1, Array2, ArrayRef2, ArrayViewD};
use rand::Rng;

use crate::data::Dataset;
use crate::flat::{elements, row_major};
use crate::functions::relu_inplace;
use crate::step::{Batch, Step};
use crate::{Affine, Error, Float, Relu, Result, SoftmaxCrossEntropy, init};

/// Affine, ReLU, Affine, and softmax with cross-entropy as its loss (exercise 4-1).
///
/// x: `[batch, in]` → h = ReLU(x·W1 + b1): `[batch, hidden]` → logits = h·W2 + b2: `[batch, out]`.
/// Labels are `t: [batch, out]`, one-hot rows or any distributions.
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
    affine1: Affine<A>,
    affine2: Affine<A>,
    step: Step<A>,
}

/// One array for each parameter, by the course's names: the parameters themselves, or their
/// gradients.
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

/// How well a network does on a batch or a data set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// The mean cross-entropy, in nats.
    pub loss: f64,
    /// The share of rows whose largest logit is the label's: 0 to 1.
    pub accuracy: f64,
}

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
    /// If their shapes do not fit together, or one is empty.
    pub fn from_parameters(parameters: Parameters<A>) -> Result<Self> {
        let Parameters { w1, b1, w2, b2 } = parameters;
        if w1.is_empty() || w2.is_empty() {
            return Err(Error::Invalid {
                what: "the network's size",
                found: format!("{:?}", [w1.nrows(), w1.ncols(), w2.ncols()]),
                expected: "at least one unit in each layer".into(),
            });
        }
        if w2.nrows() != w1.ncols() {
            return Err(Error::Shape {
                op: "NeuralNetwork::from_parameters",
                what: "w2",
                found: w2.shape().to_vec(),
                expected: format!("[{}, out], as `w1` is {:?}", w1.ncols(), w1.shape()),
            });
        }
        Ok(Self {
            affine1: Affine::new(row_major(w1), b1)?,
            affine2: Affine::new(row_major(w2), b2)?,
            step: Step::default(),
        })
    }

    /// The sizes, `[in, hidden, out]`.
    pub fn sizes(&self) -> [usize; 3] {
        [self.affine1.w().nrows(), self.affine2.w().nrows(), self.affine2.w().ncols()]
    }

    /// The parameters by name: `w1`, `b1`, `w2`, `b2`.
    pub fn parameters(&self) -> [(&'static str, ArrayViewD<'_, A>); 4] {
        [
            ("w1", self.affine1.w().view().into_dyn()),
            ("b1", self.affine1.b().view().into_dyn()),
            ("w2", self.affine2.w().view().into_dyn()),
            ("b2", self.affine2.b().view().into_dyn()),
        ]
    }

    /// The parameters, by value. Clone the network first to keep it.
    pub fn into_parameters(self) -> Parameters<A> {
        let (w1, b1) = self.affine1.into_parameters();
        let (w2, b2) = self.affine2.into_parameters();
        Parameters { w1, b1, w2, b2 }
    }

    /// The logits `[batch, out]` of `x: [batch, in]`: what comes before the softmax. The largest in a
    /// row is the network's answer.
    ///
    /// # Errors
    ///
    /// If the rows of `x` are not `in` long.
    pub fn forward(&self, x: &ArrayRef2<A>) -> Result<Array2<A>> {
        let mut h = self.affine1.apply(x)?;
        relu_inplace(&mut h);
        self.affine2.apply(&h)
    }

    /// The mean loss of a batch.
    ///
    /// # Errors
    ///
    /// If a shape does not fit, or the batch is empty.
    pub fn loss(&self, x: &ArrayRef2<A>, t: &ArrayRef2<A>) -> Result<A> {
        SoftmaxCrossEntropy::new().forward(&self.forward(x)?, t)
    }

    /// The share of the batch's rows that the network gets right, 0 to 1.
    ///
    /// # Errors
    ///
    /// If a shape does not fit, or the batch is empty.
    pub fn accuracy(&self, x: &ArrayRef2<A>, t: &ArrayRef2<A>) -> Result<f64> {
        Ok(self.scores(x, t)?.accuracy)
    }

    /// Loss and accuracy of a batch, from one forward pass.
    ///
    /// # Errors
    ///
    /// If a shape does not fit, or the batch is empty.
    pub fn scores(&self, x: &ArrayRef2<A>, t: &ArrayRef2<A>) -> Result<Scores> {
        let logits = self.forward(x)?;
        let loss = SoftmaxCrossEntropy::new().forward(&logits, t)?.as_f64();
        Ok(Scores { loss, accuracy: share_right(&elements(&logits), &elements(t), t.ncols()) })
    }

    /// The gradients of the batch's **summed** loss, node by node as in chapter 3.
    ///
    /// For looking at gradients, and as the reference that [`sgd`](Self::sgd) is held to in the
    /// tests: `sgd` never makes them explicit.
    ///
    /// # Errors
    ///
    /// If a shape does not fit, or the batch is empty.
    pub fn backprop(&mut self, x: &ArrayRef2<A>, t: &ArrayRef2<A>) -> Result<Gradients<A>> {
        let (mut relu, mut loss) = (Relu::new(), SoftmaxCrossEntropy::new());
        let h = relu.forward(&self.affine1.forward(x)?);
        loss.forward(&self.affine2.forward(&h)?, t)?;

        let second = self.affine2.backprop(&loss.backprop(A::one())?)?;
        let (w1, b1) = self.affine1.backprop_parameters(&relu.backprop(&second.dx)?)?;
        Ok(Gradients { w1, b1, w2: second.dw, b2: second.db })
    }

    /// One step of stochastic gradient descent: every parameter W ← W − `learning_rate` · ∇W, the
    /// gradient being that of the batch's **summed** loss.
    ///
    /// Gives the batch's scores from before the update. With OpenBLAS it allocates nothing after the first step,
    /// unless a batch is larger than any before.
    ///
    /// # Errors
    ///
    /// If a shape does not fit, the batch is empty, or the rate is negative or not finite; nothing is
    /// changed then.
    pub fn sgd(&mut self, x: &ArrayRef2<A>, t: &ArrayRef2<A>, learning_rate: A) -> Result<Scores> {
        let [inputs, _, outputs] = self.sizes();
        let check = |what, array: &ArrayRef2<A>, expected: [usize; 2]| {
            if array.shape() == expected {
                return Ok(());
            }
            let (found, expected) = (array.shape().to_vec(), format!("{expected:?}"));
            Err(Error::Shape { op: "NeuralNetwork::sgd", what, found, expected })
        };
        check("x", x, [x.nrows(), inputs])?;
        check("t", t, [x.nrows(), outputs])?;
        self.step(Batch::Arrays { x, t }, x.nrows(), learning_rate)
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
        if let Some(row) = rows.iter().find(|&&row| row >= data.len()) {
            return Err(Error::Invalid {
                what: "a row of the batch",
                found: row.to_string(),
                expected: format!("a number below {}, the rows of the data", data.len()),
            });
        }
        self.step(Batch::Rows { data, rows }, rows.len(), learning_rate)
    }

    /// The step itself, of so many rows that fit.
    fn step(&mut self, batch: Batch<'_, A>, rows: usize, learning_rate: A) -> Result<Scores> {
        if !(learning_rate.is_finite() && learning_rate >= A::zero()) {
            return Err(Error::Invalid {
                what: "the learning rate",
                found: learning_rate.to_string(),
                expected: "a finite number that is not negative".into(),
            });
        }
        if rows == 0 {
            return Err(Error::empty_batch());
        }
        Ok(self.step.sgd(&mut self.affine1, &mut self.affine2, batch, learning_rate))
    }

    /// An error unless images have as many pixels as the network has inputs, and so on.
    pub(crate) fn check_fit(&self, data: &Dataset) -> Result<()> {
        let [inputs, _, outputs] = self.sizes();
        let found = [data.images().ncols(), data.classes()];
        if found == [inputs, outputs] {
            return Ok(());
        }
        Err(Error::Invalid {
            what: "the network's [inputs, outputs]",
            found: format!("{:?}", [inputs, outputs]),
            expected: format!("{found:?}, the data's [pixels, classes]"),
        })
    }
}

/// The share of rows whose largest logit is where the label's largest element is.
pub(crate) fn share_right<A: Float>(logits: &[A], t: &[A], outputs: usize) -> f64 {
    let rows = logits.chunks_exact(outputs).zip(t.chunks_exact(outputs));
    let right = rows.filter(|(z, t)| argmax(z) == argmax(t)).count();
    right as f64 / (logits.len() / outputs) as f64
}

/// The place of the largest element, the first of equals; NaN is never larger.
fn argmax<A: Float>(row: &[A]) -> usize {
    let mut best = (0, row[0]);
    for (place, &value) in row.iter().enumerate() {
        if value > best.1 {
            best = (place, value);
        }
    }
    best.0
}
