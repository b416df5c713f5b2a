//! Numbers, dates and times as each language writes them.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use chrono_tz::Tz;

use super::lang::Lang;

/// What is written out digit by digit; beyond, a power of ten says more.
const WRITTEN_OUT_MAX: f64 = 1e12;

/// Months in three letters.
const MONTHS_EN: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MONTHS_PT: [&str; 12] =
    ["jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"];

/// Days of the week from Monday on.
const DAYS_EN: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const DAYS_PT: [&str; 7] = [
    "segunda-feira",
    "terça-feira",
    "quarta-feira",
    "quinta-feira",
    "sexta-feira",
    "sábado",
    "domingo",
];

impl Lang {
    /// `1,234.50` or `1.234,50`.
    pub(crate) fn number(self, value: f64, decimals: usize) -> String {
        let (group, point) = match self {
            Self::En => (',', '.'),
            Self::Pt => ('.', ','),
        };
        let magnitude = value.abs();
        if WRITTEN_OUT_MAX <= magnitude {
            let text = format!("{value:.3e}").replace('-', "−");
            return text.replace('.', &point.to_string());
        }
        let text = format!("{magnitude:.decimals$}");
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let mut out = String::with_capacity(text.len() + 8);
        // What rounds to zero has no sign.
        if value < 0.0 && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) {
            out.push('−');
        }
        for (idx, digit) in whole.chars().enumerate() {
            if idx != 0 && (whole.len() - idx).is_multiple_of(3) {
                out.push(group);
            }
            out.push(digit);
        }
        if !fraction.is_empty() {
            out.push(point);
            out.push_str(fraction);
        }
        out
    }

    /// A price without its currency: two decimals, four for a fraction of one.
    pub(crate) fn price(self, value: f64) -> String {
        let is_fraction = value != 0.0 && value.abs() < 1.0;
        self.number(value, if is_fraction { 4 } else { 2 })
    }

    /// An error in the unit of a price: two decimals, more where that would say nothing.
    pub(crate) fn error(self, value: f64) -> String {
        self.number(value, if 0.0 < value && value < 0.05 { 4 } else { 2 })
    }

    /// With a plus or a minus before it.
    pub(crate) fn signed(self, value: f64, decimals: usize) -> String {
        let text = self.number(value, decimals);
        let is_up = 0.0 < value && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
        if is_up { format!("+{text}") } else { text }
    }

    /// A share of one as `83%`.
    pub(crate) fn percent(self, share: f64) -> String {
        format!("{}%", self.number(100.0 * share, 0))
    }

    /// `23 Nov 2026` or `23/11/2026`.
    pub(crate) fn date(self, date: NaiveDate) -> String {
        match self {
            Self::En => {
                format!("{}\u{a0}{}\u{a0}{}", date.day(), self.month(date), date.year())
            }
            Self::Pt => format!("{:02}/{:02}/{}", date.day(), date.month(), date.year()),
        }
    }

    /// `Monday, 23 Nov 2026`.
    pub(crate) fn day(self, date: NaiveDate) -> String {
        let idx = date.weekday().num_days_from_monday() as usize;
        let name = self.pick(DAYS_EN[idx], DAYS_PT[idx]);
        format!("{name}, {}", self.date(date))
    }

    /// `23 Nov`.
    pub(crate) fn short_date(self, date: NaiveDate) -> String {
        match self {
            Self::En => format!("{} {}", date.day(), self.month(date)),
            Self::Pt => format!("{:02}/{:02}", date.day(), date.month()),
        }
    }

    /// `Nov`.
    pub(crate) fn month(self, date: NaiveDate) -> &'static str {
        let idx = date.month0() as usize;
        self.pick(MONTHS_EN[idx], MONTHS_PT[idx])
    }

    /// `23 Nov 2026, 14:05`, in that zone.
    pub(crate) fn instant(self, at: DateTime<Utc>, zone: Tz) -> String {
        let local = at.with_timezone(&zone);
        format!("{}, {}", self.date(local.date_naive()), local.format("%H:%M"))
    }
}

#[cfg(test)]
mod tests;
