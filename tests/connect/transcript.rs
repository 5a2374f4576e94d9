//! Output of `connect`, without what differs in each run.

use regex_lite::Regex;

/// Returns `text` with placeholders for times, ports, keys and dates.
pub fn normal(text: &str) -> String {
    let placeholders = [
        (r"\d\d:\d\d:\d\d\.\d\d\dZ", "TIME"),
        (r"\d+\.\d ms", "N ms"),
        (r"127\.0\.0\.1:\d+", "HOST"),
        (
            r"(Sec-WebSocket-Key|sec-websocket-accept|date): .*",
            "$1: …",
        ),
        (r"hello-sockets/\d+\.\d+\.\d+", "hello-sockets/VERSION"),
    ];
    let mut text = text.replace("\r\n", "\n");
    for (pattern, placeholder) in placeholders {
        let pattern = Regex::new(pattern).expect("it is a pattern");
        text = pattern.replace_all(&text, placeholder).into_owned();
    }
    text
}

/// Returns the lines of frames, and those below them.
pub fn frames(stdout: &str) -> String {
    let text = normal(stdout);
    let start = text.find("TIME ").unwrap_or(text.len());
    text[start..].to_owned()
}
