//! [`Store`]: a network's parameters, layer by layer, and for plain descent on sparse input in a form of its own.

use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use ndarray::{ArrayView1, ArrayView2, ArrayViewD, ArrayViewMut2, s};

use super::shape::{First, ParametersMut, Shape};
use crate::compute::aligned::Aligned;
use crate::compute::kernels::{Isa, columns_of_block};
use crate::error::finite::check_finite_values;
use crate::sparse::blocks;
use crate::{Error, Float, Result};

/// All parameters: W1, b1, W2, b2 and so on, one after the other, which an optimiser goes through in one pass and all
/// others read; or W1 in blocks of columns, in which threads do not share cache lines, and the rest as it is there.
///
/// At least one form is there. Reading the other makes it of that; changing one outdates the other, whose memory is kept.
/// A run of plain descent on sparse input thus converts once, at its beginning, and when its results are read.
#[derive(Debug, Clone)]
pub(crate) struct Store<A> {
    shape: Shape,
    rows: Version<Aligned<A>>,
    blocks: Version<Blocks<A>>,
}

/// The parameters with W1 in blocks.
#[derive(Debug, Clone)]
struct Blocks<A> {
    isa: Isa,
    /// `[in, block]` each; the last is filled up with zeros, to which nothing is ever added.
    w1: Vec<Aligned<A>>,
    rest: Aligned<A>,
}

const ONE_IS_THERE: &str = "one of the forms is there at any time";

impl<A: Float> Store<A> {
    pub(crate) fn zeros(shape: Shape) -> Self {
        let rows = Version::of(Aligned::zeros(shape.layout().len()));
        Self { shape, rows, blocks: Version::none() }
    }

    pub(crate) fn shape(&self) -> &Shape {
        &self.shape
    }

    /// All parameters, laid out by the shape.
    pub(crate) fn values(&self) -> &[A] {
        self.rows.get_or_make(|old| {
            let blocks = self.blocks.get().expect(ONE_IS_THERE);
            let mut values = old.unwrap_or_else(|| Aligned::zeros(self.shape.layout().len()));
            blocks.write(&self.shape, &mut values);
            values
        })
    }

    /// The shape, and all parameters to be changed.
    pub(crate) fn shape_and_values(&mut self) -> (&Shape, &mut [A]) {
        self.values();
        self.blocks.outdate();
        (&self.shape, self.rows.get_mut().expect(ONE_IS_THERE))
    }

    /// The shape, and the parameters to be changed with W1 in blocks.
    pub(crate) fn shape_and_blocks(&mut self) -> (&Shape, ParametersMut<'_, A>) {
        let isa = Isa::best();
        if self.blocks.get().is_some_and(|blocks| blocks.isa != isa) {
            self.values();
            self.blocks = Version::none();
        }
        self.blocks.get_or_make(|old| {
            let mut blocks = old.unwrap_or_else(|| Blocks::zeros(isa, &self.shape));
            blocks.read(&self.shape, self.rows.get().expect(ONE_IS_THERE));
            blocks
        });
        self.rows.outdate();
        let Blocks { w1, rest, .. } = self.blocks.get_mut().expect(ONE_IS_THERE);
        (&self.shape, ParametersMut { w1: First::Blocks(w1), rest })
    }

    /// Makes these the parameters, if they are as many and finite.
    pub(crate) fn set_values(&mut self, op: &'static str, values: &[A]) -> Result<()> {
        let expected = self.shape.layout().len();
        if values.len() != expected {
            let expected = format!("[{expected}], the parameters of {:?}", self.shape.sizes());
            return Err(Error::Shape { op, what: "values", found: vec![values.len()], expected });
        }
        check_finite_values(op, self.shape.layout(), values)?;
        self.blocks.outdate();
        let zeros = || Aligned::zeros(values.len());
        self.rows.get_or_make(|old| old.unwrap_or_else(zeros));
        self.rows.get_mut().expect(ONE_IS_THERE).copy_from_slice(values);
        Ok(())
    }

    /// By their names.
    pub(crate) fn arrays(&self) -> impl Iterator<Item = (&str, ArrayViewD<'_, A>)> {
        self.shape.arrays(self.values())
    }

    /// `w: [in, out]` and `b: [out]` of a layer, the first being 0.
    pub(crate) fn layer(&self, layer: usize) -> (ArrayView2<'_, A>, ArrayView1<'_, A>) {
        self.shape.layer(self.values(), layer)
    }
}

impl<A: Float> Blocks<A> {
    fn zeros(isa: Isa, shape: &Shape) -> Self {
        let (inputs, units) = shape.dim(0);
        let block = |columns: std::ops::Range<usize>| {
            Aligned::zeros(inputs * columns_of_block::<A>(isa, columns.len()))
        };
        let w1 = blocks::<A>(isa, units).map(block).collect();
        Self { isa, w1, rest: Aligned::zeros(shape.layout().len() - inputs * units) }
    }

