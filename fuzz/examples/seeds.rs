//! Writes the seeds: small files that each target accepts, and some that claim a gigabyte and hold none. Those that
//! a fuzzer has found stay.
//!
//! `cargo run --manifest-path fuzz/Cargo.toml --no-default-features --example seeds`

use std::error::Error;
use std::fs;
use std::io::{Cursor, Read, Write};
use std::ops::ControlFlow;
use std::path::Path;

use blasnet::checkpoint::Checkpoints;
use blasnet::model::{Format, Model, Names};
use blasnet::train::{Order, Trainer};
use blasnet::{Activation, Float, Loss, Mlp, Reduction};
use blasnet_fuzz::{Generator, run};
use flate2::Compression;
use flate2::write::GzEncoder;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    idx()?;
    names()?;
    models::<f32>("f32")?;
    models::<f64>("f64")?;
    arrays()?;
    checkpoints::<f32>("f32")?;
    checkpoints::<f64>("f64")
}

fn seed(target: &str, name: &str, bytes: &[u8]) -> Outcome {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    fs::create_dir_all(&folder)?;
    Ok(fs::write(folder.join(name), bytes)?)
}

fn idx() -> Outcome {
    let labels = [0, 0, 8, 1, 0, 0, 0, 5, 5, 0, 4, 1, 9];
    let images = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255];
    for (name, file) in [("labels", &labels[..]), ("images", &images)] {
        seed("idx", name, file)?;
        for (how, level) in [("stored", Compression::none()), ("deflated", Compression::best())] {
            let mut gzip = GzEncoder::new(Vec::new(), level);
            gzip.write_all(file)?;
            seed("idx", &format!("{name}-{how}"), &gzip.finish()?)?;
        }
    }
    seed("idx", "refused-claim", &[0, 0, 8, 3, 0, 0, 0x40, 0, 0, 0, 1, 0, 0, 0, 1, 0, 7])
}

fn names() -> Outcome {
    let activations = ["relu", "leaky-relu", "leaky-relu:-1e-300", "sigmoid", "tanh", "gelu", "identity"];
    let losses = ["softmax-cross-entropy", "mean-squared-error", "binary-cross-entropy"];
    let mut names = activations.into_iter().chain(losses);
    names.try_for_each(|name| seed("names", &name.replace(':', "-"), name.as_bytes()))
}

/// Networks of no, one and two hidden layers.
fn models<A: Float>(kind: &str) -> Outcome {
    let leaky = Activation::LeakyRelu { slope: 0.2 };
    let perceptron = Mlp::builder(2).output(1, Loss::BinaryCrossEntropy);
    let course = Mlp::builder(2).hidden(3, Activation::Relu).output(2, Loss::SoftmaxCrossEntropy);
    let deep = Mlp::builder(1).hidden(2, leaky).dropout(0.5).hidden(1, Activation::Gelu);
    let deep = deep.output(1, Loss::MeanSquaredError).reduction(Reduction::Sum);
    for (name, builder, count) in [("perceptron", perceptron, 3), ("course", course, 17), ("deep", deep, 9)] {
        let values: Vec<A> = (0..count).map(|place| A::of(f64::from(place) / 7.0 - 1.0)).collect();
        let mut model = Model::from(builder.build_with(&values)?);
        model.about.insert("seed".into(), "7".into());
        for (of, names) in [("course", Names::Course), ("torch", Names::Torch)] {
            let name = format!("{name}-{of}-{kind}");
            seed("safetensors", &name, &model.to_bytes(Format::Safetensors, names)?)?;
            let npz = model.to_bytes(Format::Npz, names)?;
            seed("npz", &name, &npz)?;
            seed("npz", &format!("{name}-deflated"), &archive(&files(&npz)?, CompressionMethod::Deflated)?)?;
            seed("npz_arrays", &name, &unpacked(&files(&npz)?))?;
        }
    }
    Ok(())
}

/// What NumPy writes of a network, and what it can be told to.
fn arrays() -> Outcome {
    let array = |descr: &str, fortran: &str, shape: &str, elements: &[u8]| {
        let header = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        let length = (header.len() as u16).to_le_bytes();
        [b"\x93NUMPY\x01\0", &length[..], header.as_bytes(), elements].concat()
    };
    let halves = |count| [0x00, 0x3c].repeat(count);
    let bias = ("b1.npy", array("<f2", "False", "(2,)", &halves(2)));
    let about = ("about.npy", array("<U1", "False", "(2,)", b"a\0\0\0b\0\0\0"));
    let big: Vec<u8> = (0..4).flat_map(|place| f64::from(place).to_be_bytes()).collect();
    let rows = vec![("w1.npy", array("<f2", "False", "(2, 2)", &halves(4))), bias.clone()];
    let columns = vec![("w1.npy", array(">f8", "True", "(2, 2)", &big)), bias, about];
    let claim = vec![("w1.npy", array("<f8", "False", "(2, 50000000)", &[]))];
    for (name, files) in [("halves", rows), ("fortran", columns), ("refused-claim", claim)] {
        let files: Vec<_> = files.into_iter().map(|(name, file)| (name.to_owned(), file)).collect();
        seed("npz", name, &archive(&files, CompressionMethod::Stored)?)?;
        seed("npz", &format!("{name}-deflated"), &archive(&files, CompressionMethod::Deflated)?)?;
        seed("npz_arrays", name, &unpacked(&files))?;
    }
    Ok(())
}

fn archive(files: &[(String, Vec<u8>)], method: CompressionMethod) -> Outcome<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, file) in files {
        archive.start_file(name, SimpleFileOptions::default().compression_method(method))?;
        archive.write_all(file)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// The files of an archive.
fn files(archive: &[u8]) -> Outcome<Vec<(String, Vec<u8>)>> {
    let mut archive = ZipArchive::new(Cursor::new(archive))?;
    let count = archive.len();
    let file = |place| {
        let mut file = archive.by_index(place)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok((file.name()?.into_owned(), bytes))
    };
    (0..count).map(file).collect()
}

/// What the target `npz_arrays` makes an archive of.
fn unpacked(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let file = |(name, file): &(String, Vec<u8>)| {
        [name.as_bytes(), &[0], &(file.len() as u16).to_le_bytes(), file].concat()
    };
    files.iter().flat_map(file).collect()
}

/// A run that is broken off before its first step, in its first epoch and behind its second.
fn checkpoints<A: Float>(kind: &str) -> Outcome {
    for steps in [0, 1, 4] {
        let (data, mut network, mut adam, mut rng) = run::<A>();
        let folder = tempfile::tempdir()?;
        let settings = [("seed".to_owned(), "7".to_owned())].into();
        let end = |number| if number == steps { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let trainer = Trainer::new(&mut network, &mut adam, &data).epochs(3).batch(2).order(Order::Shuffled);
        let trainer = trainer.validate(&data).on_step(move |step| end(step.number + 1));
        let trainer = if steps == 0 { trainer.epochs(0) } else { trainer };
        trainer.callback(Checkpoints::open(&folder)?.settings(settings)).run(&mut rng)?;
        let newest = Checkpoints::<A, Generator>::open(&folder)?.newest()?.ok_or("the run has left none")?;
        seed("checkpoint", &format!("step-{steps}-{kind}"), &newest.checkpoint.to_bytes()?)?;
    }
    Ok(())
}
