//! [`Shape`]: the widths of a chain of affine layers, and where the parameters of each lie.

use ndarray::{ArrayView1, ArrayView2, ArrayViewD, ArrayViewMut1, ArrayViewMut2};

use crate::Layout;
use crate::compute::aligned::Aligned;

/// The widths of a chain of layers, and where each one's parameters lie.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// `[in, hidden…, out]`.
    sizes: Vec<usize>,
    layout: Layout,
}

/// All parameters, or a gradient by them, to be changed.
#[derive(Debug)]
pub(crate) struct ParametersMut<'a, A> {
    /// The first layer's weights.
    pub(crate) w1: First<'a, A>,
    /// All other parameters, in their order.
    pub(crate) rest: &'a mut [A],
}

/// The first layer's weights, `[in, out]`.
#[derive(Debug)]
pub(crate) enum First<'a, A> {
    Rows(&'a mut [A]),
    /// Blocks of columns; the last may have room for more than there are.
    Blocks(&'a mut [Aligned<A>]),
}

/// The weights of a layer, or of some units of it.
#[derive(Debug)]
pub(crate) enum WeightsMut<'a, A> {
    /// Columns of `[in, out]`.
    Rows(ArrayViewMut2<'a, A>),
    /// Blocks of columns.
    Blocks(&'a mut [Aligned<A>]),
}

/// The parameters of one layer, `w: [in, out]` and `b: [out]`, to be changed.
pub(crate) struct LayerMut<'a, A> {
    pub(crate) w: ArrayViewMut2<'a, A>,
    pub(crate) b: ArrayViewMut1<'a, A>,
}

impl<'a, A> ParametersMut<'a, A> {
    /// Parameters that lie one after the other.
    pub(crate) fn of(shape: &Shape, values: &'a mut [A]) -> Self {
        let (inputs, outputs) = shape.dim(0);
        let (w1, rest) = values.split_at_mut(inputs * outputs);
        Self { w1: First::Rows(w1), rest }
    }

    /// The weights and the biases of a layer, and the next layer if there is one.
    pub(crate) fn layer_and_next(
        &mut self,
        shape: &Shape,
        layer: usize,
    ) -> (WeightsMut<'_, A>, ArrayViewMut1<'_, A>, Option<LayerMut<'_, A>>) {
        let (inputs, outputs) = shape.dim(layer);
        let (w, after) = match (layer, &mut self.w1) {
            (0, First::Rows(w1)) => {
                let w1 = ArrayViewMut2::from_shape((inputs, outputs), w1).expect("cut to this shape");
                (WeightsMut::Rows(w1), &mut *self.rest)
            }
            (0, First::Blocks(w1)) => (WeightsMut::Blocks(w1), &mut *self.rest),
            _ => {
                let first = shape.dim(0);
                let (w, after) =
                    self.rest[shape.start(layer) - first.0 * first.1..].split_at_mut(inputs * outputs);
                let w = ArrayViewMut2::from_shape((inputs, outputs), w).expect("cut to this shape");
                (WeightsMut::Rows(w), after)
            }
        };
        let (b, next) = after.split_at_mut(outputs);
        let b = ArrayViewMut1::from_shape(outputs, b).expect("cut to this shape");
        let next = (layer + 1 < shape.layers()).then(|| shape.cut(next, layer + 1));
        (w, b, next)
    }
}

impl<A> LayerMut<'_, A> {
    /// A layer without outputs.
    pub(crate) fn nothing_after(units: usize) -> Self {
        Self {
            w: ArrayViewMut2::from_shape((units, 0), &mut []).expect("no elements"),
            b: ArrayViewMut1::from_shape(0, &mut []).expect("no elements"),
        }
    }
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
    pub(crate) fn dim(&self, layer: usize) -> (usize, usize) {
        (self.sizes[layer], self.sizes[layer + 1])
    }

    /// Parameters of a layer.
    fn length(&self, layer: usize) -> usize {
        let (inputs, outputs) = self.dim(layer);
        (inputs + 1) * outputs
    }

    /// Parameters that lie before a layer's.
    fn start(&self, layer: usize) -> usize {
        (0..layer).map(|layer| self.length(layer)).sum()
    }

    pub(crate) fn layer<'a, A>(
        &self,
        values: &'a [A],
        layer: usize,
    ) -> (ArrayView2<'a, A>, ArrayView1<'a, A>) {
        let (inputs, outputs) = self.dim(layer);
        let start = self.start(layer);
        let (w, b) = values[start..start + (inputs + 1) * outputs].split_at(inputs * outputs);
        (
            ArrayView2::from_shape((inputs, outputs), w).expect("cut to this shape"),
            ArrayView1::from_shape(outputs, b).expect("cut to this shape"),
        )
    }

    pub(crate) fn layer_mut<'a, A>(&self, values: &'a mut [A], layer: usize) -> LayerMut<'a, A> {
        self.cut(&mut values[self.start(layer)..], layer)
    }

    /// A layer, whose parameters are the first of these.
    fn cut<'a, A>(&self, values: &'a mut [A], layer: usize) -> LayerMut<'a, A> {
        let (inputs, outputs) = self.dim(layer);
        let (w, b) = values[..self.length(layer)].split_at_mut(inputs * outputs);
        LayerMut {
            w: ArrayViewMut2::from_shape((inputs, outputs), w).expect("cut to this shape"),
            b: ArrayViewMut1::from_shape(outputs, b).expect("cut to this shape"),
        }
    }
}
