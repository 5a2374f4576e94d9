//! Signed tokens. Source: `Plug.Crypto` and `Plug.Crypto.MessageVerifier`.

mod term;

use crate::error::Result;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use pbkdf2::pbkdf2_hmac_array;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::Sha256;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use term::Contents;

/// Part before the dot: `HS256`.
const PROTECTED: &str = "SFMyNTY";

/// Number of iterations, as in `Phoenix.Token`.
const ITERATIONS: u32 = 1000;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Signer of tokens, as `Phoenix.Token`: it signs data, and verifies tokens that it has signed. Requires the feature
/// `token`.
///
/// A server puts a token, for example with the id of the signed-in user, into a page. The page connects with it, and
/// [`connect`](crate::SocketHandler::connect) verifies it.
///
/// A token is signed, not encrypted: its holder can read the data, but not change them. The key is derived from a secret
/// of the app and a salt, which names the purpose: a token for a socket is not valid for resetting a password. Deriving a
/// key takes about a millisecond: create a signer once, and keep it in the endpoint's
/// [state](crate::EndpointBuilder::state).
///
/// # Data
///
/// With the same secret and salt, Phoenix verifies these tokens, and a signer verifies Phoenix's. Their data is a string
/// ([`sign`](Self::sign), [`verify`](Self::verify)), or any serializable value that JSON can express
/// ([`sign_value`](Self::sign_value), [`verify_value`](Self::verify_value)):
///
/// | serde | Elixir, as signed here | also read |
/// |---|---|---|
/// | string, `char`, variant without data | binary | atom |
/// | integer of up to 64 bits | integer | |
/// | `f32`, `f64` | float | |
/// | `bool` | `true`, `false` | |
/// | `None`, `()` | `nil` | |
/// | sequence, tuple | list | tuple |
/// | struct, map, variant with data | map with binary keys | map with atoms, integers or booleans as keys |
///
/// Keys are never signed as atoms, since Phoenix does not create atoms from a token. Not supported, and so invalid, are
/// terms that JSON cannot express, such as a binary that is not UTF-8, digests other than the default SHA-256, another
/// number of iterations, and encrypted tokens.
///
/// # Examples
///
/// ```
/// use axum_channels::{ConnectInfo, Endpoint, Params, Refused, Result, Signer, SocketHandler};
///
/// struct UserSocket { user: String }
///
/// impl SocketHandler for UserSocket {
///     async fn connect(_: &Params, info: &ConnectInfo) -> Result<Self> {
///         let token = info.auth_token().unwrap_or_default();
///         match info.state::<Signer>().verify(&token) {
///             Ok(user) => Ok(Self { user }),
///             Err(_) => Err(Refused::new("unauthorized").into()),
///         }
///     }
/// }
///
/// let signer = Signer::new("a long secret, from the environment", "user socket");
/// let token = signer.sign("42"); // for the page, which passes it to phoenix.js as `authToken`
/// let endpoint = Endpoint::builder().socket::<UserSocket>("/socket").state(signer).build();
/// ```
#[derive(Clone)]
pub struct Signer {
    mac: Hmac<Sha256>,
    /// Without a maximum age of the signer's, each token has its own.
    max_age: Option<Duration>,
}

impl Signer {
    /// Creates a signer with a secret of the app and a salt, the name of its purpose.
    ///
    /// Tokens that it signs are valid for a day. Tokens that Phoenix signed are valid for the time stated in them, a day
    /// by default. [`max_age`](Self::max_age) sets another time.
    ///
    /// ```
    /// # use axum_channels::Signer;
    /// let signer = Signer::new("a long secret, from the environment", "user socket");
    /// ```
    #[must_use]
    pub fn new(secret_key_base: &str, salt: &str) -> Self {
        let (secret, salt) = (secret_key_base.as_bytes(), salt.as_bytes());
        let key: [u8; 32] = pbkdf2_hmac_array::<Sha256, 32>(secret, salt, ITERATIONS);
        Signer {
            mac: keyed(&key),
            max_age: None,
        }
    }

    /// Sets the maximum age of tokens, in place of the one stated in them: a day by default.
    ///
    /// ```
    /// # use axum_channels::Signer;
    /// # use std::time::Duration;
    /// let signer = Signer::new("a long secret", "password reset").max_age(Duration::from_secs(600));
    /// ```
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// Signs a string together with the current time, and returns the token.
    ///
    /// ```
    /// # use axum_channels::Signer;
    /// # let signer = Signer::new("a long secret", "user socket");
    /// let token = signer.sign("42");
    /// assert_eq!(signer.verify(&token).as_deref(), Ok("42"));
    /// ```
    #[must_use]
    pub fn sign(&self, data: &str) -> String {
        self.sign_at(&data.into(), now())
    }

