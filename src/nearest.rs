//! The word that was probably meant.

/// Returns the word of `words` that is the nearest to `typed`, if it is near enough for a typing error.
pub fn nearest<'a>(typed: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |word: &str| {
        let [typed, word] = [typed, word].map(str::to_lowercase);
        strsim::damerau_levenshtein(&typed, &word)
    };
    let words = words.into_iter().map(|word| (distance(word), word));
    let (distance, word) = words.min_by_key(|(distance, _)| *distance)?;
    // One error in three letters.
    (distance <= typed.chars().count().div_ceil(3)).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_with_an_error_in_three_letters_is_near() {
        let words = ["User", "Room", "Admin.Room", "new", "gen"];
        for (typed, expected) in [
            ("Usr", Some("User")),
            ("user", Some("User")),
            ("Admin.Rom", Some("Admin.Room")),
            ("nwe", Some("new")),
            ("Device", None),
            ("x", None),
        ] {
            assert_eq!(nearest(typed, words), expected, "{typed}");
        }
        assert_eq!(nearest("Usr", []), None);
    }
}
