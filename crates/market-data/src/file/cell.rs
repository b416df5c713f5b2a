//! One cell of a file, as a date or a number.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

/// How many characters `YYYY-MM-DD` has.
const DATE_CHARS: usize = 10;

/// What stands in a numeric cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    /// Nothing, or `null`.
    Missing,
    /// A finite number.
    Value(f64),
    /// An infinity, or a NaN by name: a value that is missing.
    NonFinite,
    /// No number at all.
    Malformed,
}

/// Reads `YYYY-MM-DD`, alone or with a time and an offset.
///
/// The session is that of the date as it is written: whoever wrote `2018-01-02 00:00:00-02:00`
/// had already found the exchange's day, and converting it again could only move it.
pub(super) fn date(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim();
    let date_text = text.get(..DATE_CHARS)?;
    let is_spelled_out = date_text.bytes().enumerate().all(|(idx, byte)| match idx {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    if !is_spelled_out {
        return None;
    }
    let date: NaiveDate = date_text.parse().ok()?;
    let rest = &text[DATE_CHARS..];
    if rest.is_empty() {
        return Some(date.and_time(NaiveTime::MIN));
    }
    let time = rest.strip_prefix(['T', ' '])?;
    Some(date.and_time(time_of_day(time)?))
}

/// Reads `HH:MM[:SS[.fff]]` with `Z`, `UTC`, `±HH:MM`, `±HHMM`, `±HH` or nothing after it.
fn time_of_day(text: &str) -> Option<NaiveTime> {
    let text = text.trim();
    let without_name =
        ["Z", "z", "UTC"].iter().find_map(|name| text.strip_suffix(name)).unwrap_or(text);
    let (clock, offset) = without_name
        .rfind(['+', '-'])
        .map_or((without_name, None), |idx| (&without_name[..idx], Some(&without_name[idx + 1..])));
    if let Some(offset) = offset {
        let digits = offset.bytes().filter(u8::is_ascii_digit).count();
        let colons = offset.bytes().filter(|byte| *byte == b':').count();
        if !matches!((digits, colons, offset.len()), (2, 0, 2) | (4, 0, 4) | (4, 1, 5)) {
            return None;
        }
    }
    let clock = clock.trim();
    ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|format| NaiveTime::parse_from_str(clock, format).ok())
}

/// Reads a number with a decimal point.
pub(super) fn number(text: &str) -> Number {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("null") {
        return Number::Missing;
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Number::Value(value),
        Ok(_) => Number::NonFinite,
        Err(_) => Number::Malformed,
    }
}
