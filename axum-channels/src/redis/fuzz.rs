//! Properties that hold for any input: see [`crate::fuzz`].

pub(crate) use super::phoenix::fuzz::phoenix;

use super::cluster::fuzz as cluster;
use super::history::{self, Loaded};
use super::names::{Names, Scope, field, parse_field};

/// Asserts that names, histories and answers in a Redis are refused, or read as this library writes them.
pub(crate) fn values(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(of) = parse_field(&text) {
        assert_eq!(parse_field(&field(of, 1)), Some(of));
    }
    let names = Names::new("app", Scope::Cluster);
    if let Some(topic) = names.topic_of(data) {
        assert_eq!(names.topic(topic).as_bytes(), data);
    }
    if let Ok(stored) = history::stored(loaded(&text)) {
        let numbers = stored.broadcasts.iter().map(|it| it.number);
        assert!(numbers.min().is_none_or(|oldest| stored.start < oldest));
    }
    cluster::answers(data, &text);
}

/// A line for the epoch, the last number and the time each, and one for each entry.
fn loaded(text: &str) -> Loaded {
    let mut lines = text.lines();
    let epoch = lines.next().unwrap_or_default().to_owned();
    let mut number = || lines.next().unwrap_or_default().parse().unwrap_or(u64::MAX);
    let (last, now) = (number(), number());
    let entry = |line: &str| {
        let mut words = line.split(' ').map(str::to_owned);
        let id = words.next().unwrap_or_default();
        (id, words.map(Into::into).collect())
    };
    (epoch, last, now, lines.map(entry).collect())
}
