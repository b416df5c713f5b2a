//! What can be asked of logged models, and the page of them that is asked for.

use std::cmp::Ordering;

use super::filter::{self, Clause, Field, Grammar, Kind, Searchable, Value};
use super::order::{compare_values, cut};
use super::token::invalid;
use super::{Page, check_max_results};
use crate::entity::{DatasetRef, LoggedModel, LoggedModelMetric};
use crate::error::Result;
use crate::logged_model::{LoggedModelOrder, LoggedModelSearch};

/// The attributes that are text.
const TEXTS: &[&str] = &[
    "name",
    "model_id",
    "experiment_id",
    "artifact_location",
    "model_type",
    "status",
    "status_message",
    "source_run_id",
];

/// A logged model, and the datasets whose metrics count.
struct Candidate<'a> {
    model: LoggedModel,
    datasets: &'a [DatasetRef],
}

impl Candidate<'_> {
    fn counts(&self, metric: &LoggedModelMetric) -> bool {
        self.datasets.is_empty()
            || metric.dataset.as_ref().is_some_and(|dataset| self.datasets.contains(dataset))
    }

    /// The value of a metric, as it was measured last with one of the datasets, or with this one.
    ///
    /// The last is that of the highest step, then time, then value, as in MLflow 3.18.
    fn latest(&self, key: &str, dataset: Option<&DatasetRef>) -> Value<'_> {
        let of_dataset = |metric: &LoggedModelMetric| {
            dataset.is_none_or(|dataset| metric.dataset.as_ref() == Some(dataset))
        };
        let metrics = self.model.metrics.iter();
        let measured = metrics.filter(|m| m.key == key && self.counts(m) && of_dataset(m));
        let latest = measured.max_by(|a, b| {
            let place = |m: &LoggedModelMetric| (m.step, m.timestamp_ms);
            place(a).cmp(&place(b)).then(a.value.total_cmp(&b.value))
        });
        latest.map_or(Value::Absent, |metric| Value::Number(metric.value))
    }
}

fn attribute(key: &str) -> Field {
    Field { kind: Kind::Attribute, key: key.to_owned() }
}

impl Searchable for Candidate<'_> {
    const GRAMMAR: Grammar = Grammar {
        kinds: &[Kind::Metric, Kind::Param, Kind::Tag],
        numbers: &["creation_timestamp_ms", "last_updated_timestamp_ms"],
        texts: TEXTS,
        lists: TEXTS,
        list_kinds: &[Kind::Param, Kind::Tag],
        aliases: &[
            ("creation_time", "creation_timestamp_ms"),
            ("creation_timestamp", "creation_timestamp_ms"),
            ("last_updated_timestamp", "last_updated_timestamp_ms"),
        ],
        has_null: false,
        is_strict: true,
    };

    fn value(&self, Field { kind, key }: &Field) -> Value<'_> {
        let model = &self.model;
        match kind {
            Kind::Param => Value::of_text(model.params.get(key).map(String::as_str)),
            Kind::Tag => Value::of_text(model.tags.get(key).map(String::as_str)),
            Kind::Metric => self.latest(key, None),
            Kind::Dataset => Value::Absent,
            Kind::Attribute => match key.as_str() {
                "creation_timestamp_ms" => Value::of_time(Some(model.creation_time_ms)),
                "last_updated_timestamp_ms" => Value::of_time(Some(model.last_updated_time_ms)),
                "name" => Value::Text(&model.name),
                "model_id" => Value::Text(model.id.as_str()),
                "experiment_id" => Value::Text(model.experiment_id.as_str()),
                "artifact_location" => Value::Text(&model.artifact_uri),
                "status" => Value::Text(model.status.number_text()),
                "status_message" => Value::of_text(model.status_message.as_deref()),
                // A server keeps an empty text where there is none.
                "model_type" => Value::Text(model.model_type.as_deref().unwrap_or_default()),
                "source_run_id" => {
                    Value::Text(model.source_run_id.as_ref().map_or("", |run| run.as_str()))
                }
                _ => Value::Absent,
            },
        }
    }

    fn natural_order(_asked: &[(Field, bool)]) -> Vec<(&'static str, bool)> {
        vec![("creation_timestamp_ms", false), ("model_id", true)]
    }
}

