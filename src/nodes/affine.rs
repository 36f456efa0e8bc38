//! z = x·W + b.

use std::sync::OnceLock;

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, ArrayView2, Axis};

use super::cache::Cache;
use crate::compute::flat::{assert_same_shape, elements, row_major, write_elements};
use crate::compute::linalg::gemm;
use crate::compute::parallel::each;
use crate::sparse::{self, Form, Input, Packed, SparseMatrix};
use crate::{Error, Float, Result};

/// The affine node (exercise 3-4): z = x·W + b, its products made by BLAS.
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
    /// w for sparse x, made when it is needed.
    packed: OnceLock<Packed<A>>,
    x: Kept<A>,
}

/// The x of the last `forward`.
#[derive(Debug, Clone)]
enum Kept<A> {
    Dense(Cache<A>),
    Sparse(SparseMatrix<A>),
}

/// What [`Affine::backprop`] gives, each of the shape of what it belongs to.
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

/// Two nodes are equal when their parameters are; what they have cached does not count.
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
            return Err(Error::Shape {
                op: "Affine::new",
                what: "b",
                found: b.shape().to_vec(),
                expected: format!("[{}], as `w` is {:?}", w.ncols(), w.shape()),
            });
        }
        Ok(Self { w, b: row_major(b), packed: OnceLock::new(), x: Kept::Dense(Cache::new()) })
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
        self.packed.take();
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
        let z = self.apply_form(x.form())?;
        self.keep(x.form());
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
        self.apply_form_into(x.form(), z);
        self.keep(x.form());
    }

    /// x·W + b, keeping nothing: what prediction wants.
    ///
    /// # Errors
    ///
    /// If the rows of `x` are not `in` long.
    pub fn apply<'a>(&self, x: impl Into<Input<'a, A>>) -> Result<Array2<A>> {
        self.apply_form(x.into().form())
    }

    fn apply_form(&self, x: Form<'_, A>) -> Result<Array2<A>> {
        let (rows, columns) = x.dim();
        if columns != self.w.nrows() {
            return Err(Error::Shape {
                op: "Affine::forward",
                what: "x",
                found: vec![rows, columns],
                expected: format!("[batch, {}]", self.w.nrows()),
            });
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
        self.apply_form_into(x.into().form(), z);
    }

    #[track_caller]
    fn apply_form_into(&self, x: Form<'_, A>, z: &mut ArrayRef2<A>) {
        match x {
            Form::Dense(x) => affine_into(x, &self.w, &self.b, z),
            Form::Sparse(x) => {
                let expected = [x.len(), self.w.ncols()];
                assert_same_shape("Affine::forward_into", "z", z.shape(), &expected);
                assert_same_shape(
                    "Affine::forward_into",
                    "x",
                    &[x.len(), x.columns()],
                    &[x.len(), self.w.nrows()],
                );
                let packed = self.packed.get_or_init(|| Packed::of(&self.w));
                sparse::multiply(x, packed, &self.b, z);
            }
        }
    }

    fn keep(&mut self, x: Form<'_, A>) {
        match x {
            Form::Dense(x) => {
                // The memory of the last one, where there is some.
                if let Kept::Sparse(_) = self.x {
                    self.x = Kept::Dense(Cache::new());
                }
                if let Kept::Dense(kept) = &mut self.x {
                    kept.store(x.shape(), &elements(x));
                }
            }
            Form::Sparse(x) => self.x = Kept::Sparse(x.to_matrix()),
        }
    }

    /// The derivatives by x, W and b.
    ///
    /// # Errors
    ///
    /// Before `forward`, or if `dz` has not the shape of its output.
    pub fn backprop(&self, dz: &ArrayRef2<A>) -> Result<AffineGradients<A>> {
        let (dw, db) = self.backprop_parameters(dz)?;
        let mut dx = Array2::zeros((dz.nrows(), self.w.nrows()));
        gemm(A::one(), dz, &self.w.t(), A::zero(), &mut dx);
        Ok(AffineGradients { dx, dw, db })
    }

    /// (dW, db) alone: a network's first layer has no use for dx, which costs as much as dW.
    ///
    /// # Errors
    ///
    /// As [`backprop`](Self::backprop).
    pub fn backprop_parameters(&self, dz: &ArrayRef2<A>) -> Result<(Array2<A>, Array1<A>)> {
        let expected = [self.kept_rows()?, self.w.ncols()];
        if dz.shape() != expected {
            return Err(Error::Shape {
                op: "Affine::backprop",
                what: "dz",
                found: dz.shape().to_vec(),
                expected: format!("{expected:?}"),
            });
        }
        let mut dw = Array2::zeros(self.w.raw_dim());
        self.weight_gradient(dz, &mut dw);
        Ok((dw, dz.sum_axis(Axis(0))))
    }

    /// [`backprop`](Self::backprop) into arrays that are there already.
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
        let rows = self.kept_rows()?;
        assert_eq!(db.len(), self.b.len(), "Affine::backprop_into: `db` must be as long as `b`");
        assert_same_shape("Affine::backprop_into", "dz", dz.shape(), &[rows, self.w.ncols()]);
        gemm(A::one(), dz, &self.w.t(), A::zero(), dx);
        self.weight_gradient(dz, dw);
        db.assign(&dz.sum_axis(Axis(0)));
        Ok(())
    }

    /// dW = xᵀ·dz, of the x that is kept.
    #[track_caller]
    fn weight_gradient(&self, dz: &ArrayRef2<A>, dw: &mut ArrayRef2<A>) {
        match &self.x {
            Kept::Dense(x) => {
                let (shape, x) = x.get("Affine").expect("its rows were just counted");
                let x = ArrayView2::from_shape((shape[0], shape[1]), x).expect("kept with its own shape");
                gemm(A::one(), &x.t(), dz, A::zero(), dw);
            }
            Kept::Sparse(x) => {
                assert_same_shape("Affine::backprop_into", "dw", dw.shape(), self.w.shape());
                sparse::transposed_multiply(x.into(), dz, dw);
            }
        }
    }

    /// The rows of the x that is kept.
    fn kept_rows(&self) -> Result<usize> {
        match &self.x {
            Kept::Dense(x) => Ok(x.get("Affine")?.0[0]),
            Kept::Sparse(x) => Ok(x.nrows()),
        }
    }
}

/// z = x·W + b.
///
/// # Panics
///
/// If the shapes do not fit.
#[track_caller]
pub(crate) fn affine_into<A: Float>(
    x: &ArrayRef2<A>,
    w: &ArrayRef2<A>,
    b: &ArrayRef1<A>,
    z: &mut ArrayRef2<A>,
) {
    assert_eq!(z.ncols(), b.len(), "Affine::forward_into: columns of `z` must match columns of `w`");
    let b = elements(b);
    let row = b.len().max(1);
    write_elements(z, |z| {
        each(z, row, |z| z.chunks_exact_mut(row).for_each(|z| z.copy_from_slice(&b)));
    });
    gemm(A::one(), x, w, A::one(), z);
}
