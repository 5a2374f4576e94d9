//! Names of channels, sockets and presences, in all spellings for templates.

use heck::{ToLowerCamelCase, ToSnakeCase, ToUpperCamelCase};
use serde::Serialize;

use crate::error::Misuse;

/// Maximum length of a name, for the limits of file systems and formatters on file names and lines made of it.
pub const LONGEST: usize = 60;

/// Names of devices: Windows has no files and folders of these names, whatever their extension.
const DEVICES: [&str; 22] = [
    "aux", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "con", "lpt1",
    "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9", "nul", "prn",
];

/// Reason against a name whose folder Windows cannot have.
const DEVICE: &str = "Windows cannot have a folder of that name";

/// Suggested name if nothing can be made of what was typed.
const EXAMPLE: &str = "Room";

/// Reason against a longer name.
pub const TOO_LONG: &str = "a name has at most 60 characters";

/// A name such as `Admin.Room`: segments that start with a capital letter, joined by dots.
///
/// The rule is Phoenix's, `^[A-Z]\w*(\.[A-Z]\w*)*$`, in ASCII.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Name {
    /// `Admin.Room`
    pub module: String,
    /// `AdminRoom`
    pub pascal: String,
    /// `adminRoom`
    pub camel: String,
    /// `admin_room`
    pub snake: String,
    /// `admin/room`
    pub path: String,
    /// `room`: the last segment, which names the topic
    pub last: String,
}

/// Returns `name` without `suffix`, unless that is all of it, or of its last part.
pub fn without_suffix<'a>(name: &'a str, suffix: &str) -> &'a str {
    let rest = name.strip_suffix(suffix);
    rest.filter(|rest| !rest.is_empty() && !rest.ends_with('.'))
        .unwrap_or(name)
}

impl Name {
    /// Parses a name. `kind` is the word for it in messages, such as `channel`. A trailing `suffix` (`Channel` in
    /// `RoomChannel`) is dropped. `invocation` is the command before the name, for the suggestion.
    ///
    /// # Errors
    /// The name is invalid; the error suggests a valid one.
    pub fn parse(typed: &str, kind: &str, suffix: &str, invocation: &str) -> Result<Self, Misuse> {
        if let Some(reason) = fault(typed) {
            let misuse = Misuse::new(format!("`{typed}` is not a {kind} name: {reason}"));
            let suggested = match reason {
                TOO_LONG => Some(shortened(typed).to_owned()),
                _ => suggestion(typed),
            };
            return Err(match suggested {
                Some(name) => misuse.help(format!("{invocation} {name}")),
                None => misuse.help(format!("{invocation} {EXAMPLE}")).by_example(),
            });
        }
        Ok(Self::without(suffix, typed))
    }

    /// Returns the name that the error of [`Name::parse`] suggests in place of `typed`.
    pub fn nearest(typed: &str, suffix: &str) -> Self {
        let suggested = suggestion(typed);
        Self::without(suffix, suggested.as_deref().unwrap_or(EXAMPLE))
    }

    fn without(suffix: &str, typed: &str) -> Self {
        let module = without_suffix(typed, suffix);
        Self::from_segments(module.split('.').map(pascal).collect())
    }

    fn from_segments(segments: Vec<String>) -> Self {
        let snakes: Vec<_> = segments.iter().map(|s| s.to_snake_case()).collect();
        let pascal = segments.concat();
        Self {
            module: segments.join("."),
            camel: pascal.to_lower_camel_case(),
            pascal,
            snake: snakes.join("_"),
            path: snakes.join("/"),
            last: snakes.last().cloned().unwrap_or_default(),
        }
    }
}

/// Returns the reason why `typed` is not a name, or `None` if it is one.
fn fault(typed: &str) -> Option<&'static str> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if typed.is_empty() {
        Some("a name is not empty")
    } else if !typed.chars().all(|c| word(c) || c == '.') {
        Some("a name has ASCII letters, digits, `_` and `.`")
    } else if typed.split('.').any(str::is_empty) {
        Some("a name has something on both sides of each `.`")
    } else if !typed
        .split('.')
        .all(|s| s.starts_with(|c: char| c.is_ascii_uppercase()))
    {
        Some("each part of a name starts with a capital letter")
    } else if typed.len() > LONGEST {
        Some(TOO_LONG)
    } else if has_device(typed.split('.')) {
        Some(DEVICE)
    } else {
        None
    }
}

/// Returns whether one of the folders of a name is a device.
fn has_device<'a>(segments: impl DoubleEndedIterator<Item = &'a str>) -> bool {
    let mut folders = segments.rev().skip(1);
    folders.any(|segment| is_device(&segment.to_snake_case()))
}

/// Returns whether Windows reserves the name of this file or folder.
pub fn is_device(name: &str) -> bool {
    DEVICES.contains(&name)
}

/// Returns the name in Pascal case. Capital letters are kept (`URLShortener`); underscores are removed.
fn pascal(segment: &str) -> String {
    match segment.contains('_') {
        true => segment.to_upper_camel_case(),
        false => segment.to_owned(),
    }
}

/// Returns the name that was probably meant; `None` if nothing in `typed` can be part of one.
fn suggestion(typed: &str) -> Option<String> {
    let segments: Vec<_> = ascii(typed)
        .split('.')
        .map(|s| {
            s.trim_start_matches(|c: char| !c.is_ascii_alphabetic())
                .to_upper_camel_case()
        })
        .filter(|s| !s.is_empty())
        .collect();
    let has_device = has_device(segments.iter().map(String::as_str));
    let name = segments.join(if has_device { "" } else { "." });
    (!name.is_empty()).then(|| shortened(&name).to_owned())
}

