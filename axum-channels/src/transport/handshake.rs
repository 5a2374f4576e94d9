//! The opening handshake, RFC 6455 §4.2: pure.

use crate::socket::tokens;
use axum::http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header, request::Parts,
};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// GUID of §1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Response to a valid request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Handshake {
    /// `Sec-WebSocket-Accept`.
    pub(super) accept: HeaderValue,
}

impl Handshake {
    /// Validates a WebSocket request: §4.2.1.
    ///
    /// # Errors
    /// The first header that is missing or wrong.
    pub(super) fn read(request: &Parts) -> Result<Handshake, &'static str> {
        let headers = &request.headers;
        let needs = |is_there: bool, what| if is_there { Ok(()) } else { Err(what) };
        needs(request.method == Method::GET, "method GET")?;
        needs(request.version == Version::HTTP_11, "HTTP/1.1")?;
        let upgrades = has_token(headers, header::UPGRADE, "websocket");
        needs(upgrades, "header Upgrade: websocket")?;
        let connects = has_token(headers, header::CONNECTION, "upgrade");
        needs(connects, "header Connection: Upgrade")?;
        let version = headers.get(header::SEC_WEBSOCKET_VERSION);
        let is_13 = version.is_some_and(|version| version == "13");
        needs(is_13, "header Sec-WebSocket-Version: 13")?;
        // Phoenix's server takes any value, and clients exist whose key is not the base64 of 16 bytes.
        let key = headers.get(header::SEC_WEBSOCKET_KEY);
        let key = key.ok_or("header Sec-WebSocket-Key")?;
        let accept = accept(key.as_bytes());
        Ok(Handshake {
            accept: HeaderValue::from_str(&accept).map_err(|_| "header Sec-WebSocket-Key")?,
        })
    }

    /// §4.2.2, with the selected subprotocol.
    pub(super) fn response(self, subprotocol: Option<HeaderValue>) -> Response {
        let headers = [
            (header::UPGRADE, HeaderValue::from_static("websocket")),
            (header::CONNECTION, HeaderValue::from_static("Upgrade")),
            (header::SEC_WEBSOCKET_ACCEPT, self.accept),
        ];
        let mut response = (StatusCode::SWITCHING_PROTOCOLS, headers).into_response();
        let subprotocol = subprotocol.map(|it| (header::SEC_WEBSOCKET_PROTOCOL, it));
        response.headers_mut().extend(subprotocol);
        response
    }
}

/// Returns whether a header's comma-separated tokens include the given one, in any case.
fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    tokens(headers, name).any(|it| it.eq_ignore_ascii_case(token))
}

/// §4.2.2, 5.4: base64 of the SHA-1 of the key and the GUID.
fn accept(key: &[u8]) -> String {
    let mut hash = sha1_smol::Sha1::new();
    hash.update(key);
    hash.update(GUID);
    BASE64_STANDARD.encode(hash.digest().bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    const PROPER: [(&str, &str); 5] = [
        ("host", "localhost"),
        ("upgrade", "WebSocket"),
        ("connection", "keep-alive, Upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    fn request(method: Method, headers: &[(&str, &str)]) -> Parts {
        let request = Request::builder().method(method);
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        let Ok(request) = request.body(()) else {
            panic!("headers are valid")
        };
        request.into_parts().0
    }

    #[test]
    fn the_example_of_the_rfc_is_answered_as_in_the_rfc() {
        let expected = Handshake {
            accept: HeaderValue::from_static("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        };
        assert_eq!(
            Handshake::read(&request(Method::GET, &PROPER)),
            Ok(expected)
        );
    }

    #[test]
    fn each_header_is_needed_and_so_is_get() {
        let post = Handshake::read(&request(Method::POST, &PROPER));
        assert_eq!(post, Err("method GET"));
        for (missing, expected) in [
            ("upgrade", "header Upgrade: websocket"),
            ("connection", "header Connection: Upgrade"),
            ("sec-websocket-version", "header Sec-WebSocket-Version: 13"),
            ("sec-websocket-key", "header Sec-WebSocket-Key"),
        ] {
            let headers: Vec<_> = PROPER
                .into_iter()
                .filter(|(name, _)| *name != missing)
                .collect();
            assert_eq!(
                Handshake::read(&request(Method::GET, &headers)),
                Err(expected)
            );
        }
    }

    #[test]
    fn wrong_values_are_refused() {
        for (name, value) in [
            ("upgrade", "h2c"),
            ("connection", "close"),
            ("sec-websocket-version", "8"),
        ] {
            let headers = PROPER.map(|header| {
                if header.0 == name {
                    (name, value)
                } else {
                    header
                }
            });
            let read = Handshake::read(&request(Method::GET, &headers));
            assert!(read.is_err(), "{name}: {value}");
        }
    }

    #[test]
    fn a_key_may_be_anything() {
        for key in ["SGVsbG8sIHdvcmxkIQ==", "not base64", ""] {
            let headers = PROPER.map(|(name, value)| match name {
                "sec-websocket-key" => (name, key),
                _ => (name, value),
            });
            let handshake = Handshake::read(&request(Method::GET, &headers));
            let accept = handshake.map(|handshake| handshake.accept);
            let expected = HeaderValue::from_str(&super::accept(key.as_bytes()));
            assert_eq!(accept.ok(), expected.ok(), "{key}");
        }
    }
}
