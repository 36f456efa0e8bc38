//! [`Weights`]: the parameters of a chain of affine layers, in one slice.

use ndarray::{ArrayView1, ArrayView2, ArrayViewD, ArrayViewMut1, ArrayViewMut2};

use crate::compute::aligned::Aligned;
use crate::error::finite::check_finite_arrays;
use crate::{Error, Float, Layout, Result};

/// W1, b1, W2, b2 and so on, one behind the other: what an optimiser goes through in one pass.
#[derive(Debug, Clone)]
pub(crate) struct Weights<A> {
    values: Aligned<A>,
    shape: Shape,
}

/// The widths of a chain of layers, and where each one's parameters lie.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// `[in, hidden…, out]`.
    sizes: Vec<usize>,
    layout: Layout,
}

/// The parameters of one layer, `w: [in, out]` and `b: [out]`, to be changed.
pub(crate) struct LayerMut<'a, A> {
    pub(crate) w: ArrayViewMut2<'a, A>,
    pub(crate) b: ArrayViewMut1<'a, A>,
}

impl Shape {
    /// At least two sizes; their products do not overflow.
    pub(crate) fn new(sizes: Vec<usize>) -> Self {
        let layers = sizes.windows(2).enumerate();
        let arrays = layers.flat_map(|(layer, size)| {
            [(format!("w{}", layer + 1), size.to_vec()), (format!("b{}", layer + 1), size[1..].to_vec())]
        });
        let layout = Layout::new(arrays);
        Self { sizes, layout }
    }

    pub(crate) fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// Names and shapes: `w1`, `b1`, `w2` and so on.
    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The arrays that lie in `values`, by their names.
    pub(crate) fn arrays<'a, A>(
        &'a self,
        values: &'a [A],
    ) -> impl Iterator<Item = (&'a str, ArrayViewD<'a, A>)> {
        self.layout.arrays().map(|(name, shape, elements)| {
            (
                name,
                ArrayViewD::from_shape(shape, &values[elements]).expect("as many elements as the shape has"),
            )
        })
    }

    pub(crate) fn layers(&self) -> usize {
        self.sizes.len() - 1
    }

    /// Rows and columns of a layer's weights.
    fn dim(&self, layer: usize) -> (usize, usize) {
        (self.sizes[layer], self.sizes[layer + 1])
    }

    /// Parameters that lie before a layer's.
    fn start(&self, layer: usize) -> usize {
        (0..layer).map(|layer| self.dim(layer)).map(|(inputs, outputs)| (inputs + 1) * outputs).sum()
    }

    fn layer<'a, A>(&self, values: &'a [A], layer: usize) -> (ArrayView2<'a, A>, ArrayView1<'a, A>) {
        let (inputs, outputs) = self.dim(layer);
        let start = self.start(layer);
        let (w, b) = values[start..start + (inputs + 1) * outputs].split_at(inputs * outputs);
        (
            ArrayView2::from_shape((inputs, outputs), w).expect("cut to this shape"),
            ArrayView1::from_shape(outputs, b).expect("cut to this shape"),
        )
    }

    /// A layer and, unless it is the last, the next.
    pub(crate) fn layer_and_next<'a, A>(
        &self,
        values: &'a mut [A],
        layer: usize,
    ) -> (LayerMut<'a, A>, Option<LayerMut<'a, A>>) {
        let (before, next) = values.split_at_mut(self.start(layer + 1));
        let first = self.cut(&mut before[self.start(layer)..], layer);
        (first, (layer + 1 < self.layers()).then(|| self.cut(next, layer + 1)))
    }

    /// A layer, whose parameters are the first of `values`.
    fn cut<'a, A>(&self, values: &'a mut [A], layer: usize) -> LayerMut<'a, A> {
        let (inputs, outputs) = self.dim(layer);
        let (w, b) = values[..(inputs + 1) * outputs].split_at_mut(inputs * outputs);
        LayerMut {
            w: ArrayViewMut2::from_shape((inputs, outputs), w).expect("cut to this shape"),
            b: ArrayViewMut1::from_shape(outputs, b).expect("cut to this shape"),
        }
    }
}

impl<A: Float> Weights<A> {
    pub(crate) fn zeros(shape: Shape) -> Self {
        Self { values: Aligned::zeros(shape.layout.len()), shape }
    }

    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }

    pub(crate) fn sizes(&self) -> &[usize] {
        &self.shape.sizes
    }

    pub(crate) fn values(&self) -> &[A] {
        &self.values
    }

    /// Makes these the parameters, if they are as many and finite.
    pub(crate) fn set_values(&mut self, op: &'static str, values: &[A]) -> Result<()> {
        if values.len() != self.values.len() {
            let (what, found) = ("values", vec![values.len()]);
            let expected = format!("[{}], the parameters of {:?}", self.values.len(), self.sizes());
            return Err(Error::Shape { op, what, found, expected });
        }
        check_finite_arrays(op, self.shape.arrays(values))?;
        self.values.copy_from_slice(values);
        Ok(())
    }

    /// By their names.
    pub(crate) fn arrays(&self) -> impl Iterator<Item = (&str, ArrayViewD<'_, A>)> {
        self.shape.arrays(&self.values)
    }

    pub(crate) fn shape_and_values(&mut self) -> (&Shape, &mut [A]) {
        (&self.shape, &mut self.values)
    }

    /// `w: [in, out]` and `b: [out]` of a layer, the first being 0.
    pub(crate) fn layer(&self, layer: usize) -> (ArrayView2<'_, A>, ArrayView1<'_, A>) {
        self.shape.layer(&self.values, layer)
    }

    pub(crate) fn layer_mut(&mut self, layer: usize) -> LayerMut<'_, A> {
        self.shape.layer_and_next(&mut self.values, layer).0
    }
}
