//! One thing to try: on a store of ours, and as a bare request to a server.

use std::sync::Arc;

use mlflow_client::{
    Batch, DatasetInput, Error, ErrorKind, ExperimentId, LoggedModelId, Metric, NewLoggedModel,
    NewModelVersion, NewRun, Result, Run, RunId, Search, Store, Version,
};
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

/// What became of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted,
    Refused,
    NotFound,
    Taken,
    /// Anything else: never expected.
    Other,
}

/// A thing to try. In names `§` stands for a letter of the place, so that two can share a server.
#[derive(Debug)]
pub(crate) enum Trial {
    /// Logs to the run of the place.
    Log(Batch),
    /// Logs one parameter to a deleted run.
    LogToDeleted,
    LogTo(&'static str),
    CreateExperiment(String),
    RenameExperiment(String),
    GetExperiment(&'static str),
    TagExperiment(String, String),
    CreateRun(Vec<(String, String)>),
    Dataset(DatasetInput),
    CreateModel(String),
    GetModel(&'static str),
    TagModel(String, String),
    TagVersion(String, String),
    CreateVersion(String, Vec<(String, String)>),
    GetVersion(u32),
    Alias(String),
    DeleteAlias(String),
    LoggedModel(String, Vec<(String, String)>),
    GetLoggedModel(&'static str),
    SearchRuns(u32),
    PutArtifact(&'static str),
    GetArtifact(&'static str),
    /// A request that our types cannot express.
    Bare(&'static str, Value),
}

/// A store with something in it.
#[derive(Debug)]
pub(crate) struct Place {
    store: Arc<dyn Store>,
    letter: char,
    run: Run,
    deleted: RunId,
    model: String,
}

const START_MS: i64 = 1_700_000_000_000;

fn new_run(experiment_id: ExperimentId, tags: Vec<(String, String)>) -> NewRun {
    NewRun { experiment_id, name: "x".to_owned(), start_time_ms: START_MS, user: None, tags }
}

fn new_version(name: &str, source: &str, tags: Vec<(String, String)>) -> NewModelVersion {
    NewModelVersion {
        name: name.to_owned(),
        source: source.to_owned(),
        run_id: None,
        model_id: None,
        description: None,
        tags,
    }
}

impl Place {
    pub(crate) async fn new(store: Arc<dyn Store>, letter: char) -> Self {
        let name = format!("limits {letter}");
        let experiment = store.create_experiment(&name).await.unwrap();
        let run = store.create_run(&new_run(experiment.clone(), vec![])).await.unwrap();
        let deleted = store.create_run(&new_run(experiment, vec![])).await.unwrap().id;
        store.delete_run(&deleted).await.unwrap();
        store.create_registered_model(&name, None).await.unwrap();
        let version = new_version(&name, "s3://bucket/key", vec![]);
        store.create_version(&version).await.unwrap();
        let params = vec![("set".to_owned(), "once".to_owned())];
        store.log_batch(&run.id, &Batch { params, ..Batch::default() }).await.unwrap();
        Self { store, letter, run, deleted, model: name }
    }

    fn named(&self, text: &str) -> String {
        text.replace('§', &self.letter.to_string())
    }

    pub(crate) async fn tries(&self, trial: &Trial) -> Verdict {
        match self.ours(trial).await {
            Ok(()) => Verdict::Accepted,
            Err(error) => match error.kind() {
                ErrorKind::InvalidArgument => Verdict::Refused,
                ErrorKind::NotFound => Verdict::NotFound,
                ErrorKind::AlreadyExists => Verdict::Taken,
                _ => Verdict::Other,
            },
        }
    }

    async fn ours(&self, trial: &Trial) -> Result<(), Error> {
        let (store, run, one) = (&self.store, &self.run, Version::new(1));
        let param = || Batch { params: vec![("p".to_owned(), "v".to_owned())], ..Batch::default() };
        match trial {
            Trial::Log(batch) => store.log_batch(&run.id, batch).await.map(drop),
            Trial::LogToDeleted => store.log_batch(&self.deleted, &param()).await.map(drop),
            Trial::LogTo(id) => store.log_batch(&RunId::new(*id), &param()).await.map(drop),
            Trial::CreateExperiment(name) => {
                store.create_experiment(&self.named(name)).await.map(drop)
            }
            Trial::RenameExperiment(name) => {
                store.rename_experiment(&run.experiment_id, &self.named(name)).await
            }
            Trial::GetExperiment(id) => {
                store.get_experiment(&ExperimentId::new(*id)).await.map(drop)
            }
            Trial::TagExperiment(key, value) => {
                store.set_experiment_tag(&run.experiment_id, key, value).await
            }
            Trial::CreateRun(tags) => {
                let new = new_run(run.experiment_id.clone(), tags.clone());
                store.create_run(&new).await.map(drop)
            }
            Trial::Dataset(dataset) => {
                store.log_inputs(&run.id, std::slice::from_ref(dataset), &[]).await
            }
            Trial::CreateModel(name) => {
                store.create_registered_model(&self.named(name), None).await
            }
            Trial::GetModel(name) => store.get_registered_model(name).await.map(drop),
            Trial::TagModel(key, value) => store.set_model_tag(&self.model, key, value).await,
            Trial::TagVersion(key, value) => {
                store.set_version_tag(&self.model, one, key, value).await
            }
            Trial::CreateVersion(source, tags) => {
                let new = new_version(&self.model, source, tags.clone());
                store.create_version(&new).await.map(drop)
            }
            Trial::GetVersion(number) => {
                store.get_version(&self.model, Version::new(*number)).await.map(drop)
            }
            Trial::Alias(alias) => store.set_alias(&self.model, alias, one).await,
            Trial::DeleteAlias(alias) => store.delete_alias(&self.model, alias).await,
            Trial::LoggedModel(name, params) => {
                let new = NewLoggedModel {
                    experiment_id: run.experiment_id.clone(),
                    name: name.clone(),
                    model_type: None,
                    source_run_id: None,
                    params: params.clone(),
                    tags: vec![],
                };
                store.create_logged_model(&new).await.map(drop)
            }
            Trial::GetLoggedModel(id) => {
                store.get_logged_model(&LoggedModelId::new(*id)).await.map(drop)
            }
            Trial::SearchRuns(max) => {
                let search = Search::default().with_max_results(*max);
                store.search_runs(std::slice::from_ref(&run.experiment_id), &search).await.map(drop)
            }
            Trial::PutArtifact(path) => {
                store.put_artifact(&run.artifact_uri, path, b"x".to_vec()).await
            }
            Trial::GetArtifact(path) => store.get_artifact(&run.artifact_uri, path).await.map(drop),
            Trial::Bare(..) => Ok(()),
        }
    }

    /// How long the values are that parameters and tags of these lengths are kept as.
    pub(crate) async fn kept(&self, lengths: &[usize]) -> Vec<usize> {
        let id = &self.store.create_run(&new_run(self.run.experiment_id.clone(), vec![])).await;
        let id = &id.as_ref().unwrap().id;
        let batch = values(lengths);
        self.store.log_batch(id, &batch).await.unwrap();
        lengths_of(&self.store.get_run(id).await.unwrap())
    }
}

fn values(lengths: &[usize]) -> Batch {
    let pairs = |prefix: &str| {
        lengths.iter().map(|&n| (format!("{prefix}{n}"), "á".repeat(n))).collect::<Vec<_>>()
    };
    let note = ("mlflow.note.content".to_owned(), "á".repeat(100_000));
    let tags = pairs("t").into_iter().chain([note]).collect();
    Batch { params: pairs("p"), tags, ..Batch::default() }
}

fn lengths_of(run: &Run) -> Vec<usize> {
    let ours = |key: &str| key.starts_with('t') || key == "mlflow.note.content";
    let tags = run.tags.iter().filter(|(key, _)| ours(key)).map(|(_, value)| value);
    run.params.values().chain(tags).map(|value| value.chars().count()).collect()
}

/// A server, asked with nothing of ours before it.
#[derive(Debug)]
pub(crate) struct Bare {
    url: Url,
    client: reqwest::Client,
    place: Place,
}

impl Bare {
    pub(crate) fn new(url: Url, place: Place) -> Self {
        Self { url, client: reqwest::Client::new(), place }
    }

    pub(crate) async fn tries(&self, trial: &Trial) -> Verdict {
        let (method, path, body) = self.request(trial);
        self.send(method, &path, body).await
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> Verdict {
        let api = if path.starts_with("mlflow-artifacts") { "api/2.0/" } else { "api/2.0/mlflow/" };
        let mut request =
            self.client.request(method.clone(), self.url.join(api).unwrap().join(path).unwrap());
        if method != Method::GET {
            request = request.json(&body);
        } else if let Value::Object(fields) = &body {
            let pairs: Vec<_> = fields.iter().map(|(k, v)| (k, v.as_str().unwrap())).collect();
            request = request.query(&pairs);
        }
        let answer = request.send().await.unwrap();
        if answer.status().is_success() {
            return Verdict::Accepted;
        }
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        let said: Value = serde_json::from_str(&text).unwrap_or_default();
        match (status, said["error_code"].as_str()) {
            (_, Some("RESOURCE_DOES_NOT_EXIST")) => Verdict::NotFound,
            (_, Some("RESOURCE_ALREADY_EXISTS")) => Verdict::Taken,
            (_, Some("INVALID_PARAMETER_VALUE" | "BAD_REQUEST")) | (400, None) => Verdict::Refused,
            _ => Verdict::Other,
        }
    }

    #[expect(clippy::too_many_lines, reason = "an arm a trial")]
    fn request(&self, trial: &Trial) -> (Method, String, Value) {
        let place = &self.place;
        let (run, experiment) = (place.run.id.as_str(), place.run.experiment_id.as_str());
        let model = &place.model;
        let post = |path: &str, body: Value| (Method::POST, path.to_owned(), body);
        let get = |path: &str, body: Value| (Method::GET, path.to_owned(), body);
        let param = |id: &str| json!({ "run_id": id, "params": [{ "key": "p", "value": "v" }] });
        let file = |path: &str| {
            let root = place.run.artifact_uri.trim_start_matches("mlflow-artifacts:/");
            format!("mlflow-artifacts/artifacts/{root}/{path}")
        };
        match trial {
            Trial::Log(batch) => post("runs/log-batch", body_of(run, batch)),
            Trial::LogToDeleted => post("runs/log-batch", param(place.deleted.as_str())),
            Trial::LogTo(id) => post("runs/log-batch", param(id)),
            Trial::CreateExperiment(name) => {
                post("experiments/create", json!({ "name": place.named(name) }))
            }
            Trial::RenameExperiment(name) => post(
                "experiments/update",
                json!({ "experiment_id": experiment, "new_name": place.named(name) }),
            ),
            Trial::GetExperiment(id) => get("experiments/get", json!({ "experiment_id": id })),
            Trial::TagExperiment(key, value) => post(
                "experiments/set-experiment-tag",
                json!({ "experiment_id": experiment, "key": key, "value": value }),
            ),
            Trial::CreateRun(tags) => post(
                "runs/create",
                json!({ "experiment_id": experiment, "run_name": "x", "start_time": START_MS, "tags": pairs(tags) }),
            ),
            Trial::Dataset(dataset) => post("runs/log-inputs", inputs_of(run, dataset)),
            Trial::CreateModel(name) => {
                post("registered-models/create", json!({ "name": place.named(name) }))
            }
            Trial::GetModel(name) => get("registered-models/get", json!({ "name": name })),
            Trial::TagModel(key, value) => post(
                "registered-models/set-tag",
                json!({ "name": model, "key": key, "value": value }),
            ),
            Trial::TagVersion(key, value) => post(
                "model-versions/set-tag",
                json!({ "name": model, "version": "1", "key": key, "value": value }),
            ),
            Trial::CreateVersion(source, tags) => post(
                "model-versions/create",
                json!({ "name": model, "source": source, "tags": pairs(tags) }),
            ),
            Trial::GetVersion(number) => {
                get("model-versions/get", json!({ "name": model, "version": number.to_string() }))
            }
            Trial::Alias(alias) => post(
                "registered-models/alias",
                json!({ "name": model, "alias": alias, "version": "1" }),
            ),
            Trial::DeleteAlias(alias) => {
                let body = json!({ "name": model, "alias": alias });
                (Method::DELETE, "registered-models/alias".to_owned(), body)
            }
            Trial::LoggedModel(name, params) => post(
                "logged-models",
                json!({ "experiment_id": experiment, "name": name, "params": pairs(params) }),
            ),
            Trial::GetLoggedModel(id) => get(&format!("logged-models/{id}"), Value::Null),
            Trial::SearchRuns(max) => {
                post("runs/search", json!({ "experiment_ids": [experiment], "max_results": max }))
            }
            Trial::PutArtifact(path) => (Method::PUT, file(path), json!("x")),
            Trial::GetArtifact(path) => get(&file(path), Value::Null),
            Trial::Bare(path, body) => {
                let mut body = body.clone();
                body["run_id"] = json!(run);
                body["name"] = json!(model);
                post(path, body)
            }
        }
    }

    /// What a server keeps of a NaN that is written as Python writes it.
    pub(crate) async fn keeps_of_nan(&self) -> f64 {
        let id = &self.place.run.id;
        let point = "\"key\": \"nan\", \"value\": NaN, \"timestamp\": 1, \"step\": 0";
        let request = self.client.post(self.url.join("api/2.0/mlflow/runs/log-metric").unwrap());
        let body = format!("{{\"run_id\": \"{id}\", {point}}}");
        let answer = request.header("content-type", "application/json").body(body).send().await;
        assert!(answer.unwrap().status().is_success());
        self.place.store.get_run(id).await.unwrap().metrics["nan"]
    }

    /// As [`Place::kept`].
    pub(crate) async fn kept(&self, lengths: &[usize]) -> Vec<usize> {
        let place = &self.place;
        let new = new_run(place.run.experiment_id.clone(), vec![]);
        let id = place.store.create_run(&new).await.unwrap().id;
        let body = body_of(id.as_str(), &values(lengths));
        assert_eq!(self.send(Method::POST, "runs/log-batch", body).await, Verdict::Accepted);
        lengths_of(&place.store.get_run(&id).await.unwrap())
    }
}

fn pairs(pairs: &[(String, String)]) -> Vec<Value> {
    pairs.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}

fn body_of(run: &str, batch: &Batch) -> Value {
    let point = |m: &Metric| json!({ "key": m.key, "value": m.value, "timestamp": m.timestamp_ms, "step": m.step });
    json!({
        "run_id": run,
        "metrics": batch.metrics.iter().map(point).collect::<Vec<_>>(),
        "params": pairs(&batch.params),
        "tags": pairs(&batch.tags),
    })
}

fn inputs_of(run: &str, dataset: &DatasetInput) -> Value {
    let context = dataset.context.iter();
    let tags: Vec<_> =
        context.map(|context| json!({ "key": "mlflow.data.context", "value": context })).collect();
    let mut fields = json!({
        "name": dataset.name,
        "digest": dataset.digest,
        "source_type": dataset.source_type,
        "source": dataset.source,
    });
    if let Some(schema) = &dataset.schema {
        fields["schema"] = json!(schema);
    }
    if let Some(profile) = &dataset.profile {
        fields["profile"] = json!(profile);
    }
    json!({ "run_id": run, "datasets": [{ "tags": tags, "dataset": fields }] })
}
