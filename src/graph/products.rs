//! [`MatMul`] and [`Affine`]: nodes whose products BLAS makes.

use ndarray::{ArrayRefD, ArrayView2, ArrayViewD, ArrayViewMut2, ArrayViewMutD, Ix1, Ix2};

use super::elementwise::{slice, slice_mut};
use super::{Gradients, Node, Values};
use crate::Float;
use crate::compute::kernels;
use crate::compute::linalg::gemm;
use crate::nodes::affine_into;

/// The product of matrices, z = x·y, for x `[m, k]` and y `[k, n]`: dx = dz·yᵀ, dy = xᵀ·dz.
///
/// ```
/// use blasnet::graph::{Graph, MatMul};
/// use ndarray::array;
///
/// let mut graph = Graph::<f64>::builder()
///     .input("x", &[1, 2])
///     .parameter("w", &array![[3.0], [4.0]])
///     .node("z", MatMul, ["x", "w"])
///     .build()?;
/// graph.set("x", &array![[1.0, 2.0]])?;
/// graph.forward()?;
/// graph.backprop("z")?;
/// assert_eq!(graph.value("z")?, array![[11.0]].into_dyn());
/// assert_eq!(graph.gradient("w")?, array![[1.0], [2.0]].into_dyn());
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MatMul;

impl<A: Float> Node<A> for MatMul {
    fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        match *inputs {
            [&[m, k], &[rows, n]] if rows == k => Ok(vec![m, n]),
            _ => Err("[m, k], [k, n]".into()),
        }
    }

    fn forward(&mut self, inputs: Values<'_, A>, z: &mut ArrayRefD<A>) {
        let [x, y] = inputs.all().map(matrix);
        gemm(A::one(), &x, &y, A::zero(), &mut matrix_mut(z.view_mut()));
    }

    fn backprop(
        &mut self,
        inputs: Values<'_, A>,
        _: &ArrayRefD<A>,
        dz: &ArrayRefD<A>,
        gradients: &mut Gradients<'_, A>,
    ) {
        let [x, y] = inputs.all().map(matrix);
        let [dx, dy] = gradients.all_mut();
        product_backprop(&x, &y, dz, dx, dy);
    }
}

/// z = x·W + b, for x `[n, in]`, W `[in, out]` and b `[out]`: dx = dz·Wᵀ, dW = xᵀ·dz, db = Σ rows of dz.
///
/// [`nodes::Affine`](crate::nodes::Affine) has W and b in itself; here they are values of the graph.
///
/// ```
/// use blasnet::graph::{Affine, Graph};
/// use ndarray::array;
///
/// let mut graph = Graph::<f64>::builder()
///     .input("x", &[2, 2])
///     .parameter("w", &array![[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]])
///     .parameter("b", &array![0.1, 0.2, 0.3])
///     .node("z", Affine, ["x", "w", "b"])
///     .build()?;
/// graph.set("x", &array![[1.0, 0.5], [-0.4, 0.1]])?;
/// graph.forward()?;
/// let z = array![[0.3, 0.7, 1.1], [0.08, 0.12, 0.16]].into_dyn();
/// assert!(graph.value("z")?.abs_diff_eq(&z, 1e-12));
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Affine;

impl<A: Float> Node<A> for Affine {
    fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        match *inputs {
            [&[n, width], &[rows, out], &[columns]] if rows == width && columns == out => Ok(vec![n, out]),
            _ => Err("[n, in], [in, out], [out]".into()),
        }
    }

    fn forward(&mut self, inputs: Values<'_, A>, z: &mut ArrayRefD<A>) {
        let [x, w, b] = inputs.all();
        let b = b.into_dimensionality::<Ix1>().expect("checked by `output_shape`");
        affine_into(&matrix(x), &matrix(w), &b, &mut matrix_mut(z.view_mut()));
    }

    fn backprop(
        &mut self,
        inputs: Values<'_, A>,
        _: &ArrayRefD<A>,
        dz: &ArrayRefD<A>,
        gradients: &mut Gradients<'_, A>,
    ) {
        let [dx, dw, db] = gradients.all_mut();
        product_backprop(&matrix(inputs.get(0)), &matrix(inputs.get(1)), dz, dx, dw);
        if let Some(mut db) = db {
            let db = slice_mut(&mut db);
            db.fill(A::zero());
            for dz in slice(dz).chunks_exact(db.len().max(1)) {
                kernels::accumulate(dz, db);
            }
        }
    }
}

/// dx = dz·yᵀ and dy = xᵀ·dz, where they are wanted.
fn product_backprop<A: Float>(
    x: &ArrayView2<'_, A>,
    y: &ArrayView2<'_, A>,
    dz: &ArrayRefD<A>,
    dx: Option<ArrayViewMutD<'_, A>>,
    dy: Option<ArrayViewMutD<'_, A>>,
) {
    let dz = matrix(dz.view());
    if let Some(dx) = dx {
        gemm(A::one(), &dz, &y.t(), A::zero(), &mut matrix_mut(dx));
    }
    if let Some(dy) = dy {
        gemm(A::one(), &x.t(), &dz, A::zero(), &mut matrix_mut(dy));
    }
}

fn matrix<A>(x: ArrayViewD<'_, A>) -> ArrayView2<'_, A> {
    x.into_dimensionality::<Ix2>().expect("checked by `output_shape`")
}

fn matrix_mut<A>(x: ArrayViewMutD<'_, A>) -> ArrayViewMut2<'_, A> {
    x.into_dimensionality::<Ix2>().expect("checked by `output_shape`")
}
