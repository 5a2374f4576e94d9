//! The machine, without which a figure means nothing.

use anyhow::{Context, Result};
use std::fs::read_to_string;
use std::thread::available_parallelism;

/// Returns one line, with the load before the first measurement.
pub(crate) fn describe() -> Result<String> {
    let cpus = read_to_string("/proc/cpuinfo").context("this needs Linux")?;
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("a CPU of unknown model", |(_, model)| model.trim());
    let kernel = read_to_string("/proc/sys/kernel/osrelease")?;
    let load = read_to_string("/proc/loadavg")?;
    Ok(format!(
        "{} cores of {model}, Linux {}, load average {} before it began. Client and server share the cores.",
        available_parallelism()?,
        kernel.trim(),
        load.split(' ').next().unwrap_or("unknown"),
    ))
}
