//! The wiring of an app as text.

use std::fmt::Write;

use super::{Socket, Wiring};

/// Returns the sockets and what is not wired, in paragraphs.
pub fn text(wiring: &Wiring) -> String {
    let mut text = String::new();
    for socket in &wiring.sockets {
        write_socket(&mut text, socket);
    }
    if wiring.sockets.is_empty() {
        text += "No sockets.\n";
    }
    if !wiring.problems.is_empty() {
        text += "\nNot wired:\n";
    }
    for problem in &wiring.problems {
        let help = problem.help.as_deref().unwrap_or_default();
        let _ = write!(text, "\n* {}\n    {help}\n", problem.message);
    }
    text
}

fn write_socket(text: &mut String, socket: &Socket) {
    let gap = if text.is_empty() { "" } else { "\n" };
    let _ = writeln!(text, "{gap}{} ({})", socket.name, socket.at);
    let mounts = socket.mounts.iter();
    let mounts = mounts.map(|mount| [&*mount.path, "mounted", &mount.at]);
    let routes = socket.routes.iter();
    let routes = routes.map(|route| [&*route.topic, &route.channel, &route.at]);
    let rows: Vec<_> = mounts
        .map(|row| row.map(|cell: &str| cell))
        .chain(routes)
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let [first, second] = [0, 1].map(|column| width(column).unwrap_or_default());
    for [a, b, c] in &rows {
        let _ = writeln!(text, "  {a:first$}  {b:second$}  {c}");
    }
    for script in &socket.scripts {
        let _ = writeln!(text, "  script {}", script.display());
    }
}
