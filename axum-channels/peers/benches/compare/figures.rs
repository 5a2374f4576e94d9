//! Results of the measurements, round by round.

use crate::measurement::Measurement;
use std::collections::BTreeMap;

#[derive(Default)]
pub(crate) struct Figures {
    /// Figures by peer, measurement and the name in the output of `load`.
    rounds: BTreeMap<(String, Measurement, String), Vec<f64>>,
}

impl Figures {
    pub(crate) fn add(
        &mut self,
        peer: &str,
        measurement: Measurement,
        found: BTreeMap<String, f64>,
    ) {
        for (name, figure) in found {
            let key = (peer.to_owned(), measurement, name);
            self.rounds.entry(key).or_default().push(figure);
        }
    }

    pub(crate) fn median(&self, peer: &str, measurement: Measurement, name: &str) -> Option<f64> {
        let mut figures = self.of(peer, measurement, name)?.to_vec();
        figures.sort_by(f64::total_cmp);
        let (below, above) = (figures.len().checked_sub(1)? / 2, figures.len() / 2);
        Some(f64::midpoint(figures[below], figures[above]))
    }

    pub(crate) fn sum(&self, peer: &str, measurement: Measurement, name: &str) -> Option<f64> {
        Some(self.of(peer, measurement, name)?.iter().sum())
    }

    fn of(&self, peer: &str, measurement: Measurement, name: &str) -> Option<&[f64]> {
        let key = (peer.to_owned(), measurement, name.to_owned());
        self.rounds.get(&key).map(Vec::as_slice)
    }
}
