//! A [`Checkpoint`] as bytes: tensors in safetensors, and all else as text in its metadata.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::str::FromStr;

use crc32fast::Hasher;
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Checkpoint;
use crate::io::bytes::{of_numbers, to_numbers};
use crate::io::model::dtype;
use crate::ops::dropout::Masks;
use crate::train::{EpochScores, History, Order, Plan, Position, Sums};
use crate::{Error, Float, Layout, Memory, Scores};

const FORMAT: &str = "blasnet checkpoint";
/// Of this layout of a file. One that is read differently has a higher number, but its checksum by the same rule, so
/// that it is told from a damaged one.
const VERSION: u32 = 1;

/// Why bytes are no checkpoint to go on from.
#[derive(Debug)]
pub(super) enum Problem {
    /// Something has happened to the file.
    Damaged(String),
    /// It is whole, but not for this program or this run.
    Foreign(String),
}

impl Problem {
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Damaged(text) | Self::Foreign(text) => text,
        }
    }
}

impl<A: Float, R: Serialize> Checkpoint<A, R> {
    /// The bytes of a file, for places other than a folder of [`Checkpoints`](super::Checkpoints).
    ///
    /// # Errors
    ///
    /// If the generator cannot be serialised, or the settings are too long for the format.
    pub fn to_bytes(&self) -> crate::Result<Vec<u8>> {
        to_bytes(self).map_err(|problem| Error::Encode { what: "a checkpoint", problem })
    }
}

impl<A: Float, R: DeserializeOwned> Checkpoint<A, R> {
    /// The checkpoint of a file's bytes; `name` is for the errors.
    ///
    /// # Errors
    ///
    /// If they are damaged, or of another program or a newer version of it, or with other types for numbers or
    /// generator.
    ///
    /// ```
    /// use blasnet::checkpoint::Checkpoint;
    /// use rand::rngs::Xoshiro256PlusPlus;
    ///
    /// let checkpoint = Checkpoint::<f32, Xoshiro256PlusPlus>::from_bytes(b"none", "a file");
    /// assert!(checkpoint.unwrap_err().to_string().starts_with("a file: is damaged"));
    /// ```
    pub fn from_bytes(bytes: &[u8], name: &str) -> crate::Result<Self> {
        from_bytes(bytes)
            .map_err(|problem| Error::Data { file: name.to_owned(), problem: problem.into_text() })
    }
}

