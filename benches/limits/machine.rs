//! What a measurement was made on.

use std::process::Command;

use serde::Serialize;

/// Everything that a reader of the figures asks first.
#[derive(Debug, Serialize)]
pub struct Machine {
    pub cpu: String,
    pub cores: usize,
    pub blas: String,
    /// Threads measured with.
    pub threads: Vec<usize>,
    /// What OpenBLAS would use if left alone.
    pub openblas_default_threads: usize,
    pub rustc: String,
    pub os: String,
    /// CPU time that the host gave to others while this ran, as a share of all; where the system says so.
    pub stolen: Option<f64>,
}

impl Machine {
    pub fn look(threads: &[usize], openblas_default_threads: usize) -> Self {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let rustc = Command::new(rustc).arg("-vV").output().ok();
        let rustc =
            rustc.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        Self {
            cpu: cpu(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            blas: blasnet::blas::name(),
            threads: threads.to_vec(),
            openblas_default_threads,
            rustc: rustc.lines().next().unwrap_or("unknown").to_owned(),
            os: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            stolen: None,
        }
    }
}

fn cpu() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    if let Some(line) = info.lines().find(|line| line.starts_with("model name")) {
        return line.split_once(':').map_or(line, |(_, name)| name).trim().to_owned();
    }
    let sysctl = Command::new("sysctl").args(["-n", "machdep.cpu.brand_string"]).output();
    match sysctl {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        _ => "unknown".to_owned(),
    }
}

/// CPU time of the whole machine since it started, in the system's ticks.
#[derive(Debug, Clone, Copy)]
pub struct CpuTime {
    all: u64,
    stolen: u64,
}

impl CpuTime {
    /// `None` where there is no `/proc/stat`.
    pub fn now() -> Option<Self> {
        let stat = std::fs::read_to_string("/proc/stat").ok()?;
        // user, nice, system, idle, iowait, irq, softirq, steal; what follows is counted in user already.
        let ticks: Vec<u64> = stat
            .lines()
            .next()?
            .split_whitespace()
            .skip(1)
            .take(8)
            .filter_map(|ticks| ticks.parse().ok())
            .collect();
        Some(Self { all: ticks.iter().sum(), stolen: *ticks.get(7)? })
    }

    /// The share of the time from `self` on that was stolen.
    pub fn stolen_since(self) -> Option<f64> {
        let now = Self::now()?;
        Some((now.stolen - self.stolen) as f64 / (now.all - self.all).max(1) as f64)
    }
}
