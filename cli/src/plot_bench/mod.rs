//! `blasnet plot-bench`: what the benchmarks measured, as one picture.

mod case;
mod criterion;
mod json;
mod layout;
mod limits;
mod natural;
mod picture;
mod sections;
mod table;
mod words;

use std::path::PathBuf;

use crate::args;
use crate::end::End;
use crate::output;
use crate::target::Target;

use criterion::Benchmark;
use limits::Limits;

pub fn plot_bench(args: &args::PlotBench) -> Result<(), End> {
    if args.to.extension().is_none_or(|ending| !ending.eq_ignore_ascii_case("svg")) {
        return Err(End::unusable(
            args.to.display(),
            "expected a name that ends in .svg, as the picture is one",
        ));
    }
    let target = Target::find("", &args.to)?;
    let limits = args.limits.as_deref().map(Limits::read).transpose()?;
    let benchmarks = benchmarks(args, limits.is_some())?;
    target.write(sections::figure(limits.as_ref(), &benchmarks).file().as_bytes())?;
    let rows = limits.map_or(0, |limits| limits.rows.len());
    output::note(&format!("{target}: rows of limits: {rows}, benchmarks of criterion: {}", benchmarks.len()));
    Ok(())
}

/// Those of the folder that is named. One that is not need not be there, if there is something else to draw.
fn benchmarks(args: &args::PlotBench, has_limits: bool) -> Result<Vec<Benchmark>, End> {
    if let Some(folder) = &args.criterion {
        return criterion::read(folder);
    }
    let folder = usual_folder(|variable| std::env::var_os(variable).map(PathBuf::from));
    match folder.is_dir() {
        true if has_limits => criterion::find(&folder),
        true => criterion::read(&folder),
        false if has_limits => Ok(Vec::new()),
        false => {
            let problem = format!(
                "no --limits, and no folder {}; `{}` makes what --limits takes, `{}` the folder",
                folder.display(),
                limits::COMMAND,
                criterion::COMMAND
            );
            Err(End::unusable("nothing to draw", problem))
        }
    }
}

/// Where criterion leaves its results.
fn usual_folder(variable: impl Fn(&str) -> Option<PathBuf>) -> PathBuf {
    let in_target = || variable("CARGO_TARGET_DIR").unwrap_or("target".into()).join("criterion");
    variable("CRITERION_HOME").unwrap_or_else(in_target)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn criterions_folder_is_where_criterion_puts_it() {
        let folder = |variables: &[(&str, &str)]| {
            let value =
                |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into());
            usual_folder(value)
        };
        assert_eq!(folder(&[]), Path::new("target/criterion"));
        assert_eq!(folder(&[("CARGO_TARGET_DIR", "/t")]), Path::new("/t/criterion"));
        assert_eq!(folder(&[("CARGO_TARGET_DIR", "/t"), ("CRITERION_HOME", "/c")]), Path::new("/c"));
    }
}
