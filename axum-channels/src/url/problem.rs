use std::fmt;

/// Reason why a text is neither a URL nor an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    Empty,
    NoScheme,
    NotHttp,
    NoHost,
    User,
    Host,
    NotAscii,
    Port,
    Path,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Problem::Empty => "it is empty",
            Problem::NoScheme => "it has no scheme",
            Problem::NotHttp => "its scheme is neither http nor https",
            Problem::NoHost => "it has no host",
            Problem::User => "it has a user before its host",
            Problem::Host => "its host is neither a name nor an address",
            Problem::NotAscii => {
                "its host is not ASCII (browsers send `xn--bcher-kva.example` for `bücher.example`)"
            }
            Problem::Port => "its port is not a number from 1 to 65535",
            Problem::Path => "something follows its host",
        })
    }
}
