//! The report's numbers as CSV.

use serde::Serialize;

use super::Report;

/// A file's name, and what is in it.
pub type Table = (&'static str, Vec<u8>);

/// A bar of a histogram.
#[derive(Debug, Serialize)]
struct Bar {
    layer: usize,
    of: &'static str,
    from: f32,
    to: f32,
    count: u64,
}

/// A cell of the confusion matrix.
#[derive(Debug, Serialize)]
struct Cell {
    label: usize,
    answer: usize,
    count: u64,
}

/// All that there is data for.
pub fn all(report: &Report) -> Vec<Table> {
    let cells = report.confusion.iter().enumerate().flat_map(|(label, counts)| {
        counts.iter().enumerate().map(move |(answer, &count)| Cell { label, answer, count })
    });
    let bars = report.layers.iter().enumerate().flat_map(|(at, layer)| {
        let of = |of, histogram: &super::histogram::Histogram| {
            let bar = |(from, to, count)| Bar { layer: at + 1, of, from, to, count };
            histogram.bars().map(bar).collect::<Vec<_>>()
        };
        let activations = layer.activations.as_ref().map(|histogram| of("activations", histogram));
        of("weights", &layer.weights).into_iter().chain(activations.into_iter().flatten())
    });
    let mut tables = vec![
        ("confusion.csv", csv(cells)),
        ("classes.csv", csv(&report.classes)),
        ("mistakes.csv", csv(&report.mistakes)),
        ("histograms.csv", csv(bars)),
        ("units.csv", csv(&report.units)),
    ];
    if let Some(run) = &report.run {
        tables.extend(run.curve.as_ref().map(|curve| ("steps.csv", csv(&curve.points))));
        tables.push(("epochs.csv", csv(&run.history.epochs)));
    }
    tables
}

fn csv<T: Serialize>(rows: impl IntoIterator<Item = T>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    rows.into_iter()
        .try_for_each(|row| writer.serialize(row))
        .map_err(std::io::Error::from)
        .and_then(|()| writer.into_inner().map_err(|error| error.into_error()))
        .expect("rows of numbers can be written to memory")
}
