use crate::error::Error;
use std::fmt;

/// Answer of an engine that refuses a call: the connection is in order, and the same call may succeed later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Text of the engine, and a remedy.
    pub(crate) reason: String,
    /// The URL may lead to another server by now: a new connection may help.
    pub(crate) may_be_elsewhere: bool,
}

/// Writes that were refused, of those that were carried out together. The others have succeeded.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    /// Numbers of messages to keep.
    pub(crate) stores: Vec<u64>,
    /// Number of published messages.
    pub(crate) published: u64,
    /// Writes of the journal are among them.
    pub(crate) has_journal: bool,
    /// Reason of the last one.
    pub(crate) reason: Option<Refused>,
    /// Numbers of messages to keep that were not answered, and the failure of the connection that this is.
    pub(crate) unanswered: Vec<u64>,
    pub(crate) failure: Option<Error>,
}

/// Parts of what a node has the engine keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Histories,
    Presences,
}

impl Refused {
    /// Creates the answer of an engine with a text, and a remedy if one is known.
    pub(crate) fn new(text: impl fmt::Display, remedy: Option<&str>) -> Self {
        let reason = match remedy {
            Some(remedy) => format!("{text}: {remedy}"),
            None => text.to_string(),
        };
        Refused {
            reason,
            may_be_elsewhere: false,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Refused {}

impl Part {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Part::Histories => "broadcasts of topics with a history",
            Part::Presences => "presences",
        }
    }
}

/// Formats the part and what becomes of it.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fate = match self {
            Part::Histories => "which wait",
            Part::Presences => "which stay on this node",
        };
        write!(f, "{}, {fate}", self.name())
    }
}
