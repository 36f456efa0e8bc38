//! z = x·W + b.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, ArrayView2, Axis};

use super::cache::Cache;
use crate::flat::{elements, row_major, write_elements};
use crate::linalg::gemm;
use crate::parallel::each;
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
    x: Cache<A>,
}

/// What [`Affine::backprop`] gives, each of the shape of what it belongs to.
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
        Ok(Self { w, b: row_major(b), x: Cache::new() })
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
    pub fn forward(&mut self, x: &ArrayRef2<A>) -> Result<Array2<A>> {
        let z = self.apply(x)?;
        self.keep(x);
        Ok(z)
    }

    /// [`forward`](Self::forward) into `z`.
    ///
    /// # Panics
    ///
    /// If the shapes do not fit.
    #[track_caller]
    pub fn forward_into(&mut self, x: &ArrayRef2<A>, z: &mut ArrayRef2<A>) {
        self.apply_into(x, z);
        self.keep(x);
    }

    /// x·W + b, keeping nothing: what prediction wants.
    ///
    /// # Errors
    ///
    /// If the rows of `x` are not `in` long.
    pub fn apply(&self, x: &ArrayRef2<A>) -> Result<Array2<A>> {
        if x.ncols() != self.w.nrows() {
            return Err(Error::Shape {
                op: "Affine::forward",
                what: "x",
                found: x.shape().to_vec(),
                expected: format!("[batch, {}]", self.w.nrows()),
            });
        }
        let mut z = Array2::zeros((x.nrows(), self.w.ncols()));
        self.apply_into(x, &mut z);
        Ok(z)
    }

    /// [`apply`](Self::apply) into `z`.
    ///
    /// # Panics
    ///
    /// If the shapes do not fit.
    #[track_caller]
    pub fn apply_into(&self, x: &ArrayRef2<A>, z: &mut ArrayRef2<A>) {
        assert_eq!(z.ncols(), self.b.len(), "Affine::forward_into: columns of `z` must match columns of `w`");
        let b = self.b.as_slice().expect("contiguous since `new`");
        let row = b.len().max(1);
        write_elements(z, |z| {
            each(z, row, |z| z.chunks_exact_mut(row).for_each(|z| z.copy_from_slice(b)));
        });
        gemm(A::one(), x, &self.w, A::one(), z);
    }

    fn keep(&mut self, x: &ArrayRef2<A>) {
        self.x.store(x.shape(), &elements(x));
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
        let x = self.input()?;
        let expected = [x.nrows(), self.w.ncols()];
        if dz.shape() != expected {
            return Err(Error::Shape {
                op: "Affine::backprop",
                what: "dz",
                found: dz.shape().to_vec(),
                expected: format!("{expected:?}"),
            });
        }
        let mut dw = Array2::zeros(self.w.raw_dim());
        gemm(A::one(), &x.t(), dz, A::zero(), &mut dw);
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
        let x = self.input()?;
        assert_eq!(db.len(), self.b.len(), "Affine::backprop_into: `db` must be as long as `b`");
        gemm(A::one(), dz, &self.w.t(), A::zero(), dx);
        gemm(A::one(), &x.t(), dz, A::zero(), dw);
        db.assign(&dz.sum_axis(Axis(0)));
        Ok(())
    }

    /// The cached x.
    fn input(&self) -> Result<ArrayView2<'_, A>> {
        let (shape, x) = self.x.get("Affine")?;
        Ok(ArrayView2::from_shape((shape[0], shape[1]), x).expect("kept with its own shape"))
    }
}
