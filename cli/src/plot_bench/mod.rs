//! `blasnet plot_bench`

use crate::args;
use crate::end::End;

pub fn plot_bench(_: &args::PlotBench) -> Result<(), End> {
    todo!()
}
