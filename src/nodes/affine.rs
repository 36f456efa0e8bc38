//! z = x·W + b.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, ArrayView2};

use super::cache::Cache;
use super::operand::check_shape;
use crate::compute::flat::{assert_same_shape, elements, row_major};
use crate::ops::{affine, copy, matmul};
use crate::sparse::{self, Form, Input, SparseMatrix};
use crate::{Error, Float, Result};

/// The affine node (exercise 3-4): z = x·W + b, with BLAS for the products.
///
/// | | shape |
/// |---|---|
/// | `x` | `[batch, in]` |
/// | `w` | `[in, out]` |
/// | `b` | `[out]` |
/// | `z` | `[batch, out]` |
///
/// ```
/// use blasnet::nodes::Affine;
/// use ndarray::array;
///
/// let mut affine = Affine::new(array![[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]], array![0.1, 0.2, 0.3])?;
/// let z = affine.forward(&array![[1.0, 0.5], [-0.4, 0.1]])?;
/// assert!(z.abs_diff_eq(&array![[0.3, 0.7, 1.1], [0.08, 0.12, 0.16]], 1e-12));
///
/// let gradients = affine.backprop(&array![[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])?;
/// assert_eq!(gradients.dx, array![[0.1, 0.2], [0.5, 0.6]]);
/// assert_eq!(gradients.dw, array![[1.0, 0.0, -0.4], [0.5, 0.0, 0.1]]);
/// assert_eq!(gradients.db, array![1.0, 0.0, 1.0]);
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Affine<A> {
    w: Array2<A>,
    b: Array1<A>,
    x: Kept<A>,
}

/// The x of the last `forward`.
#[derive(Debug, Clone)]
enum Kept<A> {
    Dense(Cache<A>),
    Sparse(SparseMatrix<A>),
}

/// The derivatives that [`Affine::backprop`] gives, each of the shape of its array.
// Exhaustive: one for each operand of x·W + b, and `backprop_into` takes one that the caller makes.
#[derive(Debug, Clone, PartialEq)]
pub struct AffineGradients<A> {
    /// ∂L/∂x = dz·Wᵀ.
    pub dx: Array2<A>,
    /// ∂L/∂W = xᵀ·dz.
    pub dw: Array2<A>,
    /// ∂L/∂b: the sum of the rows of dz.
    pub db: Array1<A>,
}

/// Two nodes are equal if their parameters are, whatever they have cached.
impl<A: PartialEq> PartialEq for Affine<A> {
    fn eq(&self, other: &Self) -> bool {
        (&self.w, &self.b) == (&other.w, &other.b)
    }
}

impl<A: Float> Affine<A> {
    /// A node with these weights `[in, out]` and biases `[out]`.
    ///
    /// # Errors
    ///
    /// If `b` is not as long as a row of `w`.
    pub fn new(w: Array2<A>, b: Array1<A>) -> Result<Self> {
        if b.len() != w.ncols() {
            let expected = format!("[{}], as `w` is {:?}", w.ncols(), w.shape());
            return Err(Error::shape("Affine::new", "b", b.shape(), expected));
        }
        Ok(Self { w, b: row_major(b), x: Kept::Dense(Cache::new()) })
    }

    /// The weights `[in, out]`.
    pub fn w(&self) -> &Array2<A> {
        &self.w
    }

    /// The biases `[out]`.
    pub fn b(&self) -> &Array1<A> {
        &self.b
    }

    /// Weights and biases, to be changed in place.
    pub fn parameters_mut(&mut self) -> (&mut ArrayRef2<A>, &mut ArrayRef1<A>) {
        (&mut self.w, &mut self.b)
    }

    /// Weights and biases, by value.
    pub fn into_parameters(self) -> (Array2<A>, Array1<A>) {
        (self.w, self.b)
    }

