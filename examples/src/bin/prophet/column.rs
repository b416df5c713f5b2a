//! Small languages: dates, seasonalities and regressors on the command line.

use chrono::{NaiveDate, NaiveDateTime};
use forecast_core::{
    Mode, ds,
    spec::{Regressor, Seasonality},
};

/// Prior scales where none is given.
const PRIOR_SCALE: f64 = 10.0;

/// Reads a time stamp in any form of ISO 8601; an offset is dropped, for `ds` has
/// no zone: what counts is the time on the wall.
pub(crate) fn ds(text: &str) -> Option<NaiveDateTime> {
    let text = text.trim();
    // Nearly all of them, and quickly.
    if let Some(date) = plain_date(text.as_bytes()) {
        return Some(ds::midnight(date));
    }
    ds::parse(text).or_else(|| ds::parse(without_offset(text)?)).or_else(|| uncommon(text))
}

/// `2024-05-31`.
fn plain_date(text: &[u8]) -> Option<NaiveDate> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = *text else { return None };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_u32, |n, digit| {
            digit.is_ascii_digit().then(|| n * 10 + u32::from(digit - b'0'))
        })
    };
    let year = i32::try_from(number(&[y0, y1, y2, y3])?).ok()?;
    NaiveDate::from_ymd_opt(year, number(&[m0, m1])?, number(&[d0, d1])?)
}

/// What stands before `+03:00` or `-0300`.
fn without_offset(text: &str) -> Option<&str> {
    let at = text.rfind(['+', '-']).filter(|at| text[..*at].contains(':'))?;
    let digits = text[at + 1..].bytes().filter(|b| *b != b':');
    digits.clone().all(|b| b.is_ascii_digit()).then(|| text[..at].trim_end())
}

/// `20240531`, `2024-05`, `2024-W22-5`, `2024-152`, `20240531T1530`.
fn uncommon(text: &str) -> Option<NaiveDateTime> {
    let date = |text: &str, format| NaiveDate::parse_from_str(text, format).ok();
    let dates = [(8, "%Y%m%d"), (10, "%G-W%V-%u"), (8, "%Y-%j"), (7, "%Y%j")];
    let found = dates.iter().filter(|(len, _)| text.len() == *len);
    let mut found = found.filter_map(|(_, format)| date(text, format));
    if let Some(date) = found.next().or_else(|| date(&format!("{text}-01"), "%Y-%m-%d")) {
        return Some(ds::midnight(date));
    }
    ["%Y%m%dT%H%M%S", "%Y%m%dT%H%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
}

/// Reads `NAME:PERIOD:ORDER[:PRIOR[:MODE[:CONDITION]]]`.
pub(crate) fn seasonality(text: &str) -> Result<Seasonality, String> {
    let mut parts = text.split(':');
    let (Some(name), Some(period), Some(order)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("it must be NAME:PERIOD_IN_DAYS:ORDER, such as monthly:30.5:5".to_owned());
    };
    let seasonality = Seasonality {
        name: name.to_owned(),
        period: number("the period", period)?,
        fourier_order: order.parse().map_err(|_| format!("the order is `{order}`, no number"))?,
        prior_scale: parts
            .next()
            .map_or(Ok(PRIOR_SCALE), |text| number("the prior scale", text))?,
        mode: parts.next().map_or(Ok(Mode::Additive), mode)?,
        condition_name: parts.next().map(str::to_owned),
    };
    end(parts)?;
    Ok(seasonality)
}

/// Reads `NAME[:PRIOR[:STANDARDIZE[:MODE]]]`.
pub(crate) fn regressor(text: &str) -> Result<Regressor, String> {
    let mut parts = text.split(':');
    let name = parts.next().unwrap_or_default().to_owned();
    let prior_scale =
        parts.next().map_or(Ok(PRIOR_SCALE), |text| number("the prior scale", text))?;
    let standardize = match parts.next() {
        None | Some("auto") => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(other) => return Err(format!("standardize is `{other}`, not auto, true or false")),
    };
    let mode = parts.next().map_or(Ok(Mode::Additive), mode)?;
    end(parts)?;
    Ok(Regressor { name, prior_scale, standardize, mode, predictor: None })
}

fn number(what: &str, text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("{what} is `{text}`, no number"))
}

fn mode(text: &str) -> Result<Mode, String> {
    Mode::from_name(text).ok_or_else(|| format!("mode `{text}` is not additive or multiplicative"))
}

fn end<'a>(mut parts: impl Iterator<Item = &'a str>) -> Result<(), String> {
    parts.next().map_or(Ok(()), |rest| Err(format!("`{rest}` is one part too many")))
}

#[cfg(test)]
mod tests;
