//! The run of a version in MLflow: one for as long as the version is served, found again by its
//! tags whoever made it.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use chrono::NaiveDate;
use mlflow_client::{Batch, ExperimentId, NewRun, Run, RunId, RunStatus, Search, Store};

/// Tags by which a run is found.
pub(super) const MODEL_TAG: &str = "model_name";
pub(super) const VERSION_TAG: &str = "model_version";

/// The tag with the text that the UI shows above a run.
const NOTE_TAG: &str = "mlflow.note.content";

/// The runs that are looked at, of one version or still running: more than one is an accident of
/// two replicas.
const TWINS_MAX: u32 = 50;

/// How often a run is made in one pass: replicas that meet once seldom meet again.
const CREATE_TRIES: usize = 5;

/// The longest pause of a replica that has met another: some times a round of requests.
const MEETING_PAUSE_MAX: Duration = Duration::from_millis(500);

/// What a run is of.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) model: String,
    pub(super) version: u32,
    /// Tags besides the two by which it is found.
    pub(super) labels: BTreeMap<String, String>,
}

/// The runs of a version, the one to write to first: the oldest.
///
/// # Errors
///
/// If the store does not answer.
pub(super) async fn find(
    store: &dyn Store,
    experiment: &ExperimentId,
    model: &str,
    version: u32,
) -> Result<Vec<Run>> {
    // A name may hold any sign, a number none that a filter would trip over.
    let search = Search::new(format!("tags.{VERSION_TAG} = '{version}'"))
        .with_order_by("attributes.start_time ASC")
        .with_max_results(TWINS_MAX);
    let found = store.search_runs(std::slice::from_ref(experiment), &search).await;
    let mut runs = found.context("the runs of the experiment cannot be searched")?.items;
    runs.retain(|run| run.tags.get(MODEL_TAG).is_some_and(|name| name == model));
    runs.sort_by(|a, b| (a.start_time_ms, a.id.as_str()).cmp(&(b.start_time_ms, b.id.as_str())));
    Ok(runs)
}

/// The runs of the model that say that their version is served.
///
/// # Errors
///
/// If the store does not answer.
pub(super) async fn running(
    store: &dyn Store,
    experiment: &ExperimentId,
    model: &str,
) -> Result<Vec<Run>> {
    let search = Search::new("attributes.status = 'RUNNING'").with_max_results(TWINS_MAX);
    let found = store.search_runs(std::slice::from_ref(experiment), &search).await;
    let mut runs = found.context("the runs of the experiment cannot be searched")?.items;
    runs.retain(|run| run.tags.get(MODEL_TAG).is_some_and(|name| name == model));
    Ok(runs)
}

/// The runs of a version, one made if there is none.
///
/// Creating a run cannot be repeated safely, so it is looked for first and once more after: a
/// replica that finds another's run beside its own takes its own, empty one away again. Two that
/// see each other both do, and look again after pauses of different lengths.
///
/// # Errors
///
/// If the store does not answer, or replicas go on meeting.
pub(super) async fn find_or_create(
    store: &dyn Store,
    experiment: &ExperimentId,
    subject: &Subject,
    now_ms: i64,
) -> Result<Vec<Run>> {
    for _ in 0..CREATE_TRIES {
        let found = find(store, experiment, &subject.model, subject.version).await?;
        if !found.is_empty() {
            return Ok(found);
        }
        let made = create(store, experiment, subject, now_ms).await?;
        let found = find(store, experiment, &subject.model, subject.version).await?;
        if found.iter().all(|run| run.id == made.id) {
            return Ok(vec![made]);
        }
        store.delete_run(&made.id).await.context("a run that was made twice stays")?;
        tokio::time::sleep(pause()).await;
    }
    bail!("other replicas make a run for version {} too; it is tried again", subject.version)
}

/// Another one each time, in every process.
fn pause() -> Duration {
    let longest_ms = u64::try_from(MEETING_PAUSE_MAX.as_millis()).unwrap_or(1);
    Duration::from_millis(RandomState::new().hash_one(std::process::id()) % longest_ms)
}

async fn create(
    store: &dyn Store,
    experiment: &ExperimentId,
    subject: &Subject,
    now_ms: i64,
) -> Result<Run> {
    let Subject { model, version, labels } = subject;
    let mut tags: Vec<(String, String)> = vec![
        (MODEL_TAG.to_owned(), model.clone()),
        (VERSION_TAG.to_owned(), version.to_string()),
        (NOTE_TAG.to_owned(), note(subject)),
    ];
    tags.extend(labels.iter().map(|(key, value)| (key.clone(), value.clone())));
    let run = NewRun {
        experiment_id: experiment.clone(),
        name: format!("{model} v{version} in production"),
        start_time_ms: now_ms,
        user: None,
        tags,
    };
    let made = store.create_run(&run).await;
    made.with_context(|| format!("no run for version {version} of `{model}`"))
}

/// Adds what was not known of the version when its run was made.
///
/// # Errors
///
/// If the store does not answer.
pub(super) async fn complete(
    store: &dyn Store,
    run: &Run,
    labels: &BTreeMap<String, String>,
) -> Result<()> {
    let missing = labels.iter().filter(|(key, _)| !run.tags.contains_key(*key));
    let tags: Vec<_> = missing.map(|(key, value)| (key.clone(), value.clone())).collect();
    if tags.is_empty() {
        return Ok(());
    }
    let batch = Batch { tags, ..Batch::default() };
    store.log_batch(&run.id, &batch).await.context("the tags of a run cannot be set")?;
    Ok(())
}

/// What a person reads above the run.
fn note(subject: &Subject) -> String {
    let Subject { model, version, labels } = subject;
    let label = |key: &str| labels.get(key).map_or("unknown", String::as_str);
    format!(
        "What version {version} of `{model}` forecast for {} while it was served, and how it \
         compared with the market.\n\n\
         - trained through {}, by run `{}`\n\
         - `forecasts/`: one table a session, as it was before the market answered\n\
         - metrics `live/…` and `score.json`: written by `trainer score`; step = session of \
         service, time = date of the close\n\
         - `live/mase_…` below 1: better than the last close\n",
        label("symbol"),
        label("trained_through"),
        label("source_run_id"),
    )
}

/// Shows that a version is served, or is so no more.
///
/// # Errors
///
/// If the store does not answer.
pub(super) async fn set_served(
    store: &dyn Store,
    run: &RunId,
    is_served: bool,
    now_ms: i64,
) -> Result<()> {
    let set = if is_served {
        store.update_run(run, Some(RunStatus::Running), None).await
    } else {
        store.end_run(run, RunStatus::Finished, now_ms).await
    };
    set.context("the status of a run cannot be set")
}

/// The session of service that a day belongs to: how many sessions after the first origin.
pub(super) fn step(
    calendar: &market_data::Calendar,
    first_origin: NaiveDate,
    day: NaiveDate,
) -> i64 {
    if day <= first_origin {
        return 0;
    }
    let sessions = calendar.sessions_between(first_origin, day).filter(|it| first_origin < *it);
    i64::try_from(sessions.count()).unwrap_or(i64::MAX)
}
