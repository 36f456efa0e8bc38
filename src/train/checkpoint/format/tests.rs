use rand::SeedableRng;
use rand::rngs::{Xoshiro128PlusPlus, Xoshiro256PlusPlus};

use super::*;
use crate::train::{Run, Trainer};
use crate::{Activation, Adam, Dataset, Loss, Mlp};

type Generator = Xoshiro256PlusPlus;

/// Of a small network in the middle of an epoch, with all that a file can have.
fn small() -> Checkpoint<f32, Generator> {
    let data = Dataset::new(ndarray::array![[255, 0], [0, 255], [0, 255]], vec![0, 1, 1], 2).unwrap();
    let mut rng = Generator::seed_from_u64(1);
    let builder = Mlp::builder(2).hidden(1, Activation::Relu).dropout(0.5);
    let mut network = builder.output(2, Loss::SoftmaxCrossEntropy).build(&mut rng).unwrap();
    let mut adam = Adam::new(0.1);
    let outcome = Trainer::new(&mut network, &mut adam, &data)
        .epochs(2)
        .batch(1)
        .validate(&data)
        .on_step(|step| match step.number {
            3 => std::ops::ControlFlow::Break(()),
            _ => std::ops::ControlFlow::Continue(()),
        })
        .run(&mut rng)
        .unwrap();
    let run = Run { network: &network, optimizer: &adam, position: &outcome.position };
    Checkpoint::of(&run, BTreeMap::from([("seed".into(), "1\n\"ü\"".into())])).unwrap()
}

fn bytes() -> Vec<u8> {
    to_bytes(&small()).unwrap()
}

fn read(bytes: &[u8]) -> Result<Checkpoint<f32, Generator>, Problem> {
    from_bytes(bytes)
}

/// The same file with another text in its metadata, and with the checksum of that.
fn with(name: &str, value: &str) -> Vec<u8> {
    let bytes = bytes();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let mut about: BTreeMap<String, String> = header.metadata().clone().unwrap().into_iter().collect();
    about.remove("checksum");
    about.insert(name.into(), value.into());
    let mut tensors = file.tensors();
    tensors.sort_by(|(a, _), (b, _)| a.cmp(b));
    let checksum = checksum(&about, tensors.iter().map(|(name, view)| (&**name, view)));
    about.insert("checksum".into(), checksum);
    safetensors::serialize(tensors, Some(about.into_iter().collect())).unwrap()
}

#[track_caller]
fn is_foreign<A: Float, R: DeserializeOwned>(bytes: &[u8], says: &[&str]) {
    match from_bytes::<A, R>(bytes) {
        Err(Problem::Foreign(text)) => {
            says.iter().for_each(|says| assert!(text.contains(says), "`{says}` expected: {text}"));
        }
        Err(Problem::Damaged(text)) => panic!("damaged: {text}"),
        Ok(_) => panic!("it was read"),
    }
}

#[test]
fn all_comes_back() {
    let (written, read) = (small(), read(&bytes()).unwrap());
    assert_eq!(read.position, written.position);
    assert_eq!((read.position.steps(), read.position.history().epochs.len()), (4, 1));
    assert_eq!((read.settings, read.layout, read.masks), (written.settings, written.layout, written.masks));
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&read.values), bits(&written.values));
    assert_eq!(format!("{:?}", read.memory), format!("{:?}", written.memory));
}

#[test]
fn a_file_that_ends_anywhere_is_damaged() {
    let bytes = bytes();
    for length in 0..bytes.len() {
        assert!(matches!(read(&bytes[..length]), Err(Problem::Damaged(_))), "{length} of {}", bytes.len());
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(matches!(read(&longer), Err(Problem::Damaged(_))));
}

/// Damaged, and not another program's or a newer one's: then the checkpoint before would not be gone on from.
#[test]
fn a_file_with_any_bit_flipped_is_damaged() {
    let mut bytes = bytes();
    for bit in 0..8 * bytes.len() {
        let flip = |bytes: &mut [u8]| bytes[bit / 8] ^= 1 << (bit % 8);
        flip(&mut bytes);
        assert!(matches!(read(&bytes), Err(Problem::Damaged(_))), "bit {} of byte {}", bit % 8, bit / 8);
        flip(&mut bytes);
    }
    assert!(read(&bytes).is_ok());
}

#[test]
fn a_whole_file_that_this_program_cannot_read_says_so() {
    let newer = ["is of format version 2, and this blasnet reads 1", "go on with the blasnet that wrote it"];
    is_foreign::<f32, Generator>(&with("format_version", "2"), &newer);
    is_foreign::<f32, Generator>(&with("format_version", "x"), &["`format_version` is `x`"]);
    is_foreign::<f32, Generator>(&with("order", "backwards"), &["order is `backwards`", "drawn or shuffled"]);
    is_foreign::<f32, Generator>(&with("steps", "-1"), &["`steps` is `-1`"]);
    is_foreign::<f32, Generator>(&with("dropout_masks", "3"), &["`dropout_masks` is `3`", "two numbers"]);
    is_foreign::<f32, Generator>(&with("history", "1 2\n"), &["a line of 2 numbers, expected 3 or 5"]);
    is_foreign::<f32, Generator>(&with("parameters", "w1 w9"), &["no tensor `parameter.w9`"]);
    is_foreign::<f64, Generator>(&bytes(), &["is F32, expected F64"]);
    is_foreign::<f32, Xoshiro128PlusPlus>(&bytes(), &["its generator is none of this kind"]);
    let model = safetensors::serialize(
        [("w1", SafeTensors::deserialize(&bytes()).unwrap().tensors()[0].1.clone())],
        None,
    );
    is_foreign::<f32, Generator>(&model.unwrap(), &["is no checkpoint of blasnet"]);
}