/// The file of a checkpoint.
pub(super) fn to_bytes<A: Float, R: Serialize>(checkpoint: &Checkpoint<A, R>) -> Result<Vec<u8>, String> {
    let Checkpoint { settings, layout, values, masks, memory, position } = checkpoint;
    let Position { plan, steps, epoch_rng, sums, history, ended } = position;
    let mut about = BTreeMap::new();
    let mut say = |name: &str, value: String| about.insert(name.to_owned(), value);
    say("format", FORMAT.into());
    say("format_version", VERSION.to_string());
    say("order", order_name(plan.order).into());
    say("rows", plan.rows.to_string());
    say("batch", plan.batch.to_string());
    say("steps", steps.to_string());
    say("ended", ended.to_string());
    say("generator", serde_json::to_string(epoch_rng).map_err(|error| error.to_string())?);
    // Display gives as many digits as it takes to read the same number again.
    say("epoch_so_far", format!("{} {}", sums.loss, sums.accuracy));
    say("history", history.epochs.iter().map(epoch_line).collect());
    say("dropout_masks", format!("{} {}", masks.seed, masks.made));
    say("parameters", layout.arrays().map(|(name, ..)| name).collect::<Vec<_>>().join(" "));
    settings.iter().for_each(|(name, value)| drop(say(&format!("setting.{name}"), value.clone())));
    memory.counts().for_each(|(name, count)| drop(say(&format!("count.{name}"), count.to_string())));
    memory.numbers().for_each(|(name, number)| drop(say(&format!("number.{name}"), number.to_string())));

    let mut tensors: Vec<(String, Vec<usize>, Vec<u8>)> = layout
        .arrays()
        .map(|(name, shape, elements)| {
            (format!("parameter.{name}"), shape.to_vec(), of_numbers(&values[elements]))
        })
        .collect();
    let arrays =
        memory.arrays().map(|(name, array)| (format!("array.{name}"), vec![array.len()], of_numbers(array)));
    tensors.extend(arrays);
    tensors.sort();
    let dtype = dtype::<A>();
    let views: Vec<(&str, TensorView<'_>)> = tensors
        .iter()
        .map(|(name, shape, bytes)| Ok((&**name, TensorView::new(dtype, shape.clone(), bytes)?)))
        .collect::<Result<_, safetensors::SafeTensorError>>()
        .map_err(|error| error.to_string())?;
    let checksum = checksum(&about, views.iter().map(|(name, view)| (*name, view)));
    about.insert("checksum".into(), checksum);
    let about: HashMap<String, String> = about.into_iter().collect();
    safetensors::serialize(views, Some(about)).map_err(|error| error.to_string())
}

/// The checkpoint of a file.
pub(super) fn from_bytes<A: Float, R: DeserializeOwned>(bytes: &[u8]) -> Result<Checkpoint<A, R>, Problem> {
    let damaged = |error: safetensors::SafeTensorError| Problem::Damaged(format!("is damaged: {error}"));
    let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let about: BTreeMap<String, String> =
        header.metadata().iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect();
    let (mut about, mut tensors) = (about, file.tensors());
    tensors.sort_by(|(a, _), (b, _)| a.cmp(b));
    let found = about.remove("checksum");
    // Without either: where only one is missing, it is its name that is damaged.
    if found.is_none() && about.get("format").map(String::as_str) != Some(FORMAT) {
        let expected = "its metadata has no `format: blasnet checkpoint`";
        return Err(Problem::Foreign(format!("is no checkpoint of blasnet: {expected}")));
    }
    let (found, expected) =
        (found.unwrap_or_default(), checksum(&about, tensors.iter().map(|(name, view)| (&**name, view))));
    if found != expected {
        let text = format!("is damaged: its checksum is {expected}, expected the {found} that it says");
        return Err(Problem::Damaged(text));
    }
    parse(&about, &tensors).map_err(Problem::Foreign)
}

/// Of a file whose checksum is right.
fn parse<A: Float, R: DeserializeOwned>(
    about: &BTreeMap<String, String>,
    tensors: &[(String, TensorView<'_>)],
) -> Result<Checkpoint<A, R>, String> {
    let text = |name: &str| {
        about.get(name).map(String::as_str).ok_or_else(|| format!("its metadata has no `{name}`"))
    };
    match number("format_version", text("format_version")?)? {
        VERSION => {}
        version => {
            return Err(format!(
                "is of format version {version}, and this blasnet reads {VERSION}: go on with the blasnet that wrote it"
            ));
        }
    }
    let (mut settings, mut memory) = (BTreeMap::new(), Memory::default());
    let in_memory = |error: Error| error.to_string();
    for (name, value) in about {
        if let Some(name) = name.strip_prefix("setting.") {
            settings.insert(name.into(), value.clone());
        } else if let Some(count) = name.strip_prefix("count.") {
            memory.set_count(count, number(name, value)?).map_err(in_memory)?;
        } else if let Some(of) = name.strip_prefix("number.") {
            memory.set_number(of, number(name, value)?).map_err(in_memory)?;
        }
    }
    let mut parameters = BTreeMap::new();
    for (name, tensor) in tensors {
        if tensor.dtype() != dtype::<A>() {
            let (found, expected) = (tensor.dtype(), dtype::<A>());
            return Err(format!("tensor `{name}` is {found:?}, expected {expected:?}, as this run computes"));
        }
        if let Some(name) = name.strip_prefix("parameter.") {
            parameters.insert(name, tensor);
        } else if let Some(name) = name.strip_prefix("array.") {
            memory.set_array(name, &to_numbers(tensor.data())).map_err(in_memory)?;
        } else {
            return Err(format!("has a tensor `{name}`, expected `parameter.…` and `array.…` alone"));
        }
    }
    let (mut arrays, mut values) = (Vec::new(), Vec::new());
    for name in text("parameters")?.split(' ').filter(|name| !name.is_empty()) {
        let tensor = parameters.remove(name).ok_or_else(|| format!("has no tensor `parameter.{name}`"))?;
        arrays.push((name, tensor.shape().to_vec()));
        values.extend(to_numbers::<A>(tensor.data()));
    }
    let plan = Plan {
        order: order(text("order")?)?,
        rows: number("rows", text("rows")?)?,
        batch: number("batch", text("batch")?)?,
    };
    let [loss, accuracy] = numbers("epoch_so_far", text("epoch_so_far")?)?;
    let [seed, made] = numbers("dropout_masks", text("dropout_masks")?)?;
    let epochs = text("history")?.lines().map(epoch).collect::<Result<_, _>>()?;
    let generator = serde_json::from_str(text("generator")?)
        .map_err(|error| format!("its generator is none of this kind ({error})"))?;
    let position = Position {
        plan,
        steps: number("steps", text("steps")?)?,
        epoch_rng: generator,
        sums: Sums { loss, accuracy },
        history: History { epochs },
        ended: number("ended", text("ended")?)?,
    };
    let masks = Masks { seed, made };
    Ok(Checkpoint { settings, layout: Layout::new(arrays), values, masks, memory, position })
}

/// CRC-32 of all that a file says but for this.
fn checksum<'a>(
    about: &BTreeMap<String, String>,
    tensors: impl Iterator<Item = (&'a str, &'a TensorView<'a>)>,
) -> String {
    let mut hasher = Hasher::new();
    // Each with its length, so that nothing can move from one to the next unseen.
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    for (name, value) in about {
        add(name.as_bytes());
        add(value.as_bytes());
    }
    for (name, tensor) in tensors {
        add(name.as_bytes());
        add(format!("{:?} {:?}", tensor.dtype(), tensor.shape()).as_bytes());
        add(tensor.data());
    }
    format!("{:08x}", hasher.finalize())
}

fn order_name(order: Order) -> &'static str {
    match order {
        Order::Drawn => "drawn",
        Order::Shuffled => "shuffled",
    }
}

fn order(name: &str) -> Result<Order, String> {
    [Order::Drawn, Order::Shuffled]
        .into_iter()
        .find(|&order| order_name(order) == name)
        .ok_or_else(|| format!("its order is `{name}`, expected drawn or shuffled"))
}

fn epoch_line(epoch: &EpochScores) -> String {
    let EpochScores { train, validation, learning_rate } = epoch;
    let validation = validation.map(|scores| format!(" {} {}", scores.loss, scores.accuracy));
    format!("{} {} {learning_rate}{}\n", train.loss, train.accuracy, validation.unwrap_or_default())
}

fn epoch(line: &str) -> Result<EpochScores, String> {
    let fields = line.split(' ').map(|field| number("history", field)).collect::<Result<Vec<f64>, _>>()?;
    let scores = |loss, accuracy| Scores { loss, accuracy };
    match fields[..] {
        [loss, accuracy, rate] => Ok(EpochScores::new(scores(loss, accuracy), None, rate)),
        [loss, accuracy, rate, of, held_out] => {
            Ok(EpochScores::new(scores(loss, accuracy), Some(scores(of, held_out)), rate))
        }
        _ => Err(format!("its history has a line of {} numbers, expected 3 or 5", fields.len())),
    }
}

fn number<T: FromStr>(name: &str, text: &str) -> Result<T, String>
where
    T::Err: Display,
{
    text.parse().map_err(|error| format!("its `{name}` is `{text}`: {error}"))
}

fn numbers<T: FromStr>(name: &str, text: &str) -> Result<[T; 2], String>
where
    T::Err: Display,
{
    match text.split_once(' ') {
        Some((first, second)) => Ok([number(name, first)?, number(name, second)?]),
        None => Err(format!("its `{name}` is `{text}`, expected two numbers")),
    }
}

#[cfg(test)]
mod tests;
