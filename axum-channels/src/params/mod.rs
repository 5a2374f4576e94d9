//! Parameters of a connection.

mod nested;

use nested::nest;
use serde_json::Value;

/// Parameters of the URL that a client connects with, decoded: those of its query, and those of its path.
///
/// phoenix.js adds the `params` of its socket to the query. A path has parameters if the socket is mounted with some,
/// such as `/users/{user}`. A parameter in both has the value of the path.
///
/// ```
/// use axum_channels::Params;
///
/// let params = Params::parse("token=a%20b&vsn=2.0.0");
/// assert_eq!(params.get("token"), Some("a b"));
/// assert_eq!(params.get("user"), None);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Decodes a query string.
    ///
    /// ```
    /// # use axum_channels::Params;
    /// assert_eq!(Params::parse("a=1+2").get("a"), Some("1 2"));
    /// ```
    #[must_use]
    pub fn parse(query: &str) -> Self {
        Params(
            form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    pub(crate) fn with<'a>(mut self, more: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let more = more.into_iter();
        self.0
            .extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        self
    }

    /// Returns the value of a parameter; the last one if it is repeated.
    ///
    /// ```
    /// # use axum_channels::Params;
    /// assert_eq!(Params::parse("a=1&a=2").get("a"), Some("2"));
    /// ```
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .rfind(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// Returns all parameters as a tree, in which objects and lists in phoenix.js's `params` are objects and lists again.
    ///
    /// As in Phoenix, `a[b]=1` is the key `b` of an object, and `a[]=1` an item of a list, at most 32 levels deep. All
    /// other values are strings.
    ///
    /// ```
    /// # use axum_channels::Params;
    /// use serde_json::json;
    ///
    /// let params = Params::parse("vsn=2.0.0&user[name]=Ann&user[roles][]=admin");
    /// assert_eq!(params.to_value()["user"], json!({"name": "Ann", "roles": ["admin"]}));
    /// assert_eq!(params.get("user[name]"), Some("Ann"));
    /// ```
    #[must_use]
    pub fn to_value(&self) -> Value {
        nest(self.iter())
    }

    /// Iterates over names and values: first those of the query, then those of the path, each in the order of the URL.
    ///
    /// ```
    /// # use axum_channels::Params;
    /// let params = Params::parse("a=1&b=2");
    /// assert!(params.iter().eq([("a", "1"), ("b", "2")]));
    /// ```
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