/// What logged models are ordered by, read.
struct Order<'a> {
    field: Field,
    ascending: bool,
    dataset: Option<&'a DatasetRef>,
}

impl<'a> Order<'a> {
    fn read(op: &'static str, order: &'a LoggedModelOrder) -> Result<Self> {
        let LoggedModelOrder { field_name, ascending, dataset } = order;
        let field = match field_name.split_once('.') {
            // The rest is the name as it is: here MLflow knows no quotes.
            Some(("metrics", key)) => Field { kind: Kind::Metric, key: key.to_owned() },
            None => filter::field(op, field_name, field_name, &Candidate::GRAMMAR)?,
            Some(_) => {
                let message = "logged models are ordered by metrics and plain attributes";
                return Err(invalid(op, field_name, message));
            }
        };
        Ok(Self { field, ascending: *ascending, dataset: dataset.as_ref() })
    }

    fn natural() -> impl Iterator<Item = Self> {
        Candidate::natural_order(&[]).into_iter().map(|(key, ascending)| Self {
            field: attribute(key),
            ascending,
            dataset: None,
        })
    }

    fn compare(&self, a: &Candidate<'_>, b: &Candidate<'_>) -> Ordering {
        compare_values(self.value_of(a), self.value_of(b), self.ascending)
    }

    fn value_of<'b>(&self, candidate: &'b Candidate<'_>) -> Value<'b> {
        if self.field.kind != Kind::Metric {
            return candidate.value(&self.field);
        }
        candidate.latest(&self.field.key, self.dataset)
    }
}

/// Checks a search, and reads its filter and its order.
fn read<'a>(
    op: &'static str,
    search: &'a LoggedModelSearch,
) -> Result<(Vec<Clause>, Vec<Order<'a>>)> {
    check_max_results::<Candidate<'_>>(op, search.max_results)?;
    let clauses = filter::parse(op, &search.filter, &Candidate::GRAMMAR)?;
    if clauses.iter().any(|clause| clause.is_about(&attribute("status"))) {
        let message = "releases differ in what they compare `status` with: a number before 3.18, \
                       a word after; look at the status of what is found";
        return Err(invalid(op, &search.filter, message));
    }
    let asked = search.order_by.iter().map(|order| Order::read(op, order));
    let order = asked.chain(Order::natural().map(Ok)).collect::<Result<_>>()?;
    Ok((clauses, order))
}

/// Refuses what a server would answer with a failure of its own, or take for something else.
pub(crate) fn check_logged_models(op: &'static str, search: &LoggedModelSearch) -> Result<()> {
    read(op, search).map(drop)
}

/// Finds, orders and cuts out the page that `search` asks for.
pub(crate) fn page_of_logged_models(
    op: &'static str,
    models: Vec<LoggedModel>,
    search: &LoggedModelSearch,
) -> Result<Page<LoggedModel>> {
    let (clauses, order) = read(op, search)?;
    let datasets = search.datasets.as_slice();
    let has_metrics = clauses.iter().any(|clause| clause.is_of(Kind::Metric));
    let mut found: Vec<_> = models.into_iter().map(|model| Candidate { model, datasets }).collect();
    found.retain(|candidate| {
        // Datasets alone ask for any metric that was measured with one of them.
        let is_measured = has_metrics
            || datasets.is_empty()
            || candidate.model.metrics.iter().any(|m| candidate.counts(m));
        is_measured && clauses.iter().all(|clause| clause.holds(candidate))
    });
    found.sort_by(|a, b| {
        let by = order.iter().map(|order| order.compare(a, b));
        by.into_iter().find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
    });
    let found = found.into_iter().map(|candidate| candidate.model).collect();
    cut(op, found, search.max_results, search.page_token.as_deref())
}
