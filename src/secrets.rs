//! Random texts for a new app. The only source of randomness.

use anyhow::{Context, Result};

/// Sixty-four characters, six bits each, without characters that need escapes in strings.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Returns a random text of `length` characters.
///
/// # Errors
/// The system's random source failed.
pub fn draw(length: usize) -> Result<String> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).context("the system gave no random bytes")?;
    let letter = |byte: u8| char::from(ALPHABET[usize::from(byte % 64)]);
    Ok(bytes.into_iter().map(letter).collect())
}
