//! How many rows of a forecast a client asks for.

use crate::problem::Problem;

/// What a client gets who does not say: the month that the original served.
const DAYS_DEFAULT: u16 = 30;

/// A number of rows between 1 and the setting `api.days_max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days(u16);

impl Days {
    /// The number that is meant when none is given.
    pub fn default_within(days_max: u16) -> Self {
        Self(DAYS_DEFAULT.min(days_max))
    }

    /// Reads the value of the parameter `days`.
    ///
    /// # Errors
    ///
    /// Returns a 400 that says what is allowed.
    pub fn parse(text: &str, days_max: u16) -> Result<Self, Problem> {
        let text = text.trim();
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Problem::bad_request(
                "days_not_a_number",
                format!(
                    "Number of days must be a whole number from 1 to {days_max}, not {}",
                    crate::problem::quoted(text)
                ),
            ));
        }
        if text.starts_with('-') || digits.bytes().all(|byte| byte == b'0') {
            // The sentence that the original's documentation promised.
            return Err(Problem::bad_request(
                "days_not_positive",
                "Number of days must be positive",
            ));
        }
        match digits.parse::<u16>() {
            Ok(days) if days <= days_max => Ok(Self(days)),
            _ => Err(Problem::bad_request(
                "days_too_many",
                format!(
                    "Number of days must be at most {days_max}, not {}",
                    crate::problem::quoted(text)
                ),
            )),
        }
    }

    /// The number as a count of rows.
    pub fn rows(self) -> usize {
        usize::from(self.0)
    }
}

#[cfg(test)]
mod tests;
