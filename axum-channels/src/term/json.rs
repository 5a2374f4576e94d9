use super::Term;
use std::fmt::Write;

/// Error of a term that JSON cannot express.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inexpressible;

/// Appends a term as JSON, as Elixir's Jason encodes it: atoms as texts, dates and times of Elixir in ISO 8601.
///
/// # Errors
/// If Jason would raise: tuples, bytes that are no text, structs, ids of processes. So would structs for which the Phoenix
/// app has an encoder of its own: it is not known here.
pub(crate) fn write_json(term: &Term<'_>, out: &mut String) -> Result<(), Inexpressible> {
    match term {
        Term::Integer(value) => write_display(value, out),
        Term::Big { is_negative, bytes } => {
            if *is_negative {
                out.push('-');
            }
            out.push_str(&decimal(bytes)?);
        }
        Term::Float(value) => {
            let number = serde_json::Number::from_f64(*value).ok_or(Inexpressible)?;
            write_display(number, out);
        }
        Term::Atom(name) => match &**name {
            "nil" => out.push_str("null"),
            "true" | "false" => out.push_str(name),
            name => write_text(name, out),
        },
        Term::Binary(bytes) => {
            let text = std::str::from_utf8(bytes).map_err(|_| Inexpressible)?;
            write_text(text, out);
        }
        Term::List(terms) => {
            let mut separator = '[';
            for term in terms {
                out.push(separator);
                write_json(term, out)?;
                separator = ',';
            }
            out.push_str(if terms.is_empty() { "[]" } else { "]" });
        }
        Term::Map(entries) => match term.field("__struct__") {
            Some(Term::Atom(name)) => {
                let text = calendar(name, term).ok_or(Inexpressible)?;
                write_text(&text, out);
            }
            _ => write_map(entries, out)?,
        },
        Term::Tuple(_) | Term::Other => return Err(Inexpressible),
    }
    Ok(())
}

fn write_map(entries: &[(Term<'_>, Term<'_>)], out: &mut String) -> Result<(), Inexpressible> {
    let mut separator = '{';
    for (key, value) in entries {
        out.push(separator);
        match key {
            Term::Atom(name) => write_text(name, out),
            Term::Binary(_) => write_json(key, out)?,
            Term::Integer(value) => write_text(&value.to_string(), out),
            _ => return Err(Inexpressible),
        }
        out.push(':');
        write_json(value, out)?;
        separator = ',';
    }
    out.push_str(if entries.is_empty() { "{}" } else { "}" });
    Ok(())
}

/// Returns a date or a time of Elixir in ISO 8601.
fn calendar(name: &str, term: &Term<'_>) -> Option<String> {
    match name {
        "Elixir.Date" => date(term),
        "Elixir.Time" => time(term),
        "Elixir.NaiveDateTime" => Some(format!("{}T{}", date(term)?, time(term)?)),
        "Elixir.DateTime" => {
            let (utc, std) = (number(term, "utc_offset")?, number(term, "std_offset")?);
            let zone = match (utc + std, term.field("time_zone")?) {
                (0, Term::Binary(b"Etc/UTC")) => "Z".to_owned(),
                (offset, _) => {
                    let sign = if offset < 0 { '-' } else { '+' };
                    let minutes = offset.abs() / 60;
                    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
                }
            };
            Some(format!("{}T{}{zone}", date(term)?, time(term)?))
        }
        _ => None,
    }
}

fn date(term: &Term<'_>) -> Option<String> {
    let [year, month, day] = ["year", "month", "day"].map(|name| number(term, name));
    Some(format!("{:04}-{:02}-{:02}", year?, month?, day?))
}

fn time(term: &Term<'_>) -> Option<String> {
    let [hour, minute, second] = ["hour", "minute", "second"].map(|name| number(term, name));
    let mut text = format!("{:02}:{:02}:{:02}", hour?, minute?, second?);
    let Term::Tuple(microsecond) = term.field("microsecond")? else {
        return None;
    };
    let [
        Term::Integer(micros @ 0..1_000_000),
        Term::Integer(precision),
    ] = microsecond[..]
    else {
        return None;
    };
    if let precision @ 1..=6 = usize::try_from(precision).ok()? {
        text.push('.');
        text.push_str(&format!("{micros:06}")[..precision]);
    }
    Some(text)
}

/// Returns a number of a date or a time. Those of more digits are none.
fn number(term: &Term<'_>, name: &str) -> Option<i64> {
    match term.field(name)? {
        Term::Integer(value @ -999_999..=999_999) => i64::try_from(*value).ok(),
        _ => None,
    }
}

/// Maximum number of bytes of an integer: its conversion takes quadratic time.
const MAX_BIG: usize = 256;

/// Returns the digits of a large integer, whose bytes start with the lowest.
fn decimal(bytes: &[u8]) -> Result<String, Inexpressible> {
    const BILLION: u64 = 1_000_000_000;
    if bytes.len() > MAX_BIG {
        return Err(Inexpressible);
    }
    let mut number: Vec<u8> = bytes.iter().rev().copied().collect();
    let mut groups = Vec::new();
    while number.iter().any(|byte| *byte > 0) {
        let mut rest = 0;
        for byte in &mut number {
            let value = rest << 8 | u64::from(*byte);
            *byte = (value / BILLION) as u8; // the rest is below a billion, so this is below 256
            rest = value % BILLION;
        }
        groups.push(rest);
    }
    let mut groups = groups.into_iter().rev();
    let mut digits = groups.next().unwrap_or(0).to_string();
    for group in groups {
        let _ = write!(digits, "{group:09}"); // writing into a text cannot fail
    }
    Ok(digits)
}

fn write_display(value: impl std::fmt::Display, out: &mut String) {
    let _ = write!(out, "{value}"); // writing into a text cannot fail
}

fn write_text(text: &str, out: &mut String) {
    write_display(serde_json::Value::from(text), out);
}
