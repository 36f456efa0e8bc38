//! [`Machine`]: what a run was made on.

use serde::Serialize;

/// What times depend on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Machine {
    pub processor: String,
    pub cores: usize,
    pub threads: usize,
    pub blas: String,
    pub system: String,
    pub program: String,
}

impl Machine {
    pub fn look() -> Self {
        Self {
            processor: processor().unwrap_or_else(|| "unknown".into()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            threads: blasnet::parallel::threads(),
            blas: blasnet::blas::name(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            program: concat!("blasnet ", env!("CARGO_PKG_VERSION")).into(),
        }
    }
}

/// Its name, where the system has it in a file.
fn processor() -> Option<String> {
    let info = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
