//! Networks as files, in the library's formats: what they are to this program.

use std::collections::BTreeMap;
use std::path::Path;

use blasnet::data::{CLASSES, PIXELS};
use blasnet::model::{Format, Loading, Model, Names};
use blasnet::{Activation, Float, Loss, Mlp, Scores};

use crate::end::End;

/// The format of a file of this name: safetensors, unless it is called otherwise.
pub fn format(path: &Path) -> Format {
    Format::of(path).unwrap_or(Format::Safetensors)
}

/// The model of a file; `activation` is that of its hidden layers, if the file does not say.
pub fn load<A: Float>(path: &Path, activation: Option<Activation>) -> Result<Model<A>, End> {
    let loading = activation.into_iter().fold(Loading::new(), Loading::activation);
    Ok(loading.load_as(format(path), path)?)
}

/// A file's network, if it tells digits apart.
pub fn network(path: &Path, activation: Option<Activation>) -> Result<Mlp<f32>, End> {
    network_and_settings(path, activation).map(|(network, _)| network)
}

/// The same, and how it was made, as far as the file says.
pub fn network_and_settings(
    path: &Path,
    activation: Option<Activation>,
) -> Result<(Mlp<f32>, BTreeMap<String, String>), End> {
    let Model { network, about: mut settings, .. } = load(path, activation)?;
    let wrong = |problem: String| Err(End::unusable(path.display(), problem));
    let (sizes, loss) = (network.sizes(), network.loss_function());
    if !matches!(sizes, [PIXELS, .., CLASSES]) {
        return wrong(format!(
            "its layers have the sizes {sizes:?}, expected {PIXELS} inputs and {CLASSES} outputs"
        ));
    }
    if loss != Loss::SoftmaxCrossEntropy {
        return wrong(format!("its loss is {loss}, expected {}", Loss::SoftmaxCrossEntropy));
    }
    // These are in the file as the network's own. Layers that differ are none that `train` makes.
    if let Some((activation, dropout)) = network.hidden().next()
        && network.hidden().all(|layer| layer == (activation, dropout))
    {
        settings.insert("activation".into(), activation.to_string());
        settings.insert("dropout".into(), dropout.to_string());
    }
    Ok((network, settings))
}

/// An error unless a file's network can be computed with.
pub fn check_scores(path: &Path, scores: Scores) -> Result<(), End> {
    if scores.loss.is_finite() {
        return Ok(());
    }
    let problem = format!("its test loss is {}; its weights are too large to compute with", scores.loss);
    Err(End::unusable(path.display(), problem))
}

/// The file of a network, with what else is to be remembered about it.
///
/// # Errors
/// If the format has no place for that.
pub fn to_bytes(
    network: &Mlp<f32>,
    format: Format,
    about: BTreeMap<String, String>,
) -> blasnet::Result<Vec<u8>> {
    let mut model = Model::from(network.clone());
    model.about.extend(about);
    model.to_bytes(format, Names::Course)
}
