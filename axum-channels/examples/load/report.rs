//! Results of a measurement: names and numbers.

use crate::Failed;
use crate::latencies::Latencies;
use crate::options::Output;
use crate::span::Passed;

#[derive(Default)]
pub(crate) struct Report {
    figures: Vec<(String, f64)>,
}

impl Report {
    pub(crate) fn add(&mut self, name: impl Into<String>, figure: f64) {
        self.figures.push((name.into(), figure));
    }

    /// Creates the report of one kind of event (`reply`, plural `replies`).
    pub(crate) fn of(
        (one, many): (&str, &str),
        latencies: &Latencies,
        passed: &Passed,
    ) -> Result<Report, Failed> {
        let total = latencies.total() as f64;
        if total == 0.0 {
            return Err(format!("no {one} came in {:.0} s", passed.time).into());
        }
        let mut report = Report::default();
        report.add(format!("{many}_a_second"), total / passed.time);
        report.add("p50_ms", latencies.quantile(0.5));
        report.add("p99_ms", latencies.quantile(0.99));
        report.add("p999_ms", latencies.quantile(0.999));
        if let Some(server) = passed.server {
            report.add(format!("server_cpu_us_a_{one}"), server / total * 1e6);
        }
        report.add(
            format!("client_cpu_us_a_{one}"),
            passed.client / total * 1e6,
        );
        Ok(report)
    }

    pub(crate) fn shown(&self, output: Output) -> String {
        let figures = self.figures.iter().map(|(name, figure)| {
            let figure = (figure * 1000.0).round() / 1000.0;
            match output {
                Output::Text => format!("{:28} {figure}", name.replace('_', " ")),
                Output::Json => format!("\"{name}\":{figure}"),
            }
        });
        let figures: Vec<_> = figures.collect();
        match output {
            Output::Text => figures.join("\n"),
            Output::Json => format!("{{{}}}", figures.join(",")),
        }
    }
}
