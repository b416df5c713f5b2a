//! Which market a symbol is traded on, by its spelling.

use crate::symbol::Symbol;

/// What kind of market a symbol belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Market {
    /// The exchange of São Paulo.
    B3,
    /// Open all day, every day.
    Crypto,
    /// Anything else: weekdays, holidays unknown.
    Other,
}

impl Market {
    /// Tells the market by the symbol's spelling.
    pub(crate) fn of(symbol: &Symbol) -> Self {
        let text = symbol.as_str();
        if text.strip_suffix(".SA").is_some() || matches!(text, "^BVSP" | "^IBX50" | "^IFIX") {
            Self::B3
        } else if text.ends_with("-USD") || text.ends_with("-BRL") || text.ends_with("-EUR") {
            Self::Crypto
        } else {
            Self::Other
        }
    }
}
