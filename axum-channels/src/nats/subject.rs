use sha1_smol::Sha1;

/// Maximum number of bytes of a token, so that a line with its subject is shorter than the 4096 bytes that NATS takes.
const MAX: usize = 800;

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// Returns a part of a subject, and of a key, for any text.
///
/// Letters, digits, `-` and `_` stay; other bytes become `=` and two hexadecimal digits, and an empty text `=`. A text with a
/// longer token is `==` and its SHA-1: messages have their topic in them, so nothing has to be read back.
pub(super) fn token(text: &str) -> String {
    let mut token = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => token.push(byte.into()),
            _ => {
                let digit = |digit: u8| char::from(DIGITS[usize::from(digit)]);
                token.extend(['=', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
    match token.len() {
        0 => "=".to_owned(),
        1..=MAX => token,
        _ => format!("=={}", Sha1::from(text).digest()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_token_is_legal_short_and_that_of_one_text() {
        let long = "x".repeat(900);
        let texts = [
            "",
            "=",
            "==",
            "room:1",
            "room=3A1",
            "room.1",
            "*",
            ">",
            "a b",
            "é",
            "\r\n",
            "A",
            "a",
            &long,
            &long[1..],
        ];
        let tokens: HashSet<_> = texts.iter().map(|text| token(text)).collect();
        assert_eq!(tokens.len(), texts.len());
        for token in tokens {
            let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte);
            assert!(token.len() <= MAX && token.bytes().all(is_legal), "{token}");
        }
        assert_eq!(token("room:1"), "room=3A1");
        assert_eq!(token("user_socket:2-b"), "user_socket=3A2-b");
        assert_eq!(token(""), "=");
        assert!(token(&long).starts_with("=="));
    }
}
