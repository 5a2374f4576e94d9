use super::EncodeError;
use super::entry::entry;
use super::invalid_payload::{self, InvalidPayload};
use super::text::Text;
use bytes::Bytes;
use serde::Serialize;
use serde::de::{DeserializeOwned, DeserializeSeed};
use serde_json::Value;
use std::any::type_name;
use std::fmt;

/// Payload of a message: JSON text, or bytes.
///
/// JSON is kept as it was received and parsed on demand, by [`parse`](Self::parse), [`get`](Self::get) or
/// [`to_value`](Self::to_value). A payload that is only passed on (echoed, broadcast) is never parsed: its bytes are sent
/// unchanged, with keys in the same order. Cloning shares the text. Two payloads are equal if they are the same JSON
/// value, or the same bytes.
///
/// ```
/// use axum_channels::Payload;
/// use serde_json::json;
///
/// let payload = Payload::from(json!({"body": "hello", "urgent": true}));
/// assert_eq!(payload.get("body"), Some(json!("hello")));
/// assert_eq!(payload, Payload::from(json!({"urgent": true, "body": "hello"})));
/// ```
///
/// Methods that send take `impl Into<Payload>`: a `Payload`, which is encoded already, a [`Value`], or a reference to a
/// value that implements [`Serialize`]:
///
/// ```
/// # use axum_channels::Socket;
/// #[derive(serde::Serialize)]
/// struct Line { body: String }
///
/// fn send(socket: &Socket, line: &Line) {
///     socket.broadcast("line", line);
/// }
/// ```
#[derive(Clone)]
pub struct Payload(Repr);

#[derive(Clone)]
enum Repr {
    Json(Text),
    Binary(Bytes),
}

impl Payload {
    /// Creates a payload that is an empty JSON object, `{}`.
    ///
    /// ```
    /// # use axum_channels::Payload;
    /// assert_eq!(Payload::empty(), Payload::from(serde_json::json!({})));
    /// ```
    #[must_use]
    pub const fn empty() -> Self {
        Payload(Repr::Json(Text::Static("{}")))
    }

    /// JSON text that is already known to be valid.
    pub(crate) fn from_valid_json(json: &str) -> Self {
        match json {
            "{}" => Payload::empty(),
            _ => Payload(Repr::Json(json.into())),
        }
    }

    /// JSON constant of the program.
    pub(crate) const fn constant(json: &'static str) -> Self {
        Payload(Repr::Json(Text::Static(json)))
    }

    /// Creates a binary payload, sent unchanged in a binary frame: an `ArrayBuffer` in phoenix.js.
    ///
    /// Topic, event and refs of its message have at most 255 bytes each; a channel that sends a longer one ends with an
    /// error. Clients that cannot receive bytes, those with the V1 protocol or on the long-poll transport, are not sent
    /// the message, and that is logged.
    ///
    /// ```
    /// use axum_channels::{Payload, Reply};
    ///
    /// let image = Payload::binary(vec![0x89, b'P', b'N', b'G']);
    /// assert_eq!(image.as_binary().map(|bytes| bytes.len()), Some(4));
    /// let reply = Reply::ok(image);
    /// ```
    pub fn binary(bytes: impl Into<Bytes>) -> Self {
        Payload(Repr::Binary(bytes.into()))
    }

    /// Returns the bytes of a binary payload, `None` for JSON.
    ///
    /// ```
    /// # use axum_channels::Payload;
    /// assert_eq!(Payload::binary(&b"abc"[..]).as_binary().map(|bytes| &bytes[..]), Some(&b"abc"[..]));
    /// assert_eq!(Payload::empty().as_binary(), None);
    /// ```
    pub fn as_binary(&self) -> Option<&Bytes> {
        match &self.0 {
            Repr::Json(_) => None,
            Repr::Binary(bytes) => Some(bytes),
        }
    }

    /// Checks that this can be the payload of a push or a broadcast: an object or bytes, as in Phoenix. Its clients fail
    /// on `null`.
    pub(crate) fn check_event(&self) -> Result<(), EncodeError> {
        match self.is_object() || self.is_binary() {
            true => Ok(()),
            false => Err(EncodeError::NoObject),
        }
    }

    pub(crate) fn is_object(&self) -> bool {
        self.as_json().starts_with('{')
    }

    pub(crate) fn is_binary(&self) -> bool {
        matches!(self.0, Repr::Binary(_))
    }

