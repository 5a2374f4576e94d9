use std::fmt;

/// A `ref` or a `join_ref`, kept as the JSON text it came in: what goes back is what came, `"5"` or `5`.
///
/// Clients count, so the text is short: up to 22 bytes of it cost no allocation.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Ref(Repr);

const INLINE: usize = 22;

#[derive(Clone, PartialEq, Eq)]
enum Repr {
    Inline { len: u8, bytes: [u8; INLINE] },
    Heap(Box<str>),
}

impl Ref {
    /// A ref from its JSON text: a string or a number, at most 255 bytes (what a binary frame could say).
    pub(crate) fn from_json(json: &str) -> Option<Ref> {
        let scalar =
            json.starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit());
        if !scalar || json.len() > 255 {
            return None;
        }
        let mut bytes = [0; INLINE];
        Some(Ref(match bytes.get_mut(..json.len()) {
            Some(room) => {
                room.copy_from_slice(json.as_bytes());
                Repr::Inline {
                    len: json.len() as u8,
                    bytes,
                }
            }
            None => Repr::Heap(json.into()),
        }))
    }

    /// The JSON text.
    pub(crate) fn as_json(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline { len, bytes } => &bytes[..usize::from(*len)],
            Repr::Heap(json) => json.as_bytes(),
        }
    }
}

impl fmt::Debug for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.as_json()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_back_as_it_came_whatever_its_length() {
        for json in [
            "\"5\"",
            "5",
            "-1",
            "\"\"",
            "\"1234567890123456789\"",
            "\"longer than what fits inline\"",
        ] {
            let Some(reference) = Ref::from_json(json) else {
                panic!("{json} is a ref")
            };
            assert_eq!(reference.as_json(), json.as_bytes());
        }
    }

    #[test]
    fn only_strings_and_numbers_are_refs() {
        for json in ["{}", "[1]", "true", "null", ""] {
            assert_eq!(Ref::from_json(json), None);
        }
        assert_eq!(Ref::from_json(&format!("\"{}\"", "x".repeat(254))), None);
    }

    #[test]
    fn an_optional_ref_is_no_larger_than_a_string() {
        assert_eq!(size_of::<Option<Ref>>(), 24);
    }
}
