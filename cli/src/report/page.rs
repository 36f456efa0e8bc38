//! The report as one page that needs nothing else.

use blasnet::Dataset;
use indicatif::HumanCount;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::figures::Named;
use super::layers::WATCHED;
use super::{Report, picture};
use crate::chart::dark_colours;

/// The whole page. `data` has the images that were scored.
pub fn page(report: &Report, figures: &[Named], data: &Dataset) -> Markup {
    let figure = |name: &str| figures.iter().find(|named| named.name == name);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                // It asks for nothing, and could not.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'";
                title { "blasnet: " (network(report)) ", " (percent(report.accuracy)) }
                // Else browsers ask for one.
                link rel="icon" href="data:,";
                style { (PreEscaped(include_str!("page.css"))) (PreEscaped(dark_colours())) }
            }
            body {
                (head(report))
                @if let Some(run) = &report.run {
                    section id="curves" {
                        h2 { "How it went" }
                        p {
                            (HumanCount(run.history.steps as u64)) " steps, " (HumanCount(run.history.steps_in_epoch as u64)) " in each epoch"
                            @if run.resumed_at > 0 { "; the curve begins where this process went on, behind step " (run.resumed_at) }
                            ". A batch's scores are from before its step; with dropout, with it."
                        }
                        (drawn(figure("loss"), ""))
                        (drawn(figure("accuracy"), ""))
                    }
                }
                section id="confusion" {
                    h2 { "What it takes for what" }
                    (drawn(figure("confusion"), "narrow"))
                    (drawn(figure("classes"), ""))
                    (classes(report))
                }
                section id="mistakes" { (mistakes(report, data)) }
                section id="units" { (units(report)) }
                section id="layers" {
                    h2 { "Weights and activations" }
                    (layers(report))
                    (drawn(figure("weights"), ""))
                    (drawn(figure("activations"), ""))
                }
                section id="run" { (how_it_was_made(report)) }
            }
        }
    }
}

