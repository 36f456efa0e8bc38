//! Add, Multiply, Relu, Sigmoid.

use blasnet::Float;
use blasnet::nodes::{Add, Multiply, Relu, Sigmoid};
use criterion::{Criterion, Throughput};
use ndarray::Array2;

use crate::support::{assert_sampled, at_threads, type_name, uniform};
use crate::{group, tolerance};

/// 10⁴ elements, the hidden activations of the course's batch, 10⁶, and more than any cache holds.
const SHAPES: [[usize; 2]; 4] = [[100, 100], [100, 500], [1000, 1000], [4000, 4000]];

/// Arguments and results of all nodes; those with one input leave `y` and `dy` alone.
struct Arrays<A> {
    x: Array2<A>,
    y: Array2<A>,
    z: Array2<A>,
    dz: Array2<A>,
    dx: Array2<A>,
    dy: Array2<A>,
}

impl<A: Float> Arrays<A> {
    fn new(shape: [usize; 2]) -> Self {
        let draw = |seed| uniform(shape, -4.0, 4.0, seed);
        let zeros = || Array2::zeros(shape);
        Self { x: draw(1), y: draw(2), z: zeros(), dz: draw(3), dx: zeros(), dy: zeros() }
    }

    /// What is not written again is found out.
    fn spoil(&mut self) {
        for result in [&mut self.z, &mut self.dx, &mut self.dy] {
            result.fill(A::nan());
        }
    }
}

trait Node<A>: Send + Sync {
    const NAME: &'static str;
    const INPUTS: usize;
    /// Arrays that forward moves; backprop moves as many in each of these nodes.
    const ARRAYS: usize;

    fn forward(&mut self, arrays: &mut Arrays<A>);
    fn backprop(&self, arrays: &mut Arrays<A>);
    /// z and its derivatives by x and y.
    fn reference(x: f64, y: f64) -> [f64; 3];
}

macro_rules! node {
    ($node:ty, $name:literal, ($($input:ident -> $derivative:ident),*), $arrays:literal, $reference:expr) => {
        impl<A: Float> Node<A> for $node {
            const NAME: &'static str = $name;
            const INPUTS: usize = [$(stringify!($input)),*].len();
            const ARRAYS: usize = $arrays;

            fn forward(&mut self, arrays: &mut Arrays<A>) {
                self.forward_into($(&arrays.$input,)* &mut arrays.z);
            }

            fn backprop(&self, arrays: &mut Arrays<A>) {
                self.backprop_into(&arrays.dz, $(&mut arrays.$derivative),*).expect("forward came first");
            }

            fn reference(x: f64, y: f64) -> [f64; 3] {
                let reference: fn(f64, f64) -> [f64; 3] = $reference;
                reference(x, y)
            }
        }
    };
}
// x, y, z; dz, dx, dy
node!(Add, "add", (x -> dx, y -> dy), 3, |x, y| [x + y, 1.0, 1.0]);
// x, y, z, and x, y kept; dz, x, y, dx, dy
node!(Multiply<A>, "multiply", (x -> dx, y -> dy), 5, |x, y| [x * y, y, x]);
// x, z; dz, dx
node!(Relu, "relu", (x -> dx), 2, |x, _| [x.max(0.0), if x > 0.0 { 1.0 } else { 0.0 }, 0.0]);
// x, z, and z kept; dz, z, dx
node!(Sigmoid<A>, "sigmoid", (x -> dx), 3, |x, _| {
    let z = 1.0 / (1.0 + (-x).exp());
    [z, z * (1.0 - z), 0.0]
});

pub fn bench<A: Float>(criterion: &mut Criterion) {
    for shape in SHAPES {
        let mut arrays = Arrays::<A>::new(shape);
        bench_node(criterion, &mut Add::new(), &mut arrays);
        bench_node(criterion, &mut Multiply::new(), &mut arrays);
        bench_node(criterion, &mut Relu::new(), &mut arrays);
        bench_node(criterion, &mut Sigmoid::new(), &mut arrays);
    }
}

fn bench_node<A: Float, N: Node<A>>(criterion: &mut Criterion, node: &mut N, arrays: &mut Arrays<A>) {
    let [rows, columns] = [arrays.x.nrows(), arrays.x.ncols()];
    let elements = rows * columns;
    let mut group = group(criterion, N::NAME, elements);
    group.throughput(Throughput::Bytes((N::ARRAYS * elements * size_of::<A>()) as u64));
    let id = |direction| format!("{direction}/{}/{rows}x{columns}", type_name::<A>());
    node.forward(arrays);
    at_threads(|threads| {
        arrays.spoil();
        threads.bench(&mut group, &id("forward"), |bencher| {
            bencher.iter(|| node.forward(arrays));
            check_forward::<A, N>(arrays);
        });
        threads.bench(&mut group, &id("backprop"), |bencher| {
            bencher.iter(|| node.backprop(arrays));
            check_backprop::<A, N>(arrays);
        });
    });
    group.finish();
}

fn check_forward<A: Float, N: Node<A>>(arrays: &Arrays<A>) {
    assert_sampled(&arrays.z, tolerance::<A>(1e-6, 1e-14), |row, column| at::<A, N>(arrays, row, column)[0]);
}

fn check_backprop<A: Float, N: Node<A>>(arrays: &Arrays<A>) {
    for (place, d) in [(1, &arrays.dx), (2, &arrays.dy)].into_iter().take(N::INPUTS) {
        assert_sampled(d, tolerance::<A>(1e-6, 1e-14), |row, column| {
            arrays.dz[[row, column]].as_f64() * at::<A, N>(arrays, row, column)[place]
        });
    }
}

fn at<A: Float, N: Node<A>>(arrays: &Arrays<A>, row: usize, column: usize) -> [f64; 3] {
    N::reference(arrays.x[[row, column]].as_f64(), arrays.y[[row, column]].as_f64())
}
