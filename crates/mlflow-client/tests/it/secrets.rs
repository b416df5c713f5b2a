//! Secrets are told to the server alone: not to a log, an error or a `Debug`.

use std::error::Error as _;
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use mlflow_client::{
    Batch, ClientOptions, Credentials, Error, RegistryStore as _, RestStore, RunId, Secret,
    Store as _, TrackingStore as _,
};
use tracing_subscriber::fmt::MakeWriter;
use url::Url;
use wiremock::matchers::{any, path_regex};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::faults::options;

/// What the program and its libraries say at their most talkative.
#[derive(Debug, Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Said {
    /// Listens to everything from now on.
    fn listen() -> &'static Self {
        static SAID: OnceLock<Said> = OnceLock::new();
        SAID.get_or_init(|| {
            let said = Self::default();
            tracing_subscriber::fmt()
                .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
                .with_writer(said.clone())
                .with_ansi(false)
                .init();
            log::set_boxed_logger(Box::new(said.clone())).unwrap();
            log::set_max_level(log::LevelFilter::Trace);
            said
        })
    }

    fn text(&self) -> String {
        let said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&said).into_owned()
    }
}

impl io::Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Said {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl log::Log for Said {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {}\n", record.target(), record.args());
        drop(io::Write::write(&mut self.clone(), line.as_bytes()));
    }

    fn flush(&self) {}
}

/// The error, with all that caused it.
fn whole(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {:?}", error.hint());
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(&format!(" {inner} {inner:?}"));
        cause = inner.source();
    }
    text
}

#[tokio::test]
async fn nothing_says_a_secret_whatever_goes_wrong() {
    let said = Said::listen();
    let server = MockServer::start().await;
    let template = |status| ResponseTemplate::new(status);
    for (path, answer) in [
        ("get-by-name", template(503)),
        ("runs/get", template(401).set_body_string("<html>no</html>")),
        ("log-batch", template(200).set_body_string("{\"half")),
        ("registered-models/get", template(302).insert_header("location", "/login?t=geheim3")),
        ("experiments/search", template(200).set_body_string("{}")),
    ] {
        Mock::given(path_regex(format!("{path}$"))).respond_with(answer).mount(&server).await;
    }
    Mock::given(any()).respond_with(template(500)).with_priority(9).mount(&server).await;

    let port = server.address().port();
    let closed = testkit::mlflow_server::free_port().unwrap();
    let with = |address: &str, credentials| {
        let options = ClientOptions { credentials, ..options() };
        assert!(!format!("{options:?}").contains("geheim"));
        RestStore::new(&Url::parse(address).unwrap(), &options).unwrap()
    };
    let plain = format!("http://127.0.0.1:{port}/");
    let password =
        Credentials::Basic { username: "ana".to_owned(), password: Secret::new("geheim1") };
    let stores = [
        with(&plain, password),
        with(&plain, Credentials::Token(Secret::new("geheim2"))),
        with(&format!("http://ana:geheim4@127.0.0.1:{port}/"), Credentials::None),
        with(&format!("http://ana:geheim5@127.0.0.1:{closed}/"), Credentials::None),
        with(&format!("https://ana:geheim6@127.0.0.1:{port}/"), Credentials::None),
    ];
    let id = RunId::new("r");
    for store in &stores {
        assert!(!format!("{store:?} {}", store.uri()).contains("geheim"));
        drop(store.ping().await);
        for error in [
            store.experiment_by_name("x").await.unwrap_err(),
            store.get_run(&id).await.unwrap_err(),
            store.set_tag(&id, "a", "b").await.unwrap_err(),
            store.get_registered_model("P").await.unwrap_err(),
        ] {
            assert!(!whole(&error).contains("geheim"), "{}", whole(&error));
        }
        store.log_batch(&id, &Batch::default()).await.unwrap();
    }
    let text = said.text();
    assert!(text.contains("trying again") && text.contains("hyper"), "it was listened to: {text}");
    let encoded = ["geheim", "YW5hOmdlaGVpb", "Z2VoZWlt"]; // as it is, and in base 64
    for line in text.lines() {
        assert!(!encoded.iter().any(|secret| line.contains(secret)), "{line}");
    }
}
