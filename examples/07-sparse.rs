//! Beyond the course: input that is mostly zeros. Short texts as bags of words, without ever being dense.

use std::collections::HashMap;

use blasnet::{NeuralNetwork, Result, SparseMatrix};
use ndarray::Array2;
use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

const TEXTS: [(&str, usize); 8] = [
    ("the oven was hot and the bread was done", 0),
    ("stir the soup and add salt", 0),
    ("bake the cake in a hot oven", 0),
    ("add butter to the bread", 0),
    ("the rocket left the earth behind", 1),
    ("a probe flew past the moon", 1),
    ("the moon hid behind the earth", 1),
    ("a rocket and a probe in orbit", 1),
];

fn main() -> Result<()> {
    let mut words = HashMap::new();
    for (text, _) in TEXTS {
        for word in text.split(' ') {
            let next = words.len();
            words.entry(word).or_insert(next);
        }
    }
    let x = bags(&words, TEXTS.map(|(text, _)| text))?;
    let t =
        Array2::from_shape_fn((TEXTS.len(), 2), |(row, class)| f32::from(u8::from(TEXTS[row].1 == class)));
    println!("{} texts, {} words, {:.0} % of the matrix", x.nrows(), x.ncols(), 100.0 * x.density());

    let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    let mut network = NeuralNetwork::<f32>::new([x.ncols(), 16, 2], &mut rng)?;
    for _ in 0..200 {
        network.sgd(&x, &t, 0.1)?;
    }
    assert_eq!(network.accuracy(&x, &t)?, 1.0);

    // The same function as on a dense array.
    let (sparse, dense) = (network.forward(&x)?, network.forward(&x.to_dense())?);
    assert!(sparse.abs_diff_eq(&dense, 1e-5));

    let new = bags(&words, ["a cake with butter and salt", "the probe left the moon"])?;
    for logits in network.forward(&new)?.rows() {
        println!("{}", if logits[0] > logits[1] { "kitchen" } else { "space" });
    }
    let answers = network.forward(&new)?.map_axis(ndarray::Axis(1), |logits| logits[0] > logits[1]);
    assert_eq!(answers.to_vec(), [true, false]);
    Ok(())
}

/// How often each word occurs in each text; words that are not known are left out.
fn bags<const N: usize>(words: &HashMap<&str, usize>, texts: [&str; N]) -> Result<SparseMatrix<f32>> {
    let (mut starts, mut places, mut counts) = (vec![0], Vec::new(), Vec::new());
    for text in texts {
        let mut bag: Vec<usize> = text.split(' ').filter_map(|word| words.get(word).copied()).collect();
        bag.sort_unstable();
        for same in bag.chunk_by(|a, b| a == b) {
            places.push(same[0]);
            counts.push(same.len() as f32);
        }
        starts.push(places.len());
    }
    SparseMatrix::from_csr([N, words.len()], starts, &places, counts)
}
