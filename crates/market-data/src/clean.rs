//! From rows as a source gave them to a series that can be trusted.
//!
//! Every step either mends a known fault of daily prices and says so, or refuses by name.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::bar::{Bar, Bars, Price, RawBar, is_price};
use crate::calendar::Calendar;
use crate::error::Error;
use crate::quality::{Finding, FindingKind, Quality};
use crate::source::{Fetched, Request, TradingPeriod};
use crate::split::MIN_ROWS;
use crate::zone::today_in;

/// From which |log return| on a close is worth a look.
///
/// PETR4 passed it on 7 days of 2018-2026, all of them real.
const JUMP_LOG_RETURN: f64 = 0.15;

/// A row with the date of its session.
#[derive(Debug, Clone)]
struct Row {
    date: NaiveDate,
    raw: RawBar,
}

/// Makes a series of what a source gave, and tells what had to be mended.
///
/// Dates are those of the exchange's zone. Rows outside `start..=end` are left out; rows without
/// the wanted close, the candle of an open session, fillers and repeated dates are dropped;
/// sessions without a row and large jumps are reported and left as they are.
///
/// # Errors
///
/// Returns [`Error::EmptyRange`] if the range has no day, [`Error::NoSessions`] if no row is left,
/// and [`Error::BadPrice`] if a close is zero, negative or infinite.
pub fn clean(
    fetched: &Fetched,
    calendar: &Calendar,
    request: &Request,
) -> Result<(Bars, Quality), Error> {
    request.check()?;
    let mut findings = fetched.findings.clone();
    let mut rows: Vec<Row> =
        fetched.rows.iter().map(|raw| Row { date: raw.at.date(), raw: raw.clone() }).collect();
    sort(&mut rows, &mut findings);
    let span = rows.first().map(|row| row.date).zip(rows.last().map(|row| row.date));
    rows.retain(|row| request.start <= row.date && row.date <= request.end);
    let rows_outside = fetched.rows.len() - rows.len();

    drop_null(&mut rows, request.price, &mut findings);
    if let Some(period) = &fetched.period {
        drop_live(&mut rows, period, fetched.zone, fetched.as_of, &mut findings);
    }
    drop_zero_last(&mut rows, &mut findings);
    drop_duplicates(&mut rows, &mut findings);
    drop_flat(&mut rows, calendar, &mut findings);

    let bars = rows
        .into_iter()
        .map(|row| checked(row, request.price, &mut findings))
        .collect::<Result<Vec<Bar>, Error>>()?;
    if bars.is_empty() {
        return Err(Error::NoSessions {
            symbol: request.symbol.to_string(),
            start: request.start,
            end: request.end,
            first: span.map(|(first, _)| first),
            last: span.map(|(_, last)| last),
        });
    }
    let bars = Bars::new(bars)?;
    remark(&bars, calendar, fetched, request, &mut findings);
    let rows_out = bars.len();
    Ok((bars, Quality { rows_in: fetched.rows.len(), rows_outside, rows_out, findings }))
}

/// Sorts by session, keeping the source's order within one.
fn sort(rows: &mut [Row], findings: &mut Vec<Finding>) {
    let key = |row: &Row| (row.date, row.raw.at);
    if !rows.is_sorted_by_key(key) {
        findings.push(Finding::somewhere(FindingKind::Unsorted));
        rows.sort_by_key(key);
    }
}

/// Drops rows without the close that is wanted.
fn drop_null(rows: &mut Vec<Row>, price: Price, findings: &mut Vec<Finding>) {
    rows.retain(|row| {
        let adj_missing = price == Price::AdjClose && row.raw.adj_close.is_none();
        let missing = row.raw.close.is_none() || adj_missing;
        if missing {
            findings.push(Finding::on(FindingKind::NullRow, row.date));
        }
        !missing
    });
}

/// Drops the candle of a session that was not over when the answer was made.
///
/// Only the answer knows which one that is: the day on which its current period ends. The day of
/// `as_of` may be another, as in a replay, where the last row is long final.
fn drop_live(
    rows: &mut Vec<Row>,
    period: &TradingPeriod,
    zone: Tz,
    as_of: DateTime<Utc>,
    findings: &mut Vec<Finding>,
) {
    if period.end <= as_of {
        return;
    }
    // A session that ends at midnight is that of the day before.
    let live = local(zone, period.end - TimeDelta::seconds(1)).date();
    if rows.last().is_none_or(|last| last.date != live) {
        return;
    }
    rows.retain(|row| {
        let is_live = row.date == live;
        if is_live {
            findings.push(Finding::on(FindingKind::LiveLastRow, row.date));
        }
        !is_live
    });
}

/// Drops last rows that have a close and zeros elsewhere: Yahoo's row before the day's data.
///
/// All such rows at the end go, of however many dates; a good row of the same date stays. Within
/// the series a row of zeros is no such thing, and is judged by its close.
fn drop_zero_last(rows: &mut Vec<Row>, findings: &mut Vec<Finding>) {
    let is_zero = |row: &Row| {
        let raw = &row.raw;
        [raw.open, raw.high, raw.low].iter().all(|value| *value == Some(0.0))
            && raw.volume.is_none_or(|volume| volume == 0.0)
    };
    while let Some(last) = rows.pop_if(|row| is_zero(row)) {
        findings.push(Finding::on(FindingKind::ZeroLastRow, last.date));
    }
}

/// Keeps the last row of each date: after the close it has the slightly larger, final volume.
fn drop_duplicates(rows: &mut Vec<Row>, findings: &mut Vec<Finding>) {
    rows.dedup_by(|after, before| {
        let same = after.date == before.date;
        if same {
            findings.push(Finding::on(FindingKind::DuplicateDate, before.date));
            std::mem::swap(after, before);
        }
        same
    });
}

