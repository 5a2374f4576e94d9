use std::fmt;

/// A setting that the app cannot start with. Its `Display` is one sentence: the variable, its value, a way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSetting {
    variable: &'static str,
    problem: String,
}

impl InvalidSetting {
    /// `problem` goes on from the variable's name: `is not set: …`.
    pub fn new(variable: &'static str, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self { variable, problem }
    }

    /// A value that is wrong, and what to do about it. Not for secrets.
    pub fn wrong(
        variable: &'static str,
        value: impl fmt::Display,
        way_out: impl fmt::Display,
    ) -> Self {
        let value = value.to_string();
        // Escaped: a value with a line break in it stays one line.
        Self::new(
            variable,
            format!("is `{}`: {way_out}", value.escape_debug()),
        )
    }
}

impl fmt::Display for InvalidSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.variable, self.problem)
    }
}

impl std::error::Error for InvalidSetting {}
