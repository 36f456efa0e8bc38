//! [`Node`]: a step of a graph's computation, and the [`Values`] and [`Derivatives`] that the graph hands to it.

use std::array;
use std::fmt;
use std::ops::Range;

use ndarray::{ArrayRefD, ArrayViewD, ArrayViewMutD};

use super::memory::{Memory, Place};
use super::plan::Vertex;
use crate::Float;

/// One step of a computation: a value from other values, and the derivatives by them.
///
/// The graph keeps all values and hands them to `backprop` again, so that a node need not keep its inputs or
/// its output. It adds up derivatives where a value is used more than once. All arrays that it hands out are
/// row-major, so that `as_slice` gives their elements.
///
/// To write your own, implement this trait:
///
/// ```
/// use blasnet::graph::{Derivatives, Graph, Node, Values};
/// use ndarray::{ArrayRefD, Zip, arr0, array};
///
/// /// z = x².
/// #[derive(Debug)]
/// struct Square;
///
/// impl Node<f64> for Square {
///     fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
///         match inputs {
///             [x] => Ok(x.to_vec()),
///             _ => Err("one".into()),
///         }
///     }
///
///     fn forward(&mut self, inputs: Values<'_, f64>, z: &mut ArrayRefD<f64>) {
///         Zip::from(z).and(&inputs.get(0)).for_each(|z, &x| *z = x * x);
///     }
///
///     fn backprop(
///         &mut self,
///         inputs: Values<'_, f64>,
///         _: &ArrayRefD<f64>,
///         dz: &ArrayRefD<f64>,
///         derivatives: &mut Derivatives<'_, f64>,
///     ) {
///         if let Some(mut dx) = derivatives.get_mut(0) {
///             Zip::from(&mut dx).and(dz).and(&inputs.get(0)).for_each(|dx, &dz, &x| *dx = dz * 2.0 * x);
///         }
///     }
/// }
///
/// let mut graph = Graph::builder().input_with_gradient("x", &[2]).node("z", Square, ["x"]).build()?;
/// graph.set("x", &array![3.0, -1.0])?;
/// graph.forward()?;
/// assert_eq!(graph.value("z")?, array![9.0, 1.0].into_dyn());
/// graph.backprop_from("z", &array![1.0, 10.0])?;
/// assert_eq!(graph.gradient("x")?, array![6.0, -20.0].into_dyn());
/// # Ok::<(), blasnet::Error>(())
/// ```
pub trait Node<A: Float>: fmt::Debug + Send {
    /// The node's name in errors and pictures: that of its type, unless there is more to say.
    fn name(&self) -> String {
        let path = std::any::type_name::<Self>();
        let path = path.split_once('<').map_or(path, |(path, _)| path);
        path.rsplit("::").next().unwrap_or(path).into()
    }

    /// The shape of the output for inputs of these shapes.
    ///
    /// # Errors
    ///
    /// If the node does not take these: what it takes, such as `"two of one shape"`. The graph adds what it was given.
    fn output_shape(&self, inputs: &[&[usize]]) -> Result<Vec<usize>, String>;

    /// Whether there is a derivative by this input. There is none by labels, for example: what only they depend on gets
    /// no gradient from this node.
    fn has_derivative_by(&self, input: usize) -> bool {
        let _ = input;
        true
    }

    /// Sets whether the next passes are for training; at first they are.
    fn set_training(&mut self, training: bool) {
        let _ = training;
    }

    /// Writes the output, whatever it holds before.
    fn forward(&mut self, inputs: Values<'_, A>, output: &mut ArrayRefD<A>);

    /// Writes the derivatives by all inputs for which `derivatives` has an array, whatever it holds before, from
    /// the derivative by the output. Inputs and output are those of the last `forward`.
    fn backprop(
        &mut self,
        inputs: Values<'_, A>,
        output: &ArrayRefD<A>,
        d_output: &ArrayRefD<A>,
        derivatives: &mut Derivatives<'_, A>,
    );
}

/// The values that a node takes, in the order of their names in the declaration.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a, A> {
    pub(super) inputs: &'a [usize],
    pub(super) vertices: &'a [Vertex],
    pub(super) parameters: &'a [A],
    pub(super) others: &'a [A],
}

impl<'a, A: Float> Values<'a, A> {
    /// How many there are.
    #[expect(clippy::len_without_is_empty, reason = "every node has inputs")]
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// One of them; the first is 0.
    ///
    /// # Panics
    ///
    /// If there is no such input.
    #[track_caller]
    pub fn get(&self, input: usize) -> ArrayViewD<'a, A> {
        let vertex = &self.vertices[self.inputs[input]];
        let memory = match vertex.value.memory {
            Memory::Parameters => self.parameters,
            _ => self.others,
        };
        vertex.array(&memory[vertex.value.range()])
    }

    /// All of them.
    ///
    /// # Panics
    ///
    /// If there are not `N`.
    #[track_caller]
    pub fn all<const N: usize>(&self) -> [ArrayViewD<'a, A>; N] {
        assert_eq!(self.len(), N, "Values::all: the node's inputs");
        array::from_fn(|input| self.get(input))
    }

    /// [`all`](Self::all) as slices.
    pub(super) fn slices<const N: usize>(&self) -> [&'a [A]; N] {
        self.all().map(|array| array.to_slice().expect(ROW_MAJOR))
    }
}