    /// The JSON text or the bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Json(json) => json.as_bytes(),
            Repr::Binary(bytes) => bytes,
        }
    }

    /// Returns the JSON text, as it was received. For a binary payload it is `null`.
    ///
    /// ```
    /// # use axum_channels::Payload;
    /// assert_eq!(Payload::empty().as_json(), "{}");
    /// ```
    pub fn as_json(&self) -> &str {
        match &self.0 {
            Repr::Json(json) => json,
            Repr::Binary(_) => "null",
        }
    }

    /// Parses the payload into a type of the app.
    ///
    /// [`parse_event`](Self::parse_event) also distinguishes events.
    ///
    /// # Errors
    /// If the payload is not a `T`, or if it is bytes. In `join` and `handle_in`, `?` turns the error into the reply
    /// `{"reason": …}`.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::Payload;
    /// #[derive(serde::Deserialize)]
    /// struct Shout { body: String }
    ///
    /// let payload = Payload::from(serde_json::json!({"body": "hello"}));
    /// assert_eq!(payload.parse::<Shout>()?.body, "hello");
    /// let missing = Payload::empty().parse::<Shout>().map(|shout| shout.body);
    /// assert_eq!(missing.map_err(|error| error.reason), Err("missing field `body`".to_owned()));
    /// # Ok::<_, axum_channels::InvalidPayload>(())
    /// ```
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, InvalidPayload> {
        invalid_payload::parse(self.json()?)
    }

    /// Parses the payload by a seed of serde's.
    pub(crate) fn parse_seed<'de, S: DeserializeSeed<'de>>(
        &'de self,
        seed: S,
    ) -> Result<S::Value, InvalidPayload> {
        invalid_payload::parse_seed(self.json()?, seed)
    }

    fn json(&self) -> Result<&str, InvalidPayload> {
        match &self.0 {
            Repr::Json(json) => Ok(json),
            Repr::Binary(_) => Err(InvalidPayload {
                reason: "expected JSON, not bytes".to_owned(),
            }),
        }
    }

    /// Returns the value of a key of the outermost object. `None` if there is no such key, or no object.
    ///
    /// The payload is read each time, and other values are skipped; for more than one key use [`parse`](Self::parse).
    ///
    /// ```
    /// # use axum_channels::Payload;
    /// let payload = Payload::from(serde_json::json!({"n": 1}));
    /// assert_eq!(payload.get("n"), Some(1.into()));
    /// assert_eq!(payload.get("m"), None);
    /// ```
    pub fn get(&self, key: &str) -> Option<Value> {
        serde_json::from_str(self.entry(key)?).ok()
    }

    /// Returns the JSON of that value.
    pub(crate) fn entry(&self, key: &str) -> Option<&str> {
        entry(self.as_json(), key)
    }

    /// Returns the payload as a tree of values. For a binary payload it is `null`.
    ///
    /// ```
    /// # use axum_channels::Payload;
    /// assert_eq!(Payload::empty().to_value(), serde_json::json!({}));
    /// ```
    pub fn to_value(&self) -> Value {
        // Valid by construction, and no deeper than serde_json's limit: see `codec`.
        serde_json::from_str(self.as_json()).unwrap_or_default()
    }
}

impl Default for Payload {
    fn default() -> Self {
        Payload::empty()
    }
}

impl From<Value> for Payload {
    fn from(value: Value) -> Self {
        Payload(Repr::Json(value.to_string().into()))
    }
}

/// Shares the text or the bytes.
impl From<&Payload> for Payload {
    fn from(payload: &Payload) -> Self {
        payload.clone()
    }
}

/// Encodes a value as JSON.
///
/// # Panics
/// If JSON cannot express the value, such as a map whose keys are neither strings nor numbers. A channel that panics is
/// ended, as in Phoenix. To handle the error, use [`serde_json::to_value`].
impl<T: Serialize + ?Sized> From<&T> for Payload {
    #[track_caller]
    fn from(value: &T) -> Self {
        match serde_json::to_string(value) {
            Ok(json) => Payload(Repr::Json(json.into())),
            Err(error) => panic!("a {} has no JSON: {error}", type_name::<T>()),
        }
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Json(json), Repr::Json(theirs)) => {
                **json == **theirs || self.to_value() == other.to_value()
            }
            (Repr::Binary(bytes), Repr::Binary(theirs)) => bytes == theirs,
            _ => false,
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Json(json) => f.write_str(json),
            Repr::Binary(bytes) => fmt::Debug::fmt(bytes, f),
        }
    }
}