/// Returns the start of an ASCII `name` that is short enough.
pub fn shortened(name: &str) -> &str {
    name[..name.len().min(LONGEST)].trim_end_matches(['.', '_'])
}

/// Letters with accents, by the letter that replaces them.
const MARKED: [(&str, &str); 14] = [
    ("a", "àáâãäåāăą"),
    ("ae", "æ"),
    ("c", "çćč"),
    ("d", "ďđ"),
    ("e", "èéêëēęě"),
    ("i", "ìíîïī"),
    ("l", "ł"),
    ("n", "ñńň"),
    ("o", "òóôõöøōő"),
    ("s", "śšș"),
    ("ss", "ß"),
    ("u", "ùúûüūůű"),
    ("y", "ýÿ"),
    ("z", "źžż"),
];

/// Returns `typed` in ASCII letters, digits, `.` and `_`: without accents, with dots as separators.
pub fn ascii(typed: &str) -> String {
    let mut text = String::new();
    for c in typed.chars() {
        let lower: String = c.to_lowercase().collect();
        let plain = MARKED.iter().find(|(_, marked)| marked.contains(&lower));
        match plain {
            _ if c.is_ascii_alphanumeric() => text.push(c),
            Some((plain, _)) if c.is_uppercase() => text += &plain.to_upper_camel_case(),
            Some((plain, _)) => text += plain,
            None if "./:\\".contains(c) => text.push('.'),
            None => text.push('_'),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVOCATION: &str = "hello-sockets gen channel";

    fn parse(typed: &str) -> Name {
        Name::parse(typed, "channel", "Channel", INVOCATION).expect(typed)
    }

    fn refused(typed: &str) -> (String, String) {
        let misuse = Name::parse(typed, "channel", "Channel", INVOCATION).expect_err(typed);
        (
            misuse.to_string(),
            misuse.way_out().unwrap_or_default().to_owned(),
        )
    }

    #[test]
    fn a_nested_name_has_every_spelling() {
        let expected = Name {
            module: "Admin.ChatRoom".into(),
            pascal: "AdminChatRoom".into(),
            camel: "adminChatRoom".into(),
            snake: "admin_chat_room".into(),
            path: "admin/chat_room".into(),
            last: "chat_room".into(),
        };
        assert_eq!(parse("Admin.ChatRoom"), expected);
    }

    #[test]
    fn the_suffix_is_dropped_unless_it_is_all_there_is() {
        assert_eq!(parse("RoomChannel"), parse("Room"));
        assert_eq!(parse("Admin.RoomChannel"), parse("Admin.Room"));
        assert_eq!(parse("Channel").snake, "channel");
        assert_eq!(parse("Admin.Channel").module, "Admin.Channel");
    }

    #[test]
    fn acronyms_stay_and_underscores_go() {
        assert_eq!(parse("URLShortener").pascal, "URLShortener");
        assert_eq!(parse("URLShortener").snake, "url_shortener");
        assert_eq!(parse("Foo_bar").pascal, "FooBar");
    }

    #[test]
    fn what_is_no_name_is_refused_with_one_that_is() {
        assert_eq!(
            refused("room"),
            (
                "`room` is not a channel name: each part of a name starts with a capital letter"
                    .into(),
                "hello-sockets gen channel Room".into()
            )
        );
        assert_eq!(refused("chat-room").1, "hello-sockets gen channel ChatRoom");
        assert_eq!(
            refused("admin.room").1,
            "hello-sockets gen channel Admin.Room"
        );
        assert_eq!(
            refused("Ünïcode").0.split(": ").last(),
            Some("a name has ASCII letters, digits, `_` and `.`")
        );
        assert_eq!(refused("").1, "hello-sockets gen channel Room");
        let longest = "A".repeat(60);
        assert_eq!(parse(&longest).module, longest);
        assert_eq!(
            refused(&format!("{longest}B")),
            (
                format!("`{longest}B` is not a channel name: a name has at most 60 characters"),
                format!("hello-sockets gen channel {longest}")
            )
        );
        assert_eq!(refused("café").1, "hello-sockets gen channel Cafe");
        assert_eq!(refused("Älter").1, "hello-sockets gen channel Alter");
        assert_eq!(
            refused("RoomÉtude").1,
            "hello-sockets gen channel RoomEtude"
        );
        assert_eq!(refused("v2").1, "hello-sockets gen channel V2");
        assert_eq!(parse("Admin.Con").path, "admin/con");
        assert_eq!(
            refused("Admin.Aux.Room"),
            (
                "`Admin.Aux.Room` is not a channel name: Windows cannot have a folder of that name"
                    .into(),
                "hello-sockets gen channel AdminAuxRoom".into()
            )
        );
        assert_eq!(refused("con.room").1, "hello-sockets gen channel ConRoom");
        for typed in ["Room/Admin", "Room::Admin", "Room\\Admin"] {
            assert_eq!(refused(typed).1, "hello-sockets gen channel Room.Admin");
        }
        assert_eq!(
            refused("Admin..Room").1,
            "hello-sockets gen channel Admin.Room"
        );
    }
}
