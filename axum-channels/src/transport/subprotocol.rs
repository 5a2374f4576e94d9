//! Selection of the subprotocol, RFC 6455 §4.2.2: pure.

use crate::socket::{BEARER, offered_subprotocols};
use axum::http::{HeaderMap, HeaderValue};

/// The subprotocol that Phoenix's client offers besides its token.
const PHOENIX: &str = "phoenix";

/// Error of a client that offers only subprotocols that the socket does not support.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unsupported;

/// Reads the name of a subprotocol.
///
/// # Panics
/// If it is not a token, RFC 9110 §5.6.2.
pub(super) fn subprotocol(name: &str) -> HeaderValue {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    match HeaderValue::from_str(name) {
        Ok(value) if !name.is_empty() && name.bytes().all(is_token) => value,
        _ => panic!("`{name}` is not the name of a subprotocol"),
    }
}

/// Selects the first supported subprotocol that the client offers.
///
/// As Phoenix's `Transport.check_subprotocols`, once its token is taken out of the offers. If `supported` is empty, any offer
/// is accepted.
pub(super) fn select(
    headers: &HeaderMap,
    supported: &[HeaderValue],
) -> Result<Option<HeaderValue>, Unsupported> {
    let offers = offered_subprotocols(headers);
    let offers: Vec<&str> = offers.filter(|offer| !offer.starts_with(BEARER)).collect();
    let phoenix = HeaderValue::from_static(PHOENIX);
    let mut known = supported.iter().chain([&phoenix]);
    let selected = known.find(|known| offers.iter().any(|offer| *known == offer));
    match selected {
        None if !offers.is_empty() && !supported.is_empty() => Err(Unsupported),
        selected => Ok(selected.cloned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;

    fn selected(offer: &str, supported: &[&str]) -> Result<Option<String>, Unsupported> {
        let mut headers = HeaderMap::new();
        let offer = HeaderValue::from_str(offer).expect("a header");
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, offer);
        let supported: Vec<_> = supported.iter().map(|name| subprotocol(name)).collect();
        let selected = select(&headers, &supported)?;
        Ok(selected.map(|it| it.to_str().expect("text").to_owned()))
    }

    #[test]
    fn phoenix_is_selected_from_what_is_offered_and_a_token_is_not() {
        let phoenix = Ok(Some("phoenix".to_owned()));
        assert_eq!(
            selected("phoenix, base64url.bearer.phx.dG9rZW4", &[]),
            phoenix
        );
        assert_eq!(
            selected("base64url.bearer.phx.dG9rZW4,phoenix", &["mqtt"]),
            phoenix
        );
        assert_eq!(
            selected("base64url.bearer.phx.dG9rZW4", &["mqtt"]),
            Ok(None)
        );
        assert_eq!(selected("graphql-ws", &[]), Ok(None));
    }

    #[test]
    fn the_socket_has_the_preference_and_another_offer_is_refused() {
        assert_eq!(selected("b, a", &["a", "b"]), Ok(Some("a".to_owned())));
        assert_eq!(selected("b", &["a", "b"]), Ok(Some("b".to_owned())));
        assert_eq!(selected("c", &["a", "b"]), Err(Unsupported));
        assert_eq!(select(&HeaderMap::new(), &[subprotocol("a")]), Ok(None));
    }

    #[test]
    #[should_panic = "`a, b` is not the name of a subprotocol"]
    fn a_list_is_not_a_name() {
        subprotocol("a, b");
    }
}
