//! What was measured, for people.

use std::time::Duration;

use crate::Options;
use crate::connections::Asked;
use crate::training::Race;

/// Says on the terminal how far the race is.
#[expect(clippy::print_stderr, reason = "a program for a terminal")]
pub(crate) fn progress(round: usize, n_rounds: usize) {
    eprintln!("round {} of {n_rounds}", round + 1);
}

pub(crate) fn write(options: &Options, races: &[(u32, Race)], asked: &[(u32, Asked)]) -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().take(3).collect::<Vec<_>>().join(", ");
    let mut out = format!(
        "Rounds: {}; load average at the end, over 1, 5 and 15 minutes: {load}.\n\n\
         One training: a run, 20 parameters, 1,000 points of a metric, a tag, three files of \
         100 kB, a registered version; medians in ms, and how many times as long as \
         `mlflow-client`:\n\n\
         |  | server with 4 workers | with 1 worker |\n|---|---|---|\n",
        options.rounds
    );
    let mut row = |name: &str, of: fn(&Race) -> Duration| {
        let cells = races.iter().map(|(_, race)| {
            let (theirs, ours) = (of(race), median(&race.ours));
            let times = theirs.as_secs_f64() / ours.as_secs_f64();
            format!("{} ({times:.1}×)", ms(theirs))
        });
        out += &format!("| {name} | {} |\n", cells.collect::<Vec<_>>().join(" | "));
    };
    row("Python, `mlflow.log_metric` for each point", |race| median(&race.python_each));
    row("Python, `MlflowClient.log_batch` by hand", |race| median(&race.python_batch));
    row("Python, `import mlflow` once before", |race| race.import);
    row("`mlflow-client`, `log_metric` for each point", |race| median(&race.ours));
    out += &format!(
        "\nOne question (`ping`), {} times in each way; median and 95th percentile in ms:\n\n\
         |  | connection kept | a new one each time |\n|---|---|---|\n",
        options.questions
    );
    for (n_workers, Asked { kept, new }) in asked {
        let cell = |times: &[Duration]| format!("{} ({})", ms(median(times)), ms(high(times)));
        let plural = if *n_workers == 1 { "" } else { "s" };
        out += &format!("| {n_workers} worker{plural} | {} | {} |\n", cell(kept), cell(new));
    }
    out
}

fn ms(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms < 100.0 { format!("{ms:.1}") } else { format!("{ms:.0}") }
}

fn median(times: &[Duration]) -> Duration {
    at(times, 0.5)
}

fn high(times: &[Duration]) -> Duration {
    at(times, 0.95)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place in a list of some hundred"
)]
fn at(times: &[Duration], share: f64) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    let place = (sorted.len().saturating_sub(1) as f64 * share).round() as usize;
    sorted.get(place).copied().unwrap_or_default()
}