/// Drops rows that stand for no trade: one price throughout, and no volume.
///
/// On a day without session a missing volume, too, makes a repeated price a filler. A series that
/// is mostly flat is quoted so (a fund has one price a day): there only such fillers go.
fn drop_flat(rows: &mut Vec<Row>, calendar: &Calendar, findings: &mut Vec<Finding>) {
    let no_trade = |raw: &RawBar| is_flat(raw) && raw.volume == Some(0.0);
    let n_flat = rows.iter().filter(|row| no_trade(&row.raw)).count();
    let quoted_flat = MIN_ROWS <= rows.len() && rows.len() < 2 * n_flat;
    let mut kept_close = None;
    let is_filler = |row: &Row| {
        let raw = &row.raw;
        let repeats = kept_close.is_none() || kept_close == raw.close;
        let untraded = raw.volume.is_none_or(|volume| volume == 0.0);
        let closed = !calendar.is_session(row.date);
        let filler =
            (no_trade(raw) && !quoted_flat) || (is_flat(raw) && untraded && closed && repeats);
        if !filler {
            kept_close = raw.close;
        }
        filler
    };
    let flat: Vec<bool> = rows.iter().map(is_filler).collect();
    let neighbour = |idx: usize| flat.get(idx).copied().unwrap_or(false);
    let mut idx = 0;
    rows.retain(|row| {
        let here = idx;
        idx += 1;
        if !flat[here] {
            return true;
        }
        let in_run = neighbour(here + 1) || here.checked_sub(1).is_some_and(neighbour);
        let kind = if !calendar.is_session(row.date) {
            FindingKind::HolidayFiller
        } else if in_run {
            FindingKind::FlatRun
        } else {
            FindingKind::FlatRow
        };
        findings.push(Finding::on(kind, row.date));
        false
    });
}

fn is_flat(raw: &RawBar) -> bool {
    raw.close.is_some_and(is_price)
        && [raw.open, raw.high, raw.low].iter().all(|value| *value == raw.close)
}

/// Takes a row whose close is a price; what else is no price counts as missing.
fn checked(row: Row, price: Price, findings: &mut Vec<Finding>) -> Result<Bar, Error> {
    let Row { date, raw } = row;
    let refuse = |column, value| Error::BadPrice { date, line: raw.line, column, value };
    let close = raw.close.unwrap_or(f64::NAN);
    if !is_price(close) {
        return Err(refuse(Price::Close.column(), close));
    }
    let adj_close = raw.adj_close.filter(|value| is_price(*value));
    if let Some(value) = raw.adj_close
        && adj_close.is_none()
    {
        if price == Price::AdjClose {
            return Err(refuse(Price::AdjClose.column(), value));
        }
        findings.push(Finding::on(FindingKind::BadAdjClose, date).noting(value.to_string()));
    }
    let mut ohl = [raw.open, raw.high, raw.low];
    if ohl.iter().flatten().any(|value| !is_price(*value)) {
        findings.push(Finding::on(FindingKind::BadOhl, date));
        ohl = ohl.map(|value| value.filter(|value| is_price(*value)));
    }
    let [open, high, low] = ohl;
    let volume = raw.volume.and_then(shares);
    Ok(Bar { date, open, high, low, close, adj_close, volume })
}

/// A volume as a whole number of shares; none if it cannot be one.
fn shares(volume: f64) -> Option<u64> {
    /// Above it a float no longer holds every whole number.
    const SHARES_MAX: f64 = 9_007_199_254_740_992.0;
    if !(0.0..=SHARES_MAX).contains(&volume) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within 0..=2^53, and rounded"
    )]
    Some(volume.round() as u64)
}

/// Reports what looks wrong and is left as it is.
fn remark(
    bars: &Bars,
    calendar: &Calendar,
    fetched: &Fetched,
    request: &Request,
    findings: &mut Vec<Finding>,
) {
    let dates = bars.dates();
    for date in dates.iter().filter(|date| !calendar.is_session(**date)) {
        findings.push(Finding::on(FindingKind::OffCalendar, *date));
    }
    if calendar.knows_holidays()
        && let (Some(first), Some(last)) = (bars.first_date(), bars.last_date())
    {
        let absent = calendar.sessions_between(first, last);
        for date in absent.filter(|date| dates.binary_search(date).is_err()) {
            findings.push(Finding::on(FindingKind::MissingSession, date));
        }
        // Today's session may not be over, so only those before it can be missing.
        let yesterday = today_in(fetched.zone, request.now).pred_opt().unwrap_or(last);
        let passed = calendar
            .sessions_after(last)
            .take_while(|date| *date <= request.end.min(yesterday))
            .count();
        if 0 < passed {
            let note = format!("{passed} sessions have passed since {last}");
            findings.push(Finding::on(FindingKind::StaleEnd, last).noting(note));
        }
    }
    for (pair, date) in bars.close().windows(2).zip(dates.iter().skip(1)) {
        if let [before, after] = pair {
            let log_return = (after / before).ln();
            if JUMP_LOG_RETURN < log_return.abs() {
                let note = format!("{before} to {after}");
                findings.push(Finding::on(FindingKind::Jump, *date).noting(note));
            }
        }
    }
}

/// The time that the clocks of `zone` show at `instant`.
pub(crate) fn local(zone: Tz, instant: DateTime<Utc>) -> NaiveDateTime {
    instant.with_timezone(&zone).naive_local()
}

#[cfg(test)]
mod tests;
