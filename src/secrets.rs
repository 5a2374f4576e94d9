//! Random texts for a new app. The only place where chance comes in.

use anyhow::{Context, Result};

/// Sixty-four characters: six bits each, and none that a string would have to escape.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A text of `length` characters that nobody can guess.
///
/// # Errors
/// The system has no randomness to give.
pub fn draw(length: usize) -> Result<String> {
    let mut bytes = vec![0; length];
    getrandom::fill(&mut bytes).context("the system gave no random bytes")?;
    let letter = |byte: u8| char::from(ALPHABET[usize::from(byte % 64)]);
    Ok(bytes.into_iter().map(letter).collect())
}
