//! [`MatMul`] and [`Linear`]: nodes whose products BLAS makes.

use ndarray::{ArrayRefD, ArrayView2, ArrayViewD, ArrayViewMut2, ArrayViewMutD, Ix1, Ix2};

use super::{Derivatives, Node, Values};
use crate::Float;
use crate::ops::{affine, matmul};

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
        matmul::into(&x, &y, &mut matrix_mut(z.view_mut()));
    }

    fn backprop(
        &mut self,
        inputs: Values<'_, A>,
        _: &ArrayRefD<A>,
        dz: &ArrayRefD<A>,
        derivatives: &mut Derivatives<'_, A>,
    ) {
        product_backprop(inputs, dz, derivatives.all_mut());
    }
}

/// z = x·W + b, for x `[n, in]`, W `[in, out]` and b `[out]`: dx = dz·Wᵀ, dW = xᵀ·dz, db = Σ rows of dz.
///
/// Unlike the node [`Affine`](crate::nodes::Affine), which owns W and b, this one takes them as inputs, as PyTorch's
/// `torch.nn.functional.linear` does.
///
/// ```
/// use blasnet::graph::{Graph, Linear};
/// use ndarray::array;
///
/// let mut graph = Graph::<f64>::builder()
///     .input("x", &[2, 2])
///     .parameter("w", &array![[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]])
///     .parameter("b", &array![0.1, 0.2, 0.3])
///     .node("z", Linear, ["x", "w", "b"])
///     .build()?;
/// graph.set("x", &array![[1.0, 0.5], [-0.4, 0.1]])?;
/// graph.forward()?;
/// let z = array![[0.3, 0.7, 1.1], [0.08, 0.12, 0.16]].into_dyn();
/// assert!(graph.value("z")?.abs_diff_eq(&z, 1e-12));
/// # Ok::<(), blasnet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Linear;

impl<A: Float> Node<A> for Linear {
    fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        match *inputs {
            [&[n, width], &[rows, out], &[columns]] if rows == width && columns == out => Ok(vec![n, out]),
            _ => Err("[n, in], [in, out], [out]".into()),
        }
    }

    fn forward(&mut self, inputs: Values<'_, A>, z: &mut ArrayRefD<A>) {
        let [x, w, b] = inputs.all();
        let b = b.into_dimensionality::<Ix1>().expect("checked by `output_shape`");
        affine::into(&matrix(x), &matrix(w), &b, &mut matrix_mut(z.view_mut()));
    }

    fn backprop(
        &mut self,
        inputs: Values<'_, A>,
        _: &ArrayRefD<A>,
        dz: &ArrayRefD<A>,
        derivatives: &mut Derivatives<'_, A>,
    ) {
        let [dx, dw, db] = derivatives.all_mut();
        product_backprop(inputs, dz, [dx, dw]);
        if let Some(db) = db {
            let mut db = db.into_dimensionality::<Ix1>().expect("checked by `output_shape`");
            affine::backprop_bias(&matrix(dz.view()), &mut db);
        }
    }
}

/// The derivatives by the first two inputs, a product's factors, where they are wanted.
fn product_backprop<A: Float>(
    inputs: Values<'_, A>,
    dz: &ArrayRefD<A>,
    [dx, dy]: [Option<ArrayViewMutD<'_, A>>; 2],
) {
    let dz = matrix(dz.view());
    if let Some(dx) = dx {
        matmul::backprop_left(&dz, &matrix(inputs.get(1)), &mut matrix_mut(dx));
    }
    if let Some(dy) = dy {
        matmul::backprop_right(&matrix(inputs.get(0)), &dz, &mut matrix_mut(dy));
    }
}

fn matrix<A>(x: ArrayViewD<'_, A>) -> ArrayView2<'_, A> {
    x.into_dimensionality::<Ix2>().expect("checked by `output_shape`")
}

fn matrix_mut<A>(x: ArrayViewMutD<'_, A>) -> ArrayViewMut2<'_, A> {
    x.into_dimensionality::<Ix2>().expect("checked by `output_shape`")
}