fn network(report: &Report) -> String {
    report.sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(" → ")
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

fn head(report: &Report) -> Markup {
    html! {
        header {
            h1 { (network(report)) }
            p.big { (percent(report.accuracy)) " of " (HumanCount(report.images as u64)) " " (report.scored_on) " images, loss " (format!("{:.4}", report.loss)) }
            p.grey { (HumanCount(report.parameters as u64)) " parameters · " (report.wrong) " wrong answers · " (report.machine.program) }
            nav {
                @if report.run.is_some() { a href="#curves" { "Curves" } " " }
                a href="#confusion" { "Digits" } " " a href="#mistakes" { "Mistakes" } " " a href="#units" { "Units" } " "
                a href="#layers" { "Layers" } " " a href="#run" { "How it was made" }
            }
        }
    }
}

fn drawn(named: Option<&Named>, class: &str) -> Markup {
    html! {
        @if let Some(Named { figure, .. }) = named {
            figure class=(class) {
                (figure.inline())
                figcaption { (figure.title) "." }
            }
        }
    }
}

fn classes(report: &Report) -> Markup {
    html! {
        div.scroll { table {
            caption { "The same in numbers. F1 is the harmonic mean of precision and recall." }
            thead { tr { @for title in ["digit", "images", "precision", "recall", "F1"] { th scope="col" { (title) } } } }
            tbody {
                @for class in &report.classes {
                    tr {
                        th scope="row" { (class.digit) }
                        td { (class.images) }
                        @for share in [class.precision, class.recall, class.f1] {
                            td { @if share.is_finite() { (percent(share)) } @else { "–" } }
                        }
                    }
                }
            }
        } }
    }
}

fn mistakes(report: &Report, data: &Dataset) -> Markup {
    let shown = report.mistakes.len();
    html! {
        h2 { "Where it is surest and wrong" }
        p {
            "The " (shown) " most confident of " (report.wrong) " wrong answers: the answer, how sure the network is of it, and the \
             label with what is left for that. Images are counted from 0."
        }
        ol.tiles {
            @for mistake in &report.mistakes {
                @let pixels = data.images().row(mistake.image).to_vec();
                li {
                    @if is_square(pixels.len()) {
                        img.ink src=(picture::ink(&pixels)) alt={ "a " (mistake.label) " taken for a " (mistake.answer) };
                    }
                    span { b { (mistake.answer) } " " (percent(f64::from(mistake.probability))) }
                    span { "is " b { (mistake.label) } " " (percent(f64::from(mistake.probability_of_label))) }
                    span { "image " (mistake.image) }
                }
            }
        }
    }
}

fn units(report: &Report) -> Markup {
    html! {
        h2 { "What the first layer looks for" }
        p {
            "The " (report.units.len()) " strongest units: those with the largest product of the lengths of their weights, from the \
             pixels and to the next layer. Blue weights are above 0, orange ones below; each picture has its own scale."
        }
        ol.tiles {
            @for unit in &report.units {
                li {
                    @if is_square(unit.weights.len()) {
                        img.signed src=(picture::signed(&unit.weights)) alt={ "weights of unit " (unit.unit) };
                    }
                    span { "unit " (unit.unit) }
                    span { "strength " (format!("{:.2}", unit.strength)) }
                }
            }
        }
    }
}

fn is_square(pixels: usize) -> bool {
    pixels.isqrt().pow(2) == pixels
}

fn layers(report: &Report) -> Markup {
    let watched = report.images.min(WATCHED);
    html! {
        p { "Activations are those of the first " (watched) " images." }
        div.scroll { table {
            thead { tr {
                @for title in ["layer", "weights", "activation", "outputs that are 0", "units that never change"] { th scope="col" { (title) } }
            } }
            tbody {
                @for (at, layer) in report.layers.iter().enumerate() {
                    tr {
                        th scope="row" { (at + 1) }
                        td { (layer.inputs) " × " (layer.units) }
                        td { @match &layer.activation { Some(activation) => (activation), None => "softmax" } }
                        td { @if let Some(of) = &layer.activations { (percent(of.zeros as f64 / of.total().max(1) as f64)) } @else { "–" } }
                        td { @if let Some(count) = layer.constant_units { (count) } @else { "–" } }
                    }
                }
            }
        } }
    }
}

fn how_it_was_made(report: &Report) -> Markup {
    let total: f64 = report.phases.iter().map(|phase| phase.seconds).sum();
    let machine = &report.machine;
    html! {
        h2 { "How it was made" }
        @if let Some(command) = &report.reproduce {
            p { "On such a machine, with as many threads, this makes the same network, bit for bit:" }
            pre { (command) }
        }
        div.scroll { table {
            caption { "Time" }
            tbody {
                @for phase in &report.phases {
                    tr {
                        th scope="row" { (phase.what) }
                        td { (format!("{:.2} s", phase.seconds)) }
                        td.bar { i style={ "width:" (format!("{:.1}", 100.0 * phase.seconds / total)) "%" } {} }
                    }
                }
                tr { th scope="row" { "together" } td { (format!("{total:.2} s")) } td {} }
            }
        } }
        div.scroll { table {
            caption { "Machine" }
            tbody {
                @for (name, value) in [
                    ("processor", machine.processor.clone()), ("cores", machine.cores.to_string()),
                    ("threads", machine.threads.to_string()), ("BLAS", machine.blas.clone()),
                    ("system", machine.system.clone()), ("program", machine.program.clone()),
                ] {
                    tr { th scope="row" { (name) } td.text { (value) } }
                }
            }
        } }
        @if !report.settings.is_empty() {
            div.scroll { table {
                caption { "Settings" }
                tbody {
                    @for (name, value) in &report.settings {
                        tr { th scope="row" { (name) } td.text { (value) } }
                    }
                }
            } }
        }
        p.grey { "The figures as SVG, the tables as CSV and everything as report.json lie beside this page." }
    }
}
