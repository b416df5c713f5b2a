//! Searches with MLflow's filters, orders and pages.

mod entities;
mod filter;
mod logged_models;
mod order;
mod registry;
mod token;

use std::fmt::Debug;

use async_trait::async_trait;

use crate::entity::{Experiment, LifecycleStage, Run};
use crate::error::{Error, ErrorKind, Result};
use crate::id::ExperimentId;

pub(crate) use filter::{Grammar, Searchable};
pub(crate) use logged_models::{check_logged_models, page_of_logged_models};
pub(crate) use order::page;

/// Which entities a search finds: those in use, the deleted ones, or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ViewType {
    /// Those that are not deleted.
    #[default]
    ActiveOnly,
    /// Those that are deleted.
    DeletedOnly,
    /// Both.
    All,
}

impl ViewType {
    /// Returns the view as MLflow spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ActiveOnly => "ACTIVE_ONLY",
            Self::DeletedOnly => "DELETED_ONLY",
            Self::All => "ALL",
        }
    }

    /// Whether something in that stage is in view.
    pub(crate) fn shows(self, stage: LifecycleStage) -> bool {
        match self {
            Self::All => true,
            Self::ActiveOnly => stage == LifecycleStage::Active,
            Self::DeletedOnly => stage == LifecycleStage::Deleted,
        }
    }
}

/// What to search for, how to order it, and which page of it to give.
///
/// ```
/// use mlflow_client::Search;
///
/// let search = Search::new("metrics.mae < 1.5 and params.growth = 'linear'")
///     .with_order_by("metrics.mae")
///     .with_max_results(10);
/// assert_eq!(search.order_by, ["metrics.mae"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// MLflow's filter: comparisons joined by `and`; empty finds everything.
    pub filter: String,
    /// What to order by, each with ` ASC` or ` DESC` after it if wanted; empty is MLflow's order.
    pub order_by: Vec<String>,
    /// Whether deleted ones are found.
    pub view_type: ViewType,
    /// How many to give at most, 1 to 50,000 unless the search says otherwise. 1,000.
    pub max_results: u32,
    /// Where to go on: the token of the page before.
    pub page_token: Option<String>,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            filter: String::new(),
            order_by: vec![],
            view_type: ViewType::default(),
            max_results: 1000,
            page_token: None,
        }
    }
}

impl Search {
    /// A search for what `filter` names, the first thousand of it, in MLflow's order.
    pub fn new(filter: impl Into<String>) -> Self {
        Self { filter: filter.into(), ..Self::default() }
    }

    /// Adds what to order by, after what was there.
    #[must_use]
    pub fn with_order_by(mut self, order_by: impl Into<String>) -> Self {
        self.order_by.push(order_by.into());
        self
    }

    /// Sets whether deleted ones are found.
    #[must_use]
    pub fn with_view_type(mut self, view_type: ViewType) -> Self {
        self.view_type = view_type;
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

    /// Checks what MLflow refuses in every search for `T`.
    pub(crate) fn check<T: Searchable>(&self, op: &'static str) -> Result<()> {
        check_max_results::<T>(op, self.max_results)
    }
}

/// Checks the size of a page of `T`.
pub(crate) fn check_max_results<T: Searchable>(op: &'static str, max_results: u32) -> Result<()> {
    if !(1..=T::RESULTS_MAX).contains(&max_results) {
        let message = format!("max_results is {max_results}, 1 to {} go", T::RESULTS_MAX);
        return Err(Error::new(ErrorKind::InvalidArgument, op, "", message));
    }
    Ok(())
}

/// A part of what a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// What was found, in order.
    pub items: Vec<T>,
    /// Where the next page starts; absent on the last one.
    pub next_page_token: Option<String>,
}

/// Searches experiments and runs.
///
/// Filters and orders are MLflow's own, as in Python: `metrics.mae < 1.5 and tags.symbol LIKE
/// 'PETR%'`, `attributes.start_time DESC`. One that MLflow does not understand is
/// [`ErrorKind::InvalidArgument`].
///
/// The methods have a default that refuses, so that a store made for fewer purposes need not
/// repeat that; the stores of this crate have them all.
#[async_trait]
pub trait SearchStore: Debug + Send + Sync {
    /// Finds experiments by `name`, `experiment_id`, `creation_time`, `last_update_time` and
    /// tags; the newest come first.
    async fn search_experiments(&self, search: &Search) -> Result<Page<Experiment>> {
        Err(Error::unsupported("search experiments", &search.filter))
    }

    /// Finds runs of these experiments by metrics, parameters, tags, attributes (`run_id`,
    /// `run_name`, `user_id`, `status`, `artifact_uri`, `start_time`, `end_time`) and what they
    /// read (`dataset.name`, `dataset.digest`, `dataset.context`; one dataset that fits is
    /// enough); the latest come first.
    async fn search_runs(
        &self,
        _experiments: &[ExperimentId],
        search: &Search,
    ) -> Result<Page<Run>> {
        Err(Error::unsupported("search runs", &search.filter))
    }
}

#[cfg(test)]
mod tests;
