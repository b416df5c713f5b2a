//! The name under which Yahoo knows an instrument.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::hex;

/// How long a symbol may be, in characters.
///
/// The longest that Yahoo lists (options) have 21; the bound keeps file names and URLs short.
const SYMBOL_CHARS_MAX: usize = 32;

/// A checked symbol in upper case: `PETR4.SA`, `^BVSP`, `BTC-USD`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(String);

impl Symbol {
    /// Reads a symbol; spaces around it are dropped and letters become capitals.
    ///
    /// # Errors
    ///
    /// Returns [`Error::BadSymbol`] if it is empty, too long, has no letter or digit, or has a
    /// character that no symbol has.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let symbol = text.trim().to_ascii_uppercase();
        let bad = |reason: String| Error::BadSymbol { symbol: text.to_owned(), reason };
        if symbol.is_empty() {
            return Err(bad("is empty".to_owned()));
        }
        let n_chars = symbol.chars().count();
        if n_chars > SYMBOL_CHARS_MAX {
            return Err(bad(format!(
                "has {n_chars} characters, at most {SYMBOL_CHARS_MAX} are allowed"
            )));
        }
        if let Some(c) = symbol.chars().find(|c| !is_symbol_char(*c)) {
            return Err(bad(format!("has {c:?}, which no symbol has")));
        }
        if !symbol.chars().any(|c| c.is_ascii_alphanumeric()) {
            return Err(bad("has no letter or digit".to_owned()));
        }
        Ok(Self(symbol))
    }

    /// The symbol as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The symbol with every character but letters, digits, `.` and `-` as `%XX`: safe as one
    /// segment of a URL's path and as a file name.
    pub(crate) fn encoded(&self) -> String {
        let mut out = String::with_capacity(self.0.len());
        for byte in self.0.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-') {
                out.push(char::from(byte));
            } else {
                out.extend(["%".to_owned(), hex::encode(&[byte]).to_ascii_uppercase()]);
            }
        }
        out
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Symbol {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

fn is_symbol_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '^' | '=' | '-' | '_' | '&')
}

#[cfg(test)]
mod tests;
