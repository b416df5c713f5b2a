//! Things that are made once, though the answer was lost on the way.

use std::time::Duration;

use mlflow_client::{
    Error, ErrorKind, ExperimentId, LoggedModelStore as _, NewLoggedModel, NewRun,
    RegistryStore as _, RestStore, RunId, TrackingStore as _,
};
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::faults::{client, n_requests_of, options};

const TAG: &str = "mlflow_client.request_id";

fn new_run() -> NewRun {
    let experiment_id = ExperimentId::new("1");
    NewRun { experiment_id, name: "x".to_owned(), start_time_ms: 1, user: None, tags: vec![] }
}

fn new_model() -> NewLoggedModel {
    NewLoggedModel {
        experiment_id: ExperimentId::new("1"),
        name: "model".to_owned(),
        model_type: None,
        source_run_id: Some(RunId::new("r")),
        params: vec![],
        tags: vec![],
    }
}

fn run() -> Value {
    json!({ "info": { "run_id": "r", "status": "RUNNING" }, "data": {} })
}

fn model() -> Value {
    json!({ "info": { "model_id": "m-1", "status": "LOGGED_MODEL_PENDING" }, "data": {} })
}

/// What each kind of thing is made and found with, and what making it says.
struct Case {
    makes: &'static str,
    made: Value,
    finds: &'static str,
    found: Value,
    make: for<'a> fn(&'a RestStore) -> Making<'a>,
}

type Making<'a> = std::pin::Pin<Box<dyn Future<Output = Result<String, Error>> + Send + 'a>>;

fn cases() -> [Case; 4] {
    let experiment = json!({ "experiment_id": "7", "name": "x", "lifecycle_stage": "active" });
    [
        Case {
            makes: "runs/create",
            made: json!({ "run": run() }),
            finds: "runs/search",
            found: json!({ "runs": [run()] }),
            make: |store| {
                Box::pin(async { Ok(store.create_run(&new_run()).await?.id.to_string()) })
            },
        },
        Case {
            makes: "logged-models",
            made: json!({ "model": model() }),
            finds: "logged-models/search",
            found: json!({ "models": [model()] }),
            make: |store| {
                Box::pin(async {
                    Ok(store.create_logged_model(&new_model()).await?.id.to_string())
                })
            },
        },
        Case {
            makes: "experiments/create",
            made: json!({ "experiment_id": "7" }),
            finds: "experiments/get-by-name",
            found: json!({ "experiment": experiment }),
            make: |store| Box::pin(async { Ok(store.create_experiment("x").await?.to_string()) }),
        },
        Case {
            makes: "registered-models/create",
            made: json!({}),
            finds: "registered-models/get",
            found: json!({ "registered_model": { "name": "P" } }),
            make: |store| {
                Box::pin(async {
                    store.create_registered_model("P", None).await?;
                    Ok("P".to_owned())
                })
            },
        },
    ]
}

/// A server on which each path answers in turn what it is given; the last answer stays.
async fn server(answers: &[(&str, &[ResponseTemplate])]) -> (MockServer, RestStore) {
    let server = MockServer::start().await;
    for (at, answers) in answers {
        let (last, first) = answers.split_last().unwrap();
        for answer in first {
            Mock::given(path(format!("/api/2.0/mlflow/{at}")))
                .respond_with(answer.clone())
                .up_to_n_times(1)
                .mount(&server)
                .await;
        }
        Mock::given(path(format!("/api/2.0/mlflow/{at}")))
            .respond_with(last.clone())
            .mount(&server)
            .await;
    }
    let options = options().with_timeout(Duration::from_millis(500));
    let store = client(&server, &options);
    (server, store)
}

