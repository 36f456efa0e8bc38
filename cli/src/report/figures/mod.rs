//! The report's figures.

mod classes;
mod confusion;
mod curves;
mod histograms;

use super::Report;
use crate::chart::Figure;

use classes::classes;
use confusion::confusion;
use curves::{ACCURACY, LOSS, curves};
use histograms::histograms;

/// A figure, and the name of its file without `.svg`.
#[derive(Debug)]
pub struct Named {
    pub name: &'static str,
    pub figure: Figure,
}

const WIDE: (u32, u32) = (860, 330);

/// All that there is data for.
pub fn all(report: &Report) -> Vec<Named> {
    let named = |name, figure| Named { name, figure };
    let mut figures = Vec::new();
    if let Some(record) = &report.run {
        figures.push(named("loss", curves(record, &LOSS)));
        figures.push(named("accuracy", curves(record, &ACCURACY)));
    }
    figures.push(named("confusion", confusion(&report.confusion)));
    figures.push(named("classes", classes(&report.classes)));
    let weights = report.layers.iter().enumerate();
    let weights = weights.map(|(at, layer)| (format!("w{}", at + 1), &layer.weights)).collect();
    figures.push(named("weights", histograms("How weights are spread", "weight", weights)));
    let activations = report.layers.iter().enumerate();
    let activations: Vec<_> = activations
        .filter_map(|(at, layer)| Some((format!("hidden layer {}", at + 1), layer.activations.as_ref()?)))
        .collect();
    if !activations.is_empty() {
        let title = "How activations of hidden units are spread";
        figures.push(named("activations", histograms(title, "activation", activations)));
    }
    figures
}
