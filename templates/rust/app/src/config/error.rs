use std::fmt;

/// An invalid setting. Its `Display` is one sentence with the variable, its value and a solution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSetting {
    variable: &'static str,
    problem: String,
}

impl InvalidSetting {
    /// `problem` continues the sentence after the variable's name: `is not set: …`.
    pub fn new(variable: &'static str, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self { variable, problem }
    }

    /// An error that names the value itself, without a user and a password.
    pub fn invalid(variable: &'static str, error: impl fmt::Display) -> Self {
        Self::new(variable, format!("is invalid: {error}"))
    }

    /// An invalid value with a solution. Not for secrets, because the message contains the value.
    pub fn wrong(
        variable: &'static str,
        value: impl fmt::Display,
        way_out: impl fmt::Display,
    ) -> Self {
        let value = value.to_string();
        // Escaped, so that line breaks in the value do not break the line.
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