    /// Verifies a token, and returns its data. An integer is returned as a string.
    ///
    /// The signature is compared in constant time.
    ///
    /// # Errors
    /// If the signature is invalid, the token too old, or its data neither a string nor an integer.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::Signer;
    /// use axum_channels::BadToken;
    ///
    /// let signer = Signer::new("a long secret", "user socket");
    /// let token = signer.sign("42");
    /// let other = Signer::new("a long secret", "password reset");
    /// assert_eq!(other.verify(&token), Err(BadToken::Invalid));
    /// ```
    pub fn verify(&self, token: &str) -> Result<String, BadToken> {
        match self.verify_at(token, now())? {
            Value::String(text) => Ok(text),
            Value::Number(number) if !number.is_f64() => Ok(number.to_string()),
            _ => Err(BadToken::OtherData),
        }
    }

    /// Signs a serializable value together with the current time, and returns the token.
    ///
    /// # Errors
    /// If JSON cannot express the value, such as a map whose keys are neither strings nor numbers.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::Signer;
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Debug, PartialEq, Deserialize, Serialize)]
    /// struct Claims { id: u64, admin: bool }
    ///
    /// # fn main() -> axum_channels::Result<()> {
    /// let signer = Signer::new("a long secret", "user socket");
    /// let token = signer.sign_value(&Claims { id: 42, admin: true })?; // in Phoenix %{"id" => 42, "admin" => true}
    /// assert_eq!(signer.verify_value(&token), Ok(Claims { id: 42, admin: true }));
    /// # Ok(())
    /// # }
    /// ```
    pub fn sign_value(&self, data: &impl Serialize) -> Result<String> {
        Ok(self.sign_at(&serde_json::to_value(data)?, now()))
    }

    /// Verifies a token, and returns its data as a type of the app.
    ///
    /// # Errors
    /// If the signature is invalid, the token too old, or its data not a `T`.
    ///
    /// # Examples
    /// ```
    /// # use axum_channels::{BadToken, Signer};
    /// # let signer = Signer::new("a long secret", "user socket");
    /// let token = signer.sign_value(&("user", 42))?;
    /// assert_eq!(signer.verify_value(&token), Ok(("user".to_owned(), 42)));
    /// assert_eq!(signer.verify_value::<u64>(&token), Err(BadToken::OtherData));
    /// # Ok::<_, axum_channels::Error>(())
    /// ```
    pub fn verify_value<T: DeserializeOwned>(&self, token: &str) -> Result<T, BadToken> {
        let data = self.verify_at(token, now())?;
        serde_json::from_value(data).map_err(|_| BadToken::OtherData)
    }

    fn sign_at(&self, data: &Value, now: Duration) -> String {
        let max_age = self.max_age.unwrap_or(DAY).as_secs() as i64;
        let term = Contents::encode(data, now.as_millis() as i64, max_age);
        let signed = format!("{PROTECTED}.{}", BASE64.encode(term));
        let mac = self.mac.clone().chain_update(&signed).finalize();
        format!("{signed}.{}", BASE64.encode(mac.into_bytes()))
    }

    fn verify_at(&self, token: &str, now: Duration) -> Result<Value, BadToken> {
        let (signed, signature) = token.rsplit_once('.').ok_or(BadToken::Invalid)?;
        let signature = BASE64.decode(signature).map_err(|_| BadToken::Invalid)?;
        let mac = self.mac.clone().chain_update(signed);
        mac.verify_slice(&signature)
            .map_err(|_| BadToken::Invalid)?;
        let term = signed
            .strip_prefix(PROTECTED)
            .and_then(|rest| rest.strip_prefix('.'));
        let term = term.and_then(|term| BASE64.decode(term).ok());
        let term = term
            .and_then(|term| Contents::decode(&term))
            .ok_or(BadToken::Invalid)?;
        let max_age = match (self.max_age, term.max_age) {
            (Some(max_age), _) => max_age.as_millis() as i128,
            (None, Some(seconds)) => 1000 * i128::from(seconds),
            (None, None) => return Err(BadToken::Invalid),
        };
        let age = now.as_millis() as i128 - i128::from(term.signed_at);
        // As in Phoenix: with a maximum age of zero, every token is too old.
        if max_age <= 0 || age > max_age {
            return Err(BadToken::Expired);
        }
        Ok(term.data)
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    match Hmac::new_from_slice(key) {
        Ok(mac) => mac,
        Err(_) => unreachable!("HMAC takes a key of any length"),
    }
}

fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("max_age", &self.max_age)
            .finish_non_exhaustive()
    }
}

/// Error of a token that is not accepted, by [`Signer::verify`] or [`Signer::verify_value`].
///
/// ```
/// # use axum_channels::{BadToken, Signer};
/// let signer = Signer::new("a long secret", "user socket");
/// assert_eq!(signer.verify("nonsense"), Err(BadToken::Invalid));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadToken {
    /// The token is too old.
    Expired,
    /// The token was signed with another secret or salt, was changed, or has an unsupported format.
    Invalid,
    /// The token is valid, but its data is not of the expected type.
    OtherData,
}

impl fmt::Display for BadToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadToken::Expired => "the token has expired",
            BadToken::Invalid => "the token is not valid",
            BadToken::OtherData => "the token has other data than expected",
        })
    }
}

impl std::error::Error for BadToken {}

#[cfg(test)]
mod tests;
