//! The texts of a file that describe its network, and those that do not.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use super::VERSION;
use crate::nn::step::Hidden;
use crate::{Activation, Float, Loss, Mlp, Reduction};

/// The texts that are written of each network, whatever is known about it.
const OWN: [&str; 8] =
    ["activation", "dropout", "format", "format_version", "loss", "reduction", "sizes", "version"];

/// What `format` says in a file of this library's.
const FORMAT: &str = "blasnet";

/// What the arrays of a network do not say.
pub(super) struct Description {
    pub(super) hidden: Vec<Hidden>,
    pub(super) loss: Loss,
    pub(super) reduction: Reduction,
}

/// The texts of this network's file.
pub(super) fn texts<A: Float>(
    network: &Mlp<A>,
    about: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let others = about.iter().filter(|(name, _)| !OWN.contains(&name.as_str()));
    let mut texts: BTreeMap<_, _> = others.map(|(name, text)| (name.clone(), text.clone())).collect();
    let mut write = |name: &str, text: String| texts.insert(name.to_owned(), text);
    write("format", FORMAT.into());
    write("format_version", VERSION.to_string());
    write("version", env!("CARGO_PKG_VERSION").into());
    write("sizes", network.sizes().iter().map(usize::to_string).collect::<Vec<_>>().join(","));
    write("loss", network.loss_function().to_string());
    write("reduction", reduction_name(network.reduction()).into());
    if network.hidden().len() > 0 {
        write("activation", list(network.hidden().map(|(activation, _)| activation)));
        write("dropout", list(network.hidden().map(|(_, dropout)| dropout)));
    }
    texts
}

/// The others of a file's texts.
pub(super) fn about(mut texts: BTreeMap<String, String>) -> BTreeMap<String, String> {
    texts.retain(|name, _| !OWN.contains(&name.as_str()));
    texts
}

impl Description {
    /// What the texts say of a network of these sizes, and for what they do not say, what was told or is usual.
    ///
    /// # Errors
    /// If a text is none that describes such a network, or contradicts what was told.
    pub(super) fn read(
        texts: &BTreeMap<String, String>,
        sizes: &[usize],
        told: (Option<Activation>, Option<Loss>),
    ) -> Result<Self, String> {
        check_version(texts)?;
        let written = sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        if let Some(said) = texts.get("sizes").filter(|&said| *said != written) {
            return Err(format!("its text `sizes` is {said:?}, but its tensors have the sizes {written}"));
        }
        let layers = sizes.len() - 2;
        let activations = of_each(texts, "activation", layers)?;
        let dropouts = of_each(texts, "dropout", layers)?.unwrap_or_else(|| vec![0.0; layers]);
        let loss = text(texts, "loss")?;
        if let (Some(told), Some(said)) = (told.0, &activations)
            && said.iter().any(|&said| said != told)
        {
            let said = list(said.iter().copied());
            return Err(format!("its text `activation` is {said}, which contradicts {told}; leave that out"));
        }
        if let (Some(told), Some(said)) = (told.1, loss)
            && said != told
        {
            return Err(format!("its text `loss` is {said}, which contradicts {told}; leave that out"));
        }
        let activations = activations.unwrap_or_else(|| vec![told.0.unwrap_or(Activation::Relu); layers]);
        let hidden = activations.into_iter().zip(dropouts);
        Ok(Self {
            hidden: hidden.map(|(activation, dropout)| Hidden { activation, dropout }).collect(),
            loss: loss.or(told.1).unwrap_or(Loss::SoftmaxCrossEntropy),
            reduction: reduction(texts)?,
        })
    }
}

/// An error if the file is of a version of this library that did not exist when this was written.
fn check_version(texts: &BTreeMap<String, String>) -> Result<(), String> {
    if texts.get("format").is_none_or(|format| format != FORMAT) {
        return Ok(());
    }
    match text::<u32>(texts, "format_version")? {
        Some(version) if version > VERSION => Err(format!(
            "was written by a newer blasnet (format {version}, this one reads {VERSION}); update this one"
        )),
        Some(_) | None => Ok(()),
    }
}

fn reduction_name(reduction: Reduction) -> &'static str {
    match reduction {
        Reduction::Mean => "mean",
        Reduction::Sum => "sum",
    }
}

fn reduction(texts: &BTreeMap<String, String>) -> Result<Reduction, String> {
    let Some(name) = texts.get("reduction") else {
        return Ok(Reduction::default());
    };
    [Reduction::Mean, Reduction::Sum]
        .into_iter()
        .find(|&reduction| reduction_name(reduction) == name)
        .ok_or_else(|| format!("its text `reduction` is {name:?}, expected mean or sum"))
}

/// A text's value, if there is such a text.
fn text<T: FromStr<Err: Display>>(texts: &BTreeMap<String, String>, name: &str) -> Result<Option<T>, String> {
    let parse = |text: &String| text.parse().map_err(|error| format!("its text `{name}`, {text:?}: {error}"));
    texts.get(name).map(parse).transpose()
}

/// The values of a text for so many hidden layers: one for all or a list, as [`list`] writes it.
fn of_each<T: FromStr<Err: Display> + Clone>(
    texts: &BTreeMap<String, String>,
    name: &str,
    layers: usize,
) -> Result<Option<Vec<T>>, String> {
    let Some(list) = texts.get(name) else {
        return Ok(None);
    };
    let wrong = |error: T::Err| format!("its text `{name}`, {list:?}: {error}");
    let mut values =
        list.split(',').map(|value| value.parse().map_err(wrong)).collect::<Result<Vec<T>, _>>()?;
    if let [value] = &values[..] {
        values = vec![value.clone(); layers];
    }
    if values.len() == layers {
        return Ok(Some(values));
    }
    let found = values.len();
    Err(format!(
        "its text `{name}` has {found} values, expected one, or one for each of {layers} hidden layers"
    ))
}

/// One value if all are the same, else each.
fn list<T: Display + PartialEq>(values: impl Iterator<Item = T>) -> String {
    let mut names: Vec<_> = values.map(|value| value.to_string()).collect();
    if names.windows(2).all(|pair| pair[0] == pair[1]) {
        names.truncate(1);
    }
    names.join(",")
}
