//! The text of a terminal, with its colours, as SVG.

use std::fmt::Write;

use console::AnsiCodeIterator;

/// Size of a character, and of the space around the text, in pixels.
const FONT: f64 = 14.0;
const CHARACTER: f64 = 8.4;
const LINE: usize = 20;
const PADDING: usize = 24;

/// The colours of a terminal.
pub struct Theme {
    pub name: &'static str,
    background: &'static str,
    border: &'static str,
    text: &'static str,
    green: &'static str,
}

pub const LIGHT: Theme = Theme {
    name: "light",
    background: "#ffffff",
    border: "#d1d9e0",
    text: "#1f2328",
    green: "#1a7f37",
};

pub const DARK: Theme = Theme {
    name: "dark",
    background: "#0d1117",
    border: "#3d444d",
    text: "#f0f6fc",
    green: "#3fb950",
};

/// Draws the lines of `text`, which may have the escape codes of green.
pub fn draw(text: &str, theme: &Theme) -> String {
    let lines: Vec<_> = text.trim_end().lines().collect();
    let columns = lines.iter().map(|line| console::measure_text_width(line));
    let columns = columns.max().unwrap_or_default();
    let width = (columns as f64 * CHARACTER) as usize + 2 * PADDING;
    let height = lines.len() * LINE + 2 * PADDING;
    let Theme {
        background,
        border,
        text,
        green,
        ..
    } = theme;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n\
         <style>\n\
         text {{ font: {FONT}px ui-monospace, SFMono-Regular, Menlo, Consolas, \"DejaVu Sans Mono\", monospace; fill: {text}; white-space: pre }}\n\
         .green {{ fill: {green} }}\n\
         </style>\n\
         <rect x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"8\" fill=\"{background}\" stroke=\"{border}\"/>\n",
        width - 1,
        height - 1,
    );
    for (number, line) in lines
        .iter()
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
    {
        let y = PADDING + number * LINE + LINE * 3 / 4;
        // The length is stated, for readers whose font is wider.
        let length = console::measure_text_width(line) as f64 * CHARACTER;
        let spans = spans(line);
        let _ = writeln!(
            svg,
            "<text x=\"{PADDING}\" y=\"{y}\" textLength=\"{length:.1}\">{spans}</text>"
        );
    }
    svg + "</svg>\n"
}

/// Returns a line as SVG text, with a span for what is green.
fn spans(line: &str) -> String {
    let mut spans = String::new();
    for (part, is_code) in AnsiCodeIterator::new(line) {
        match (is_code, part) {
            (false, text) => spans += &escape(text),
            (true, "\u{1b}[32m") => spans += "<tspan class=\"green\">",
            (true, "\u{1b}[0m") => spans += "</tspan>",
            (true, code) => panic!("{code:?} is not drawn yet"),
        }
    }
    spans
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
