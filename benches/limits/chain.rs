//! A chain of affine layers with ReLU between them: the products of its training step, and what a step should do.

use ndarray::{Array1, Array2, ArrayRef, ArrayViewD, Axis, Dimension, Ix1, Ix2};

use crate::common::random;
use crate::products::Products;
use crate::raw::{Product, Real};

pub fn name<A: Real>(batch: usize, sizes: &[usize]) -> String {
    let sizes: Vec<_> = sizes.iter().map(usize::to_string).collect();
    format!("{} {batch}x{}", A::NAME, sizes.join("x"))
}

/// The products of a step: forward, back, and the gradients, taken off the weights at once. The first layer's dx
/// is not among them, as nobody needs it.
pub fn products<A: Real>(batch: usize, sizes: &[usize]) -> Products<A> {
    // Too small to lead the weights anywhere in all the steps that are timed.
    const RATE: f64 = 1e-7;
    let draw = |rows, columns, scale: f64, seed| -> Vec<A> {
        random::<A>(rows, columns, seed).into_iter().map(|x| x * A::of(scale)).collect()
    };
    let layers = sizes.len() - 1;
    let weights = (0..layers).map(|layer| draw(sizes[layer], sizes[layer + 1], 0.1, 2 + layer as u64));
    let outputs = sizes[1..].iter().map(|&width| vec![A::zero(); batch * width]);
    let derivatives = sizes[1..].iter().map(|&width| draw(batch, width, 0.1, 9));
    // x and each layer's output, then the weights, then the derivatives by each layer's output.
    let arrays = [draw(batch, sizes[0], 1.0, 1)].into_iter().chain(outputs).chain(weights).chain(derivatives);
    let (weights, derivatives) = (layers + 1, 2 * layers + 1);

    let mut products = Products::new(arrays.collect());
    for layer in 0..layers {
        let forward = Product::new(batch, sizes[layer], sizes[layer + 1]);
        products = products.then(forward, [layer, weights + layer, layer + 1]);
    }
    for layer in (0..layers).rev() {
        let (w, dz) = (weights + layer, derivatives + layer);
        if layer > 0 {
            let back = Product::new(batch, sizes[layer + 1], sizes[layer]).b_transposed();
            products = products.then(back, [dz, w, dz - 1]);
        }
        let gradient = Product::new(sizes[layer], batch, sizes[layer + 1]).a_transposed().descending(RATE);
        products = products.then(gradient, [layer, dz, w]);
    }
    products
}

/// Weights and biases of each layer, in f64.
pub type Layers = Vec<(Array2<f64>, Array1<f64>)>;

/// A network's parameters, which come as w1, b1, w2 and so on.
pub fn layers<'a, A: Real>(parameters: impl IntoIterator<Item = (&'a str, ArrayViewD<'a, A>)>) -> Layers {
    let mut arrays = parameters.into_iter().map(|(_, values)| values.mapv(A::as_f64));
    let mut layers = Layers::new();
    while let (Some(w), Some(b)) = (arrays.next(), arrays.next()) {
        let w = w.into_dimensionality::<Ix2>().expect("weights come first");
        layers.push((w, b.into_dimensionality::<Ix1>().expect("biases come second")));
    }
    layers
}

/// Panics unless a step's loss and update, which `step` gives, are what plain f64 says; at a rate at which an update
/// is seen.
pub fn assert_step<A: Real>(
    before: &Layers,
    x: &Array2<A>,
    t: &Array2<A>,
    step: impl FnOnce(f64) -> (f64, Layers),
) {
    let rate = 1e-2 / x.nrows() as f64;
    let (loss, found) = step(rate);
    let (expected_loss, expected) = reference(before, x, t, rate);
    assert!((loss - expected_loss).abs() <= 1e-5 * expected_loss, "loss {loss}, expected {expected_loss}");
    for ((before, found), expected) in before.iter().zip(&found).zip(&expected) {
        assert_same_update::<A, _>(&before.0, &found.0, &expected.0);
        assert_same_update::<A, _>(&before.1, &found.1, &expected.1);
    }
}

/// Panics unless both updates are the same as a whole. Element by element they need not be: among a million
/// hidden units one is so near 0 that ReLU lets it pass in f64 and not in f32.
#[track_caller]
fn assert_same_update<A: Real, D: Dimension>(
    before: &ArrayRef<f64, D>,
    found: &ArrayRef<f64, D>,
    expected: &ArrayRef<f64, D>,
) {
    let norm = |x: &ArrayRef<f64, D>| {
        x.iter().zip(expected).map(|(x, expected)| (x - expected).powi(2)).sum::<f64>().sqrt()
    };
    let tolerance = if size_of::<A>() == 4 { 1e-2 } else { 1e-9 };
    let (error, update) = (norm(found), norm(before));
    assert!(error <= tolerance * update, "an update of {update} is off by {error}");
}

/// The loss, and the parameters after a step on the sum, by ndarray's own products in f64.
fn reference<A: Real>(before: &Layers, x: &Array2<A>, t: &Array2<A>, rate: f64) -> (f64, Layers) {
    let t = t.mapv(A::as_f64);
    let mut h = vec![x.mapv(A::as_f64)];
    for (layer, (w, b)) in before.iter().enumerate() {
        let z = h[layer].dot(w) + b;
        h.push(if layer + 1 < before.len() { z.mapv(|z| z.max(0.0)) } else { z });
    }
    let mut y = h[before.len()].mapv(f64::exp);
    for mut row in y.rows_mut() {
        let sum = row.sum();
        row /= sum;
    }
    let loss = -(&t * &y.mapv(f64::ln)).sum() / x.nrows() as f64;

    let mut after = before.clone();
    let mut dz = (y - t) * rate;
    for layer in (0..before.len()).rev() {
        let (w, b) = &mut after[layer];
        *w -= &h[layer].t().dot(&dz);
        *b -= &dz.sum_axis(Axis(0));
        dz = dz.dot(&before[layer].0.t()) * h[layer].mapv(|h| if h > 0.0 { 1.0 } else { 0.0 });
    }
    (loss, after)
}
