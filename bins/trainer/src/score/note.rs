//! What a person reads above the run, and in a line of a log.

use forecast_monitor::{Level, Limits, Report, Revision};

use super::{
    picture::SHOWN,
    runs::Subject,
    version::{State, VersionScore},
};

/// How the version did a week ahead, in a line.
pub(super) fn headline(report: &Report) -> String {
    let Some(through) = report.through else { return "no close is known".to_owned() };
    let band = report.bands.get(SHOWN);
    let Some((band, scores)) = band.and_then(|of| Some((of.band, of.scores?))) else {
        return format!("through {through}: {}", unscored(report));
    };
    let (from, to, n) = (band.from(), band.to(), scores.n_targets);
    let compared = scores.mase.map_or_else(
        || "the last close was exact".to_owned(),
        |mase| format!("{:.2} for the last close: MASE {mase:.2}", scores.naive_mae),
    );
    format!(
        "through {through}: error {:.2} over {n} sessions, {from} to {to} ahead; {compared}",
        scores.mae
    )
}

/// Why there is no score.
fn unscored(report: &Report) -> String {
    if report.daily.is_empty() {
        "nothing that was forecast has a close yet".to_owned()
    } else {
        format!("nothing was forecast for the last {} sessions", report.window_sessions)
    }
}

/// The note of the run, in Markdown. The table is a code block, for MLflow draws tables without
/// space between their columns.
pub(super) fn markdown(report: &Report, subject: &Subject, found: &VersionScore) -> String {
    let tag = |key: &str| subject.tag(key).unwrap_or("unknown").to_owned();
    let Report { model, version, symbol, .. } = report;
    let mut note = format!(
        "{}, {}.\n\nWhat version {version} of `{model}` forecast for {symbol} before the market \
         answered, beside repeating the last close. `live/mase_…` below 1 is better than that.\n\n",
        level(report.level()),
        headline(report)
    );
    note += &format!("```\n{}```\n\n", table(report));
    for alert in &report.alerts {
        note += &format!("- **{}**: {}\n", alert.level, alert.sentence);
    }
    note += &format!(
        "- trained through {}, by run `{}`\n- `forecasts/` has what was forecast, \
         `live/errors.json` what came of it, `plots/live.svg` both\n- metrics `live/…`: step = \
         session of service, time = date of the close, each over the {} sessions before\n",
        tag("trained_through"),
        tag("source_run_id"),
        report.window_sessions
    );
    if let Some(why) = &found.no_limits {
        note += &format!("- no limits of its own: {why}\n");
    }
    for revision in report.revisions.iter().rev().take(REVISIONS_SHOWN) {
        let Revision { ds, was, is, .. } = revision;
        note += &format!("- the close of {ds} was revised from {was:.2} to {is:.2}\n");
    }
    let left_out: Vec<String> = report
        .left_out
        .by_reason()
        .iter()
        .filter(|(_, n)| 0 < *n)
        .map(|(reason, n)| format!("{n} {reason}"))
        .collect();
    if !left_out.is_empty() {
        note += &format!("- not scored: {}\n", left_out.join(", "));
    }
    if 0 < found.passed_over.total() {
        note += &format!("- files passed over: {}\n", found.passed_over.named.join("; "));
    }
    note
}

/// Revisions that the note names.
const REVISIONS_SHOWN: usize = 3;

fn table(report: &Report) -> String {
    let mut table =
        "sessions ahead    n     MAE  last close   MASE  in band  warn  alert\n".to_owned();
    for of in &report.bands {
        let (from, to) = (of.band.from(), of.band.to());
        let ahead = if from == to { to.to_string() } else { format!("{from}-{to}") };
        let limit =
            |limit: Option<f64>| limit.map_or("-".to_owned(), |limit| format!("{limit:.2}"));
        let (warn, alert) =
            (limit(of.limits.map(Limits::warn)), limit(of.limits.map(Limits::alert)));
        table += &match of.scores {
            None => format!("{ahead:<14} {:>4}\n", 0),
            Some(scores) => format!(
                "{ahead:<14} {:>4} {:>7.3} {:>11.3} {:>6} {:>8} {warn:>5} {alert:>6}\n",
                scores.n,
                scores.mae,
                scores.naive_mae,
                limit(scores.mase),
                scores.coverage.map_or("-".to_owned(), |share| format!("{:.0} %", 100.0 * share)),
            ),
        };
    }
    table
}

/// What a level is called at the beginning of a sentence.
fn level(level: Level) -> &'static str {
    match level {
        Level::TooFew => "Too few sessions to judge",
        Level::Ok => "Within its limits",
        Level::Warn => "Warning",
        Level::Alert => "Alert",
    }
}

/// A version in a part of the line that a log keeps.
pub(super) fn brief(found: &VersionScore) -> String {
    let version = found.version;
    let report = match (found.state, &found.report) {
        (State::Settled, _) => return format!("v{version} settled"),
        (_, None) => return format!("v{version} has no forecasts{}", passed_over(found)),
        (_, Some(report)) => report,
    };
    let mase: Vec<String> = report
        .bands
        .iter()
        .filter_map(|of| Some(format!("{} {:.2}", of.band.key(), of.scores?.mase?)))
        .collect();
    let mase = match mase.as_slice() {
        [] => unscored(report),
        mase => format!("MASE {}", mase.join(" ")),
    };
    let mut brief = format!("v{version} {}, {mase}, {} new", report.level(), found.n_new);
    if found.state == State::LookedBack {
        brief += ", nothing written: scored through a later day before";
    }
    for revision in &found.revised {
        brief += &format!(
            ", close of {} revised {:.2} to {:.2}",
            revision.ds, revision.was, revision.is
        );
    }
    if let Some(ratio) = found.split {
        brief += &format!(", all closes times {ratio:.4}");
    }
    if found.n_corrected > 0 {
        brief += &format!(", {} sessions corrected", found.n_corrected);
    }
    brief += &passed_over(found);
    if found.no_limits.is_some() {
        brief += ", no limits";
    }
    if !found.is_served {
        brief += ", not served";
    }
    brief
}

fn passed_over(found: &VersionScore) -> String {
    match found.passed_over.total() {
        0 => String::new(),
        n => format!(", {n} files passed over"),
    }
}
