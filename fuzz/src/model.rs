//! Models in either format, with numbers of either type.

use blasnet::model::{Format, Model, Names};
use blasnet::{Error, Float, Result};
use ndarray::Array2;

/// A safetensors file.
pub fn safetensors(bytes: &[u8]) -> bool {
    loads(Format::Safetensors, bytes)
}

/// An `.npz` file.
pub fn npz(bytes: &[u8]) -> bool {
    loads(Format::Npz, bytes)
}

/// Whether the file loads with numbers of f64: then it does with f32's, unless one is too large.
fn loads(format: Format, bytes: &[u8]) -> bool {
    if load::<f64>(format, bytes).is_err() {
        return false;
    }
    if let Err(error) = load::<f32>(format, bytes) {
        assert!(error.to_string().contains("finite"), "{error}");
    }
    true
}

fn load<A: Float>(format: Format, bytes: &[u8]) -> Result<()> {
    let read = |format, bytes: &[u8]| match format {
        Format::Npz => Model::<A>::from_npz(bytes, "a file"),
        _ => Model::from_safetensors(bytes, "a file"),
    };
    let model = read(format, bytes)?;
    let inputs = model.network.sizes()[0];
    let outputs = model.network.forward(&Array2::zeros((1, inputs))).unwrap();
    assert_eq!(outputs.len(), *model.network.sizes().last().unwrap());
    // Either names do for either type: one each.
    let names = if size_of::<A>() == 4 { Names::Course } else { Names::Torch };
    match model.to_bytes(format, names) {
        // An array's name, which in an `.npz` no text can have.
        Err(Error::Encode { problem, .. }) if problem.starts_with("has a text") => {}
        file => assert_same(&model, &read(format, &file.unwrap()).unwrap()),
    }
    Ok(())
}

/// Alike in all that words can say, and by each number's bits.
fn assert_same<A: Float>(a: &Model<A>, b: &Model<A>) {
    assert_eq!(format!("{a:?}"), format!("{b:?}"));
    let bits =
        |model: &Model<A>| model.network.values().iter().map(|x| x.as_f64().to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(a), bits(b));
}
