use super::version::Version;
use super::{BuiltIn, Serializer};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The serializer that client and server agreed on.
#[derive(Clone)]
pub(crate) enum Codec {
    /// Called without indirection.
    BuiltIn(BuiltIn),
    Custom(Custom),
}

/// A serializer of the app.
#[derive(Clone)]
pub(crate) struct Custom {
    /// Number that no other serializer of the process has.
    id: u32,
    pub(crate) serializer: Arc<dyn Serializer>,
}

/// Serializers of a socket, by version. The first that serves a client's version is used.
#[derive(Clone)]
pub(crate) struct Codecs(Vec<(Version, Codec)>);

/// First number of custom serializers.
static NEXT_ID: AtomicU32 = AtomicU32::new(2);

impl Codec {
    /// Returns the number of the serializer.
    pub(crate) fn id(&self) -> u32 {
        match self {
            Codec::BuiltIn(BuiltIn::V1) => 0,
            Codec::BuiltIn(BuiltIn::V2) => 1,
            Codec::Custom(custom) => custom.id,
        }
    }

    /// Returns the name in the log.
    pub(crate) fn name(&self) -> &str {
        match self {
            Codec::BuiltIn(built_in) => built_in.name(),
            Codec::Custom(custom) => custom.serializer.name(),
        }
    }
}

impl Codecs {
    /// Adds a serializer before those that are there.
    pub(crate) fn insert(&mut self, version: Version, serializer: impl Serializer) {
        let custom = Custom {
            id: NEXT_ID.fetch_add(1, Relaxed),
            serializer: Arc::new(serializer),
        };
        self.0.insert(0, (version, Codec::Custom(custom)));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(Version, Codec)> {
        self.0.iter()
    }
}

impl Default for Codecs {
    fn default() -> Self {
        Codecs(vec![
            (Version::V1, Codec::BuiltIn(BuiltIn::V1)),
            (Version::V2, Codec::BuiltIn(BuiltIn::V2)),
        ])
    }
}

impl fmt::Debug for Codecs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self
            .0
            .iter()
            .map(|(version, codec)| (version.to_string(), codec.name()));
        f.debug_map().entries(names).finish()
    }
}
