//! Making a thing once, though an answer may be lost on the way.

use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::RestStore;
use super::http::Call;
use crate::entity::{LoggedModel, Run};
use crate::error::Result;
use crate::id::ExperimentId;
use crate::logged_model::{LoggedModelSearch, LoggedModelStore as _};
use crate::search::{Search, SearchStore as _};

/// The tag by which a run or a logged model is found whose answer was lost.
pub(super) const REQUEST_TAG: &str = "mlflow_client.request_id";

/// How often a thing that is not there is looked for before it counts as not made: a server may
/// be at work on a request that its proxy has given up.
const LOOKS: usize = 2;

/// How often a thing is made: once, and once more when the first was not.
const TRIES: usize = 2;

/// The number of one wish, whichever request carries it.
pub(super) fn request_id() -> String {
    Uuid::new_v4().simple().to_string()
}

fn filter(request: &str) -> String {
    format!("tags.`{REQUEST_TAG}` = '{request}'")
}

impl RestStore {
    /// Makes a thing, and finds it when nobody knows whether the server made it.
    ///
    /// `read` understands the answer, `find` looks for the thing. What was looked for and is not
    /// there is made again. When looking fails, the first failure is the one to report.
    pub(super) async fn make<A, T, F>(
        &self,
        call: Call,
        read: impl Fn(A) -> Result<T> + Send + Sync,
        find: impl Fn() -> F + Send + Sync,
    ) -> Result<T>
    where
        A: DeserializeOwned + Send,
        T: Send,
        F: Future<Output = Result<Option<T>>> + Send,
    {
        let call = call.once();
        let mut n_tries = 0;
        loop {
            n_tries += 1;
            let error = match self.http.json::<A>(&call).await {
                Ok(answer) => return read(answer),
                Err(error) if error.is_outcome_unknown() => error,
                Err(error) => return Err(error),
            };
            match self.look(&find).await {
                Some(Some(found)) => {
                    tracing::warn!(
                        op = call.op,
                        subject = call.subject,
                        "the answer was lost, but it was done"
                    );
                    return Ok(found);
                }
                Some(None) if n_tries < TRIES => {
                    tracing::warn!(
                        op = call.op,
                        subject = call.subject,
                        reason = %error,
                        "it was not done; asking again"
                    );
                }
                _ => return Err(error),
            }
        }
    }

    /// Looks for a thing, in the time of one request; `None` if that cannot be said.
    async fn look<T, F>(&self, find: &(impl Fn() -> F + Send + Sync)) -> Option<Option<T>>
    where
        T: Send,
        F: Future<Output = Result<Option<T>>> + Send,
    {
        let options = self.http.options();
        let looking = async {
            for n_looks in 1.. {
                match find().await {
                    Ok(None) if n_looks < LOOKS => tokio::time::sleep(options.backoff * 2).await,
                    other => return other.ok(),
                }
            }
            None
        };
        tokio::time::timeout(options.timeout, looking).await.ok()?
    }

    /// Returns the run that a request made.
    pub(super) async fn run_of_request(
        &self,
        experiment: &ExperimentId,
        request: &str,
    ) -> Result<Option<Run>> {
        let page = self
            .search_runs(std::slice::from_ref(experiment), &Search::new(filter(request)))
            .await?;
        Ok(page.items.into_iter().next())
    }

    /// Returns the logged model that a request made.
    pub(super) async fn logged_model_of_request(
        &self,
        experiment: &ExperimentId,
        request: &str,
    ) -> Result<Option<LoggedModel>> {
        let search = LoggedModelSearch::new(filter(request));
        let page = self.search_logged_models(std::slice::from_ref(experiment), &search).await?;
        Ok(page.items.into_iter().next())
    }
}