/// Where a node writes the derivatives by its inputs, in the same order as [`Values`].
#[derive(Debug)]
pub struct Derivatives<'a, A> {
    pub(super) targets: &'a [Target],
    pub(super) vertices: &'a [Vertex],
    pub(super) parameters: &'a mut [A],
    pub(super) others: &'a mut [A],
    pub(super) scratch: &'a mut [A],
}

/// Where the derivative by an input goes.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) vertex: usize,
    pub(super) place: Option<Place>,
}

impl Target {
    /// Its range, if it lies in this memory; else an empty one.
    fn range_in(&self, memory: Memory) -> Range<usize> {
        match &self.place {
            Some(place) if place.memory == memory => place.range(),
            _ => 0..0,
        }
    }
}

const ROW_MAJOR: &str = "a graph's arrays are row-major";

/// The elements of an array of a graph.
pub(super) fn slice<A>(x: &ArrayRefD<A>) -> &[A] {
    x.as_slice().expect(ROW_MAJOR)
}

/// [`slice`], to be written.
pub(super) fn slice_mut<A>(x: &mut ArrayRefD<A>) -> &mut [A] {
    x.as_slice_mut().expect(ROW_MAJOR)
}

/// In debug builds, fills with NaN what a node will write, so that what it forgets is seen.
pub(super) fn spoil<A: Float>(array: &mut ArrayRefD<A>) {
    if cfg!(debug_assertions) {
        array.fill(A::nan());
    }
}

impl<A: Float> Derivatives<'_, A> {
    pub(super) fn spoil(&mut self) {
        for input in 0..self.len() {
            if let Some(mut array) = self.get_mut(input) {
                spoil(&mut array);
            }
        }
    }

    /// How many inputs there are.
    #[expect(clippy::len_without_is_empty, reason = "every node has inputs")]
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Where the derivative by an input goes; the first is 0. None where nobody needs it: for constants, and
    /// whatever else depends on no parameter, and on no input that has a gradient.
    ///
    /// # Panics
    ///
    /// If there is no such input.
    #[track_caller]
    pub fn get_mut(&mut self, input: usize) -> Option<ArrayViewMutD<'_, A>> {
        let Target { vertex, place } = &self.targets[input];
        let place = place.as_ref()?;
        let memory = match place.memory {
            Memory::Parameters => &mut *self.parameters,
            Memory::Others => &mut *self.others,
            Memory::Scratch => &mut *self.scratch,
        };
        Some(self.vertices[*vertex].array_mut(&mut memory[place.range()]))
    }

    /// [`get_mut`](Self::get_mut) for all inputs at once.
    ///
    /// # Panics
    ///
    /// If there are not `N`.
    #[track_caller]
    pub fn all_mut<const N: usize>(&mut self) -> [Option<ArrayViewMutD<'_, A>>; N] {
        assert_eq!(self.len(), N, "Derivatives::all_mut: the node's inputs");
        let Self { targets, vertices, parameters, others, scratch } = self;
        let mut parameters: [_; N] = cut(parameters, targets, Memory::Parameters);
        let mut others: [_; N] = cut(others, targets, Memory::Others);
        let mut scratch: [_; N] = cut(scratch, targets, Memory::Scratch);
        array::from_fn(|input| {
            let Target { vertex, place } = &targets[input];
            let elements = match place.as_ref()?.memory {
                Memory::Parameters => parameters[input].take(),
                Memory::Others => others[input].take(),
                Memory::Scratch => scratch[input].take(),
            };
            elements.map(|elements| vertices[*vertex].array_mut(elements))
        })
    }

    /// [`all_mut`](Self::all_mut) as slices.
    pub(super) fn slices_mut<const N: usize>(&mut self) -> [Option<&mut [A]>; N] {
        self.all_mut().map(|array| array.map(|array| array.into_slice().expect(ROW_MAJOR)))
    }
}

/// The targets that lie in a memory, each by itself.
fn cut<'a, A, const N: usize>(
    memory: &'a mut [A],
    targets: &[Target],
    which: Memory,
) -> [Option<&'a mut [A]>; N] {
    let ranges: [_; N] = array::from_fn(|input| targets[input].range_in(which));
    memory.get_disjoint_mut(ranges).expect("each has a place of its own").map(Some)
}