    /// x·W + b, keeping a copy of x for `backprop`.
    ///
    /// # Errors
    ///
    /// If the rows of `x` are not `in` long.
    pub fn forward<'a>(&mut self, x: impl Into<Input<'a, A>>) -> Result<Array2<A>> {
        let x = x.into();
        let z = self.apply_form(x.form(self.w.ncols()))?;
        self.keep(x.form(self.w.ncols()));
        Ok(z)
    }

    /// [`forward`](Self::forward) into `z`.
    ///
    /// # Panics
    ///
    /// If the shapes do not fit.
    #[track_caller]
    pub fn forward_into<'a>(&mut self, x: impl Into<Input<'a, A>>, z: &mut ArrayRef2<A>) {
        let x = x.into();
        self.apply_form_into(x.form(self.w.ncols()), z);
        self.keep(x.form(self.w.ncols()));
    }

    /// x·W + b without a copy of x, for prediction.
    ///
    /// # Errors
    ///
    /// If the rows of `x` are not `in` long.
    pub fn apply<'a>(&self, x: impl Into<Input<'a, A>>) -> Result<Array2<A>> {
        self.apply_form(x.into().form(self.w.ncols()))
    }

    fn apply_form(&self, x: Form<'_, A>) -> Result<Array2<A>> {
        let (rows, columns) = x.dim();
        if columns != self.w.nrows() {
            let expected = format!("[batch, {}]", self.w.nrows());
            return Err(Error::shape("Affine::forward", "x", &[rows, columns], expected));
        }
        let mut z = Array2::zeros((rows, self.w.ncols()));
        self.apply_form_into(x, &mut z);
        Ok(z)
    }

    /// [`apply`](Self::apply) into `z`.
    ///
    /// # Panics
    ///
    /// If the shapes do not fit.
    #[track_caller]
    pub fn apply_into<'a>(&self, x: impl Into<Input<'a, A>>, z: &mut ArrayRef2<A>) {
        self.apply_form_into(x.into().form(self.w.ncols()), z);
    }

    #[track_caller]
    fn apply_form_into(&self, x: Form<'_, A>, z: &mut ArrayRef2<A>) {
        let ((rows, columns), (inputs, outputs)) = (x.dim(), self.w.dim());
        assert_same_shape("Affine::forward_into", "x", &[rows, columns], &[rows, inputs]);
        assert_same_shape("Affine::forward_into", "z", z.shape(), &[rows, outputs]);
        match x {
            Form::Dense(x) => affine::into(x, &self.w, &self.b, z),
            Form::Sparse(x) => sparse::multiply(x, &self.w, &self.b, z),
        }
    }

    fn keep(&mut self, x: Form<'_, A>) {
        match x {
            Form::Dense(x) => {
                // The memory of the last one, if there is some.
                if let Kept::Sparse(_) = self.x {
                    self.x = Kept::Dense(Cache::new());
                }
                if let Kept::Dense(kept) = &mut self.x {
                    copy(&elements(x), kept.reset(x.shape(), x.len()));
                }
            }
            Form::Sparse(x) => self.x = Kept::Sparse(x.to_matrix()),
        }
    }

    /// The derivatives by x, W and b.
    ///
    /// # Errors
    ///
    /// Before `forward`, or if `dz` does not have the shape of its output.
    pub fn backprop(&self, dz: &ArrayRef2<A>) -> Result<AffineGradients<A>> {
        let (dw, db) = self.backprop_parameters(dz)?;
        let mut dx = Array2::zeros((dz.nrows(), self.w.nrows()));
        matmul::backprop_left(dz, &self.w, &mut dx);
        Ok(AffineGradients { dx, dw, db })
    }

    /// (dW, db) alone: a network's first layer has no use for dx, which costs as much as dW.
    ///
    /// # Errors
    ///
    /// As [`backprop`](Self::backprop).
    pub fn backprop_parameters(&self, dz: &ArrayRef2<A>) -> Result<(Array2<A>, Array1<A>)> {
        check_shape("Affine::backprop", "dz", dz.shape(), &[self.kept_rows()?, self.w.ncols()])?;
        let (mut dw, mut db) = (Array2::zeros(self.w.raw_dim()), Array1::zeros(self.b.len()));
        self.parameter_gradients(dz, &mut dw, &mut db);
        Ok((dw, db))
    }

    /// [`backprop`](Self::backprop) into existing arrays.
    ///
    /// # Errors
    ///
    /// Before `forward`.
    ///
    /// # Panics
    ///
    /// If a shape does not fit.
    #[track_caller]
    pub fn backprop_into(&self, dz: &ArrayRef2<A>, gradients: &mut AffineGradients<A>) -> Result<()> {
        let AffineGradients { dx, dw, db } = gradients;
        let (rows, (inputs, outputs)) = (self.kept_rows()?, self.w.dim());
        assert_same_shape("Affine::backprop_into", "dz", dz.shape(), &[rows, outputs]);
        assert_same_shape("Affine::backprop_into", "dx", dx.shape(), &[rows, inputs]);
        assert_same_shape("Affine::backprop_into", "dw", dw.shape(), &[inputs, outputs]);
        assert_same_shape("Affine::backprop_into", "db", db.shape(), &[outputs]);
        matmul::backprop_left(dz, &self.w, dx);
        self.parameter_gradients(dz, dw, db);
        Ok(())
    }

    /// dW = xᵀ·dz for the x that is kept, and db = Σ rows of dz; shapes fit.
    fn parameter_gradients(&self, dz: &ArrayRef2<A>, dw: &mut ArrayRef2<A>, db: &mut ArrayRef1<A>) {
        match &self.x {
            Kept::Dense(x) => {
                let (shape, x) = x.get("Affine").expect("its rows were just counted");
                let x = ArrayView2::from_shape((shape[0], shape[1]), x).expect("kept with its own shape");
                matmul::backprop_right(&x, dz, dw);
            }
            Kept::Sparse(x) => sparse::transposed_multiply(x.into(), dz, dw),
        }
        affine::backprop_bias(dz, db);
    }

    /// The rows of the x that is kept.
    fn kept_rows(&self) -> Result<usize> {
        match &self.x {
            Kept::Dense(x) => Ok(x.get("Affine")?.0[0]),
            Kept::Sparse(x) => Ok(x.nrows()),
        }
    }
}
