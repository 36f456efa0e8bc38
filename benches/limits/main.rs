//! How far the nodes and the training step are from what this machine allows.
//!
//! ```sh
//! cargo bench --bench limits                      # a few minutes
//! cargo bench --bench limits -- --quick           # under one
//! cargo bench --bench limits -- "affine forward"  # the rows with this in their name
//! ```
//!
//! The limit of a product is the raw BLAS call, shared out to threads as suits it best; of an elementwise node
//! the fastest copy of as many bytes as it must move; of a training step its products. Both are timed in turn,
//! and the ratio is taken pair by pair. Results are checked before anything is timed. A goal that is missed is
//! shown and fails nothing: the neighbours' noise must not decide.
//!
//! `cargo test --benches` makes every row once, on less data, for the checks alone.

mod affine;
mod chain;
#[path = "../../tests/common/mod.rs"]
mod common;
mod context;
mod copy;
mod elementwise;
mod graph;
#[path = "../support/kernel.rs"]
mod kernel;
mod machine;
mod measure;
mod memory;
mod mlp;
#[path = "../support/mnist.rs"]
mod mnist;
mod products;
#[path = "../support/raw.rs"]
mod raw;
mod report;
mod softmax;
mod sparse;
mod step;

use blasnet::parallel::{SingleThreadedBlas, blas_threads};
use clap::Parser;

use context::{Context, Mode};
use kernel::restart_with_better_kernel;
use machine::{CpuTime, Machine};
use report::Report;

/// How far blasnet is from what this machine allows.
#[derive(Debug, Default, Parser)]
struct Options {
    /// Only rows with this in their name: what, size and threads, as in "affine forward f32 100x784x500 t2"
    filter: Option<String>,
    /// JSON on standard output, and nothing else
    #[arg(long)]
    json: bool,
    /// Under a minute
    #[arg(long)]
    quick: bool,
    /// Thread counts [default: 1 and all]
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..))]
    threads: Vec<u16>,
    /// What cargo says when it runs benchmarks
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    restart_with_better_kernel();
    let openblas_default_threads = blas_threads();
    let _rayon_has_the_threads = SingleThreadedBlas::new();

    // Without --bench it is `cargo test` that calls, and the arguments are meant for its own harness.
    let benchmark = std::env::args().any(|argument| argument == "--bench");
    let options = if benchmark { Options::parse() } else { Options::default() };
    let mode = match (benchmark, options.quick) {
        (false, _) => Mode::Smoke,
        (true, true) => Mode::Quick,
        (true, false) => Mode::Full,
    };
    let mut threads: Vec<_> = options.threads.into_iter().map(usize::from).collect();
    if threads.is_empty() {
        threads = vec![1, rayon::current_num_threads()];
    }
    threads.sort_unstable();
    threads.dedup();

    let mut machine = Machine::look(&threads, openblas_default_threads);
    let before = CpuTime::now();
    let mut context = Context::new(mode, options.filter.as_deref().unwrap_or_default(), &threads);
    affine::rows(&mut context);
    memory::rows(&mut context);
    step::rows(&mut context);
    sparse::rows(&mut context);
    mlp::rows(&mut context);
    graph::rows(&mut context);
    machine.stolen = before.and_then(CpuTime::stolen_since);

    let report = Report { machine, rows: context.rows };
    if mode == Mode::Smoke {
        println!("{} rows, all results right; `cargo bench --bench limits` measures them", report.rows.len());
    } else if options.json {
        println!("{}", report.json().expect("the report is plain data"));
    } else {
        println!("{}", report.table());
    }
}
