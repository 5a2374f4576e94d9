//! Close codes in words.

use tungstenite::protocol::CloseFrame;

/// Returns the code and its meaning, such as `1000 (normal closure)`, and the reason if there is one.
pub fn described(close: Option<&CloseFrame>) -> String {
    let Some(close) = close else {
        return "without a code".to_owned();
    };
    let code = u16::from(close.code);
    let code = match meaning(code) {
        Some(meaning) => format!("{code} ({meaning})"),
        None => code.to_string(),
    };
    match close.reason.as_str() {
        "" => code,
        reason => format!("{code}: {reason}"),
    }
}

/// Returns the meaning of a code: RFC 6455 and IANA's registry.
pub fn meaning(code: u16) -> Option<&'static str> {
    Some(match code {
        1000 => "normal closure",
        1001 => "going away: the server stops, or disconnects this client",
        1002 => "protocol error",
        1003 => "a type of data that is not accepted",
        1005 => "without a code",
        1006 => "the connection was lost",
        1007 => "invalid data, such as text that is not UTF-8",
        1008 => "a rule of the server is violated",
        1009 => "the message is too big",
        1010 => "an extension is missing",
        1011 => "error in the server: for Phoenix, also a malformed message",
        1012 => "the server restarts",
        1013 => "try again later",
        1014 => "bad gateway",
        1015 => "TLS failed",
        3000 => "unauthorized",
        3003 => "forbidden",
        3008 => "timeout",
        code => return range(code),
    })
}

/// Returns the meaning of a code that has none of its own.
fn range(code: u16) -> Option<&'static str> {
    match code {
        3000..=3999 => Some("a code of a library"),
        4000..=4999 => Some("a code of the app"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_is_its_code_in_words_and_its_reason() {
        let close = |code: u16, reason: &'static str| CloseFrame {
            code: code.into(),
            reason: reason.into(),
        };
        assert_eq!(described(None), "without a code");
        assert_eq!(described(Some(&close(1000, ""))), "1000 (normal closure)");
        assert_eq!(
            described(Some(&close(4001, "bye"))),
            "4001 (a code of the app): bye"
        );
        assert_eq!(
            described(Some(&close(3999, ""))),
            "3999 (a code of a library)"
        );
        assert_eq!(described(Some(&close(999, ""))), "999");
    }
}