    /// Takes over these parameters.
    fn read(&mut self, shape: &Shape, values: &[A]) {
        let (inputs, units) = shape.dim(0);
        let (w1, rest) = values.split_at(inputs * units);
        self.rest.copy_from_slice(rest);
        let w1 = ArrayView2::from_shape((inputs, units), w1).expect("cut to this shape");
        for (block, columns) in self.w1.iter_mut().zip(blocks::<A>(self.isa, units)) {
            let width = block.len() / inputs;
            for (to, from) in block.chunks_exact_mut(width).zip(w1.slice(s![.., columns]).rows()) {
                let from = from.to_slice().expect("a row is contiguous");
                to[..from.len()].copy_from_slice(from);
            }
        }
    }

    /// Hands these parameters over.
    fn write(&self, shape: &Shape, values: &mut [A]) {
        let (inputs, units) = shape.dim(0);
        let (w1, rest) = values.split_at_mut(inputs * units);
        rest.copy_from_slice(&self.rest);
        let mut w1 = ArrayViewMut2::from_shape((inputs, units), w1).expect("cut to this shape");
        for (block, columns) in self.w1.iter().zip(blocks::<A>(self.isa, units)) {
            let mut columns = w1.slice_mut(s![.., columns]);
            for (from, mut to) in block.chunks_exact(block.len() / inputs).zip(columns.rows_mut()) {
                let to = to.as_slice_mut().expect("a row is contiguous");
                to.copy_from_slice(&from[..to.len()]);
            }
        }
    }
}

/// Something that is there, or can be made of something else in the memory that it had.
struct Version<T> {
    current: OnceLock<T>,
    outdated: Mutex<Option<T>>,
}

impl<T> Version<T> {
    const fn none() -> Self {
        Self { current: OnceLock::new(), outdated: Mutex::new(None) }
    }

    fn of(current: T) -> Self {
        Self { current: OnceLock::from(current), outdated: Mutex::new(None) }
    }

    fn get(&self) -> Option<&T> {
        self.current.get()
    }

    fn get_mut(&mut self) -> Option<&mut T> {
        self.current.get_mut()
    }

    /// What is there, or what `make` makes of the outdated one.
    fn get_or_make(&self, make: impl FnOnce(Option<T>) -> T) -> &T {
        self.current.get_or_init(|| {
            let outdated = self.outdated.lock().unwrap_or_else(PoisonError::into_inner).take();
            make(outdated)
        })
    }

    fn outdate(&mut self) {
        if let Some(current) = self.current.take() {
            *self.outdated.get_mut().unwrap_or_else(PoisonError::into_inner) = Some(current);
        }
    }
}

/// A copy has what is there alone.
impl<T: Clone> Clone for Version<T> {
    fn clone(&self) -> Self {
        Self { current: self.current.clone(), outdated: Mutex::new(None) }
    }
}

impl<T: fmt::Debug> fmt::Debug for Version<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.current.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compute::kernels::on_each_isa;

    /// Parameters come back from blocks, whatever is missing to a whole one, in the memory that they had.
    #[test]
    fn parameters_come_back_from_blocks() {
        on_each_isa(|isa| {
            for sizes in [[1, 1, 1], [3, 127, 2], [4, 128, 1], [5, 129, 7], [7, 300, 3]] {
                let mut store = Store::<f32>::zeros(Shape::new(sizes.to_vec()));
                let values: Vec<f32> = (1..=store.values().len()).map(|k| k as f32).collect();
                store.set_values("test", &values).expect("as many");
                for round in 0..3 {
                    let (shape, ParametersMut { w1, rest }) = store.shape_and_blocks();
                    let (First::Blocks(w1), w1_len) = (w1, shape.dim(0).0 * shape.dim(0).1) else {
                        panic!("asked for blocks");
                    };
                    let places = w1.iter().flat_map(|block| &block[..]).filter(|&&w| w != 0.0).count();
                    assert_eq!(places, w1_len, "{isa:?}: all else is 0");
                    rest[0] += 1.0;
                    w1[0][0] += 1.0;
                    let mut expected = values.clone();
                    expected[0] += (round + 1) as f32;
                    expected[w1_len] += (round + 1) as f32;
                    assert_eq!(store.values(), expected, "{isa:?}, {sizes:?}");
                }
                store.shape_and_values().1[0] = -1.0;
                store.shape_and_blocks();
                assert_eq!(store.clone().values()[0], -1.0);
            }
        });
    }
}
