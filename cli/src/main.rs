//! `blasnet`: trains the course's network on MNIST, evaluates, converts and shows saved ones, lets one try them, and
//! prints the course's exercises.

#![forbid(unsafe_code)]

mod args;
mod blocks;
mod chart;
mod convert;
mod course;
mod end;
mod eval;
mod ink;
mod interrupt;
mod kept;
mod kernel;
mod learner;
mod model;
mod output;
mod plot_bench;
mod predict;
mod progress;
mod recogniser;
mod report;
mod serve;
mod target;
mod threads;
mod train;

use std::process::ExitCode;

use args::Command;
use end::End;

fn main() -> ExitCode {
    if let Err(error) = kernel::restart_with_better_kernel() {
        output::note(&format!("OpenBLAS does not know this processor and will be slow: {error}"));
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(end) => {
            if let Some(line) = end.line() {
                output::note(&line);
            }
            ExitCode::from(end.code())
        }
    }
}

fn run() -> Result<(), End> {
    match args::parse()? {
        None => Ok(()),
        Some(Command::Train(args)) => train::train(*args),
        Some(Command::Eval(args)) => eval::eval(&args),
        Some(Command::Convert(args)) => convert::convert(&args),
        Some(Command::Report(args)) => report::report(&args),
        Some(Command::Predict(args)) => predict::predict(&args),
        Some(Command::Serve(args)) => serve::serve(args),
        Some(Command::PlotBench(args)) => plot_bench::plot_bench(&args),
        Some(Command::Course(args)) => course::course(&args),
    }
}
