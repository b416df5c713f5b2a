//! Logged models: what a run made of its data, with its own parameters, tags and metrics.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::entity::{DatasetRef, LoggedModel, LoggedModelStatus, NewLoggedModel};
use crate::error::{Error, Result};
use crate::id::{ExperimentId, LoggedModelId};
use crate::search::Page;

/// Keeps logged models.
///
/// Every method fails with [`NotFound`](crate::ErrorKind::NotFound) if the id it is given names
/// nothing. Metrics come to a logged model by [`log_batch`](crate::TrackingStore::log_batch),
/// with its id in each.
///
/// The methods have a default that refuses, so that a store made for fewer purposes need not
/// repeat that; the stores of this crate have them all.
#[async_trait]
pub trait LoggedModelStore: Debug + Send + Sync {
    /// Creates a logged model in status `PENDING`; its files go to its `artifact_uri`.
    async fn create_logged_model(&self, model: &NewLoggedModel) -> Result<LoggedModel> {
        Err(Error::unsupported("create logged model", &model.name))
    }

    /// Returns a logged model with its parameters, tags and metrics, unless it is deleted.
    async fn get_logged_model(&self, id: &LoggedModelId) -> Result<LoggedModel> {
        Err(Error::unsupported("read logged model", id.as_str()))
    }

    /// Says whether the files of a logged model became complete.
    async fn finalize_logged_model(
        &self,
        id: &LoggedModelId,
        _status: LoggedModelStatus,
    ) -> Result<()> {
        Err(Error::unsupported("finalize logged model", id.as_str()))
    }

    /// Adds parameters. Safe to repeat.
    ///
    /// A parameter that was logged with another value is
    /// [`InvalidArgument`](crate::ErrorKind::InvalidArgument), and none is added then.
    async fn log_logged_model_params(
        &self,
        id: &LoggedModelId,
        _params: &[(String, String)],
    ) -> Result<()> {
        Err(Error::unsupported("log parameters of logged model", id.as_str()))
    }

    /// Sets tags; the last value wins.
    async fn set_logged_model_tags(
        &self,
        id: &LoggedModelId,
        _tags: &[(String, String)],
    ) -> Result<()> {
        Err(Error::unsupported("set tags of logged model", id.as_str()))
    }

    /// Removes a tag, which must be there. Its name has no `/`: a server has no way to say that.
    async fn delete_logged_model_tag(&self, id: &LoggedModelId, _key: &str) -> Result<()> {
        Err(Error::unsupported("delete a tag of logged model", id.as_str()))
    }

    /// Deletes a logged model: it is not found any more, and its files stay until `mlflow gc`
    /// removes them. Safe to repeat; there is no way back.
    async fn delete_logged_model(&self, id: &LoggedModelId) -> Result<()> {
        Err(Error::unsupported("delete logged model", id.as_str()))
    }

    /// Finds logged models of these experiments; the newest come first.
    async fn search_logged_models(
        &self,
        _experiments: &[ExperimentId],
        search: &LoggedModelSearch,
    ) -> Result<Page<LoggedModel>> {
        Err(Error::unsupported("search logged models", &search.filter))
    }
}

/// Which logged models to search for, how to order them, and which page of them to give.
///
/// The filter is MLflow's: comparisons joined by `and` of `metrics.…`, `params.…`, `tags.…` and
/// the attributes `name`, `model_id`, `model_type`, `source_run_id`, `experiment_id`,
/// `artifact_location`, `status_message`, `creation_timestamp` and `last_updated_timestamp`.
/// It is read more strictly than that of runs: names have their kind in the plural and texts are
/// in single quotes. What MLflow would take for something else or answer with a failure of its
/// own is [`InvalidArgument`](crate::ErrorKind::InvalidArgument), and so is `status`, of which
/// releases before 3.18 have a number and later ones a word.
///
/// The latest point of a metric is compared: that of the last step. Servers before 3.18 compare
/// each of its points, and order by the last in time.
///
/// ```
/// use mlflow_client::{DatasetRef, LoggedModelOrder, LoggedModelSearch};
///
/// let test = DatasetRef { name: "PETR4.SA".to_owned(), digest: "1f6c".to_owned() };
/// let search = LoggedModelSearch::new("model_type = 'prophet' AND metrics.mae < 1.5")
///     .with_dataset(test.clone())
///     .with_order_by(LoggedModelOrder::ascending("metrics.mae").on(test))
///     .with_max_results(10);
/// assert!(search.order_by[0].ascending);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedModelSearch {
    /// MLflow's filter; empty finds everything.
    pub filter: String,
    /// Datasets: only metrics that were measured with one of them count, and without a metric in
    /// the filter the models that have any. Empty counts all.
    ///
    /// Name and digest are both needed: a server finds nothing by the name alone.
    pub datasets: Vec<DatasetRef>,
    /// What to order by; models that are equal in that, and all without it, by newest first.
    pub order_by: Vec<LoggedModelOrder>,
    /// How many to give at most, 1 to 50,000. 100.
    pub max_results: u32,
    /// Where to go on: the token of the page before, of the same search.
    pub page_token: Option<String>,
}

impl Default for LoggedModelSearch {
    fn default() -> Self {
        Self {
            filter: String::new(),
            datasets: vec![],
            order_by: vec![],
            max_results: 100,
            page_token: None,
        }
    }
}

impl LoggedModelSearch {
    /// A search for what `filter` names, the first hundred of it, newest first.
    pub fn new(filter: impl Into<String>) -> Self {
        Self { filter: filter.into(), ..Self::default() }
    }

    /// Adds a dataset whose metrics count.
    #[must_use]
    pub fn with_dataset(mut self, dataset: DatasetRef) -> Self {
        self.datasets.push(dataset);
        self
    }

    /// Adds what to order by, after what was there.
    #[must_use]
    pub fn with_order_by(mut self, order: LoggedModelOrder) -> Self {
        self.order_by.push(order);
        self
    }

    /// Sets how many to give at most.
    #[must_use]
    pub fn with_max_results(mut self, max_results: u32) -> Self {
        self.max_results = max_results;
        self
    }

    /// Goes on after the page that gave this token.
    #[must_use]
    pub fn with_page_token(mut self, page_token: impl Into<String>) -> Self {
        self.page_token = Some(page_token.into());
        self
    }
}

/// What logged models are ordered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedModelOrder {
    /// An attribute such as `name`, or `metrics.` and the name of a metric, of which the latest
    /// point counts. Models that have none come last in both directions.
    pub field_name: String,
    /// Whether the smallest comes first.
    pub ascending: bool,
    /// The dataset that the metric was measured with, if only that counts.
    pub dataset: Option<DatasetRef>,
}

impl LoggedModelOrder {
    /// The smallest first.
    pub fn ascending(field_name: impl Into<String>) -> Self {
        Self { field_name: field_name.into(), ascending: true, dataset: None }
    }

    /// The largest first.
    pub fn descending(field_name: impl Into<String>) -> Self {
        Self { ascending: false, ..Self::ascending(field_name) }
    }

    /// Counts only what was measured with this dataset.
    #[must_use]
    pub fn on(mut self, dataset: DatasetRef) -> Self {
        self.dataset = Some(dataset);
        self
    }
}
