//! The variables against what MLflow's own Python makes of them.

use mlflow_client::env::{CredentialsFile, options_with};
use mlflow_client::{ClientOptions, Credentials};
use serde_json::{Value, json};

/// Says for each set of variables what MLflow resolves, or that it refuses them.
const RESOLVE: &str = "
import json, os, sys
from mlflow.utils.credentials import get_default_host_creds
from mlflow import environment_variables as e
def resolve():
    c = get_default_host_creds('http://x')
    e.MLFLOW_HTTP_REQUEST_MAX_RETRIES.get()
    basic = f'{c.username}:{c.password}' if c.username and c.password else None
    return [basic or c.token, c.ignore_tls_verification, c.server_cert_path, c.client_cert_path,
            e.MLFLOW_HTTP_REQUEST_TIMEOUT.get(), e.MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER.get(),
            e.MLFLOW_TRUNCATE_LONG_VALUES.get(), e.MLFLOW_WORKSPACE.get(),
            e.MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT.get()]
def case(home, variables):
    os.environ['HOME'] = home
    for name in [n for n in os.environ if n.startswith('MLFLOW_')]: del os.environ[name]
    os.environ.update(variables)
    try: return resolve()
    except Exception: return None
print(json.dumps([case(*both) for both in json.loads(sys.argv[1])]))
";

const FILE: &str =
    "[mlflow]\nmlflow_tracking_username = of file\nmlflow_tracking_password = p%%q\n";

fn cases() -> Vec<Value> {
    let user = ("MLFLOW_TRACKING_USERNAME", "ana");
    let password = ("MLFLOW_TRACKING_PASSWORD", "segredo");
    let token = ("MLFLOW_TRACKING_TOKEN", "t");
    let sets: [&[(&str, &str)]; 14] = [
        &[],
        &[user],
        &[password],
        &[user, password],
        &[token],
        &[user, password, token],
        &[("MLFLOW_TRACKING_INSECURE_TLS", "True")],
        &[("MLFLOW_TRACKING_INSECURE_TLS", "yes")],
        &[
            ("MLFLOW_TRACKING_SERVER_CERT_PATH", "ca.pem"),
            ("MLFLOW_TRACKING_CLIENT_CERT_PATH", "me"),
        ],
        &[("MLFLOW_TRACKING_SERVER_CERT_PATH", "ca.pem"), ("MLFLOW_TRACKING_INSECURE_TLS", "1")],
        &[("MLFLOW_HTTP_REQUEST_TIMEOUT", "7"), ("MLFLOW_ARTIFACT_UPLOAD_DOWNLOAD_TIMEOUT", "9")],
        &[("MLFLOW_HTTP_REQUEST_TIMEOUT", "soon")],
        &[("MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER", "0"), ("MLFLOW_WORKSPACE", "acme")],
        &[("MLFLOW_TRUNCATE_LONG_VALUES", "FALSE")],
    ];
    sets.into_iter()
        .map(|set| set.iter().copied().collect::<std::collections::BTreeMap<_, _>>())
        .map(|set| json!(set))
        .collect()
}

/// What we resolve, in the shape of [`RESOLVE`]; the secrets are those of the case.
fn ours(variables: &Value, file: &CredentialsFile) -> Value {
    let get = |name: &str| variables[name].as_str().map(str::to_owned);
    let Ok(options) = options_with(get, file.clone()) else { return Value::Null };
    let ClientOptions { timeout, transfer_timeout, .. } = options;
    let said = ["segredo", "p%q", "t"].into_iter().find_map(|secret| {
        let of = |username: &str| Credentials::Basic {
            username: username.to_owned(),
            password: mlflow_client::Secret::new(secret),
        };
        let token = Credentials::Token(mlflow_client::Secret::new(secret));
        let users = ["ana", "of file"].into_iter();
        users
            .clone()
            .find(|user| options.credentials == of(user))
            .map(|user| format!("{user}:{secret}"))
            .or_else(|| (options.credentials == token).then(|| secret.to_owned()))
    });
    json!([
        said,
        options.insecure_tls,
        options.ca_bundle,
        options.client_certificate,
        timeout.as_secs(),
        options.respect_retry_after,
        options.truncate_long_values,
        options.workspace,
        transfer_timeout.map(|time| time.as_secs()),
    ])
}

#[test]
fn the_variables_mean_what_they_mean_to_python() {
    let homes = ["", FILE].map(|text| {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".mlflow")).unwrap();
        std::fs::write(home.path().join(".mlflow/credentials"), text).unwrap();
        home
    });
    let cases: Vec<Value> = homes
        .iter()
        .flat_map(|home| cases().into_iter().map(move |case| json!([home.path(), case])))
        .collect();
    let args = [json!(cases).to_string()];
    let asked = testkit::python::run_script(homes[0].path(), RESOLVE, args).unwrap();
    assert_eq!(asked.code, Some(0), "{}", asked.stderr);
    let theirs: Vec<Value> = serde_json::from_str(asked.stdout.trim()).unwrap();
    assert_eq!(theirs.len(), cases.len());
    for (case, theirs) in cases.iter().zip(&theirs) {
        let file = CredentialsFile::read(case[0].as_str().unwrap().as_ref()).unwrap();
        assert_eq!(&ours(&case[1], &file), theirs, "{case}");
    }
}