fn says(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn absent() -> ResponseTemplate {
    let body = json!({ "error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no" });
    ResponseTemplate::new(404).set_body_json(body)
}

/// Answers that say nothing of what was done: a proxy's, an unhandled error's, half a body, a
/// page for people, and none in time.
fn lost() -> Vec<ResponseTemplate> {
    vec![
        ResponseTemplate::new(502),
        ResponseTemplate::new(504),
        ResponseTemplate::new(500).set_body_string("<title>500 Internal Server Error</title>"),
        ResponseTemplate::new(200).set_body_string("{\"run\": {\"in"),
        ResponseTemplate::new(200).set_body_raw("<title>Sign in</title>", "text/html"),
        ResponseTemplate::new(200).set_delay(Duration::from_secs(30)),
    ]
}

#[tokio::test]
async fn what_was_made_without_an_answer_is_found_and_not_made_again() {
    for lost in lost() {
        for case in cases() {
            let found = [says(&case.found)];
            let answers: [(&str, &[_]); 2] =
                [(case.makes, std::slice::from_ref(&lost)), (case.finds, &found)];
            let (server, store) = server(&answers).await;
            let made = (case.make)(&store).await;
            assert!(["r", "m-1", "7", "P"].contains(&made.unwrap().as_str()), "{}", case.makes);
            assert_eq!(n_requests_of(&server, case.makes).await, 1, "{}", case.makes);
        }
    }
}

#[tokio::test]
async fn what_was_not_made_is_made_again_once_that_is_sure() {
    for case in cases() {
        let made = [ResponseTemplate::new(504), says(&case.made)];
        let none = if case.finds.ends_with("search") { says(&json!({})) } else { absent() };
        let none = [none];
        let answers: [(&str, &[_]); 2] = [(case.makes, &made), (case.finds, &none)];
        let (server, store) = server(&answers).await;
        (case.make)(&store).await.unwrap();
        assert_eq!(n_requests_of(&server, case.makes).await, 2, "{}", case.makes);
        assert_eq!(n_requests_of(&server, case.finds).await, 2, "it is looked for twice");
    }
}

#[tokio::test]
async fn when_it_cannot_be_looked_for_the_first_failure_is_told_and_nothing_made_again() {
    for case in cases() {
        let lost = [ResponseTemplate::new(504)];
        let answers: [(&str, &[_]); 2] = [(case.makes, &lost), (case.finds, &lost)];
        let (server, store) = server(&answers).await;
        let error = (case.make)(&store).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        assert!(error.is_outcome_unknown() && error.op().starts_with("create"), "{error}");
        assert_eq!(n_requests_of(&server, case.makes).await, 1, "{}", case.makes);
    }
}

#[tokio::test]
async fn a_refusal_is_told_at_once_and_nothing_is_looked_for() {
    for case in cases() {
        let body = json!({ "error_code": "INVALID_PARAMETER_VALUE", "message": "no" });
        let refused = [ResponseTemplate::new(400).set_body_json(body)];
        let found = [says(&case.found)];
        let answers: [(&str, &[_]); 2] = [(case.makes, &refused), (case.finds, &found)];
        let (server, store) = server(&answers).await;
        let error = (case.make)(&store).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
        assert!(!error.is_outcome_unknown());
        assert_eq!(n_requests_of(&server, case.finds).await, 0, "{}", case.makes);
    }
}

#[tokio::test]
async fn a_run_is_looked_for_by_a_tag_that_only_this_request_has() {
    let made = [ResponseTemplate::new(504)];
    let found = [says(&json!({ "runs": [run()] }))];
    let (server, store) = server(&[("runs/create", &made), ("runs/search", &found)]).await;
    for _ in 0..2 {
        store.create_run(&new_run()).await.unwrap();
    }
    let requests = server.received_requests().await.unwrap();
    let bodies: Vec<Value> = requests.iter().map(|r| r.body_json().unwrap()).collect();
    let ids = [&bodies[0], &bodies[2]].map(|body| {
        let tags = body["tags"].as_array().unwrap();
        let tag = tags.iter().find(|tag| tag["key"] == TAG).unwrap();
        tag["value"].as_str().unwrap().to_owned()
    });
    assert_ne!(ids[0], ids[1]);
    for (id, search) in ids.iter().zip([&bodies[1], &bodies[3]]) {
        assert_eq!(search["filter"], format!("tags.`{TAG}` = '{id}'"));
        assert_eq!(search["experiment_ids"], json!(["1"]));
    }
}
