//! The picture's tables: the rows of limits, and criterion's benchmarks beside their limits.

use super::case::Case;
use super::criterion::Benchmark;
use super::limits::{Limits, Machine, Row as Limit};
use super::table::{Form, Group, Mark, Row, Sign, Table};
use super::{picture, words};
use crate::chart::{Figure, Scale};

const TITLE: &str = "blasnet's benchmarks";

/// The picture of what there is of both.
pub fn figure(limits: Option<&Limits>, benchmarks: &[Benchmark]) -> Figure {
    let rows = limits.map_or(&[][..], |limits| &limits.rows);
    let mut tables = Vec::new();
    if !rows.is_empty() {
        tables.push(of_limits(rows));
    }
    if !benchmarks.is_empty() {
        tables.push(of_criterion(benchmarks, rows));
    }
    picture::draw(TITLE, &limits.map_or(String::new(), |limits| machine(&limits.machine)), &tables)
}

fn machine(Machine { cpu, cores, blas, rustc, os }: &Machine) -> String {
    format!("{cpu}, cores: {cores}, {os}, {blas}, {rustc}")
}

fn of_limits(limits: &[Limit]) -> Table {
    let row = |limit: &Limit| {
        let Limit { size, threads, ours, ratio, spread, goal, .. } = limit;
        let (form, word) = match goal {
            None => (Form::Pale, String::new()),
            Some(goal) if ratio >= goal => (Form::Full, format!("{} met", words::ratio(*goal))),
            Some(goal) => (Form::Hollow, format!("{} missed", words::ratio(*goal))),
        };
        let numbers = [words::ratio(*ratio), words::time(*ours), words::time(limit.limit), word];
        let whisker = (ratio - spread / 2.0, ratio + spread / 2.0);
        Row {
            cells: [vec![size.clone(), threads.to_string()], numbers.into()],
            mark: Mark { form, value: *ratio, whisker, tick: *goal },
        }
    };
    let groups = groups(limits, |limit| &limit.what).into_iter().map(|(name, limits)| {
        let mut notes: Vec<&str> = Vec::new();
        for limit in &limits {
            if !notes.contains(&&*limit.note) {
                notes.push(&limit.note);
            }
        }
        let note = format!("limit: {}", notes.join(" / "));
        Group { name: name.to_owned(), note, rows: limits.into_iter().map(row).collect() }
    });
    Table {
        title: "Node by node, beside the machine's limit",
        axis: "the limit's time ÷ ours, on a logarithmic scale: 1 is at the limit, more is faster than it",
        scale: Scale::over(
            limits.iter().flat_map(|limit| [Some(limit.ratio), limit.goal]).flatten().chain([1.0]),
        ),
        label: words::round_ratio,
        base: Some(1.0),
        legend: vec![
            (Sign::Mark(Form::Full), "goal met"),
            (Sign::Mark(Form::Hollow), "goal missed"),
            (Sign::Mark(Form::Pale), "no goal"),
            (Sign::Tick, "goal"),
            (Sign::Whisker, "distance between the quartiles"),
        ],
        heads: [vec!["", "threads"], vec!["ratio", "ours", "limit", "goal"]],
        groups: groups.collect(),
    }
}

fn of_criterion(benchmarks: &[Benchmark], limits: &[Limit]) -> Table {
    let limits: Vec<_> =
        limits.iter().filter_map(|limit| Some((Case::of_row(limit)?, limit.limit))).collect();
    let limit = |benchmark: &Benchmark| {
        let case = Case::of_benchmark(benchmark)?;
        limits.iter().find(|(limit, _)| case.has_limit(limit)).map(|&(_, limit)| limit)
    };
    let has_limits = benchmarks.iter().any(|benchmark| limit(benchmark).is_some());
    let (mut heads, mut legend) = (
        vec!["median", "interval"],
        vec![(Sign::Mark(Form::Full), "median"), (Sign::Whisker, "its confidence interval")],
    );
    if has_limits {
        heads.push("limit");
        legend.push((Sign::Tick, "limit, measured in a run of its own"));
    }
    let row = |benchmark: &Benchmark| {
        let Benchmark { id, threads, median, interval: whisker @ (least, most), .. } = benchmark;
        let tick = limit(benchmark);
        let mut numbers =
            vec![words::time(*median), format!("{} … {}", words::time(*least), words::time(*most))];
        if has_limits {
            numbers.push(tick.map_or(String::new(), words::time));
        }
        let threads = threads.map_or(String::new(), |threads| threads.to_string());
        let mark = Mark { form: Form::Full, value: *median, whisker: *whisker, tick };
        Row { cells: [vec![id.clone(), threads], numbers], mark }
    };
    let groups: Vec<_> = groups(benchmarks, |benchmark| &benchmark.group)
        .into_iter()
        .map(|(name, benchmarks)| Group {
            name: name.to_owned(),
            note: String::new(),
            rows: benchmarks.into_iter().map(row).collect(),
        })
        .collect();
    let marks = groups.iter().flat_map(|group| &group.rows).map(|row| &row.mark);
    let numbers =
        marks.flat_map(|mark| [Some(mark.value), Some(mark.whisker.0), Some(mark.whisker.1), mark.tick]);
    Table {
        title: "Medians of criterion's benchmarks",
        axis: "time of a call, on a logarithmic scale: less is faster",
        scale: Scale::over(numbers.flatten()),
        label: words::round_time,
        base: None,
        legend,
        heads: [vec!["", "threads"], heads],
        groups,
    }
}

/// What has the same name, in the order in which names come first.
fn groups<T>(all: &[T], name: impl Fn(&T) -> &str) -> Vec<(&str, Vec<&T>)> {
    let mut groups: Vec<(&str, Vec<&T>)> = Vec::new();
    for one in all {
        match groups.iter_mut().find(|(found, _)| *found == name(one)) {
            Some((_, group)) => group.push(one),
            None => groups.push((name(one), vec![one])),
        }
    }
    groups
}
