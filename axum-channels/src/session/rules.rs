use super::{Load, RouteId};

/// Rules shared by all sessions of a socket: routes and limits.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) patterns: Vec<Pattern>,
    /// Maximum number of topics that a client may have joined at once.
    pub(crate) max_channels: usize,
    /// Maximum number of messages queued for a busy channel, and of their bytes, which one message may exceed.
    pub(crate) max_queued_messages: usize,
    pub(crate) max_queued_message_bytes: usize,
    /// Maximum size of the broadcasts queued for a channel, unless they are few.
    pub(crate) max_queued_bytes: usize,
}

impl Rules {
    /// Returns the first route whose pattern matches a topic.
    pub(crate) fn route(&self, topic: &str) -> Option<RouteId> {
        self.patterns
            .iter()
            .zip(0..)
            .find(|(pattern, _)| pattern.matches(topic))
            .map(|(_, id)| RouteId(id))
    }

    /// Returns the load of a queue.
    pub(super) fn load(&self, messages: usize, bytes: usize) -> Load {
        let reaches = |max_messages, max_bytes| messages >= max_messages || bytes >= max_bytes;
        let half = |limit: usize| limit / 2 + 1;
        let (max_messages, max_bytes) = (self.max_queued_messages, self.max_queued_message_bytes);
        if reaches(max_messages, max_bytes) {
            Load::Full
        } else if reaches(half(max_messages), half(max_bytes)) {
            Load::Heavy
        } else {
            Load::Light
        }
    }
}

/// Pattern of topics: `room:lobby`, or `room:*` for every topic that starts with `room:`.
#[derive(Debug, PartialEq)]
pub(crate) enum Pattern {
    Exact(String),
    Prefix(String),
}

impl Pattern {
    /// Returns `None` if there is a star anywhere but at the end.
    pub(crate) fn parse(pattern: &str) -> Option<Pattern> {
        let (text, make): (_, fn(String) -> Pattern) = match pattern.strip_suffix('*') {
            Some(prefix) => (prefix, Pattern::Prefix),
            None => (pattern, Pattern::Exact),
        };
        (!text.contains('*')).then(|| make(text.to_owned()))
    }

    fn matches(&self, topic: &str) -> bool {
        match self {
            Pattern::Exact(text) => topic == text,
            Pattern::Prefix(prefix) => topic.starts_with(prefix.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_heavy_above_half_of_a_limit_and_full_at_a_limit() {
        let rules = Rules {
            patterns: Vec::new(),
            max_channels: 1,
            max_queued_messages: 4,
            max_queued_message_bytes: 1000,
            max_queued_bytes: 1_000,
        };
        for (messages, bytes, load) in [
            (0, 0, Load::Light),
            (2, 500, Load::Light),
            (3, 0, Load::Heavy),
            (0, 501, Load::Heavy),
            (3, 999, Load::Heavy),
            (4, 0, Load::Full),
            (0, 1000, Load::Full),
        ] {
            assert_eq!(rules.load(messages, bytes), load, "{messages}, {bytes}");
        }
    }

    #[test]
    fn the_first_pattern_that_matches_is_the_route() {
        let patterns = ["room:lobby", "room:*", "all"]
            .iter()
            .filter_map(|pattern| Pattern::parse(pattern))
            .collect();
        let rules = Rules {
            patterns,
            max_channels: 1,
            max_queued_messages: 1,
            max_queued_message_bytes: 1,
            max_queued_bytes: 1_000,
        };
        let routes = ["room:lobby", "room:7", "room:", "all", "room", "all:1"]
            .map(|topic| rules.route(topic));
        assert_eq!(
            routes,
            [Some(0), Some(1), Some(1), Some(2), None, None].map(|index| index.map(RouteId))
        );
    }

    #[test]
    fn a_star_is_the_last_character_or_no_pattern() {
        assert_eq!(Pattern::parse("*"), Some(Pattern::Prefix(String::new())));
        assert_eq!(Pattern::parse("room:*:users"), None);
        assert_eq!(Pattern::parse("room:**"), None);
    }
}
