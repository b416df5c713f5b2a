//! Opens object stores, each once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path as Key;
use object_store::{BackoffConfig, ObjectStore, RetryConfig};
use url::Url;

use super::CloudOptions;
use super::bucket::Bucket;
use crate::error::{Error, ErrorKind, Result};
use crate::options::ClientOptions;
use crate::uri::shown_artifact;

/// The object stores that were opened, by scheme, bucket and account.
#[derive(Debug, Default)]
pub(super) struct Opened {
    options: CloudOptions,
    retry: RetryConfig,
    stores: Mutex<BTreeMap<String, Arc<dyn ObjectStore>>>,
}

impl Opened {
    pub(super) fn new(options: &ClientOptions) -> Self {
        let backoff = BackoffConfig { init_backoff: options.backoff, ..BackoffConfig::default() };
        let retry = RetryConfig {
            backoff,
            max_retries: options.retries_max as usize,
            retry_timeout: options.retry_for,
        };
        Self { options: options.cloud.clone(), retry, stores: Mutex::default() }
    }

    /// Returns the place in an object store that a URI names.
    pub(super) fn bucket(&self, op: &'static str, artifact_uri: &str) -> Result<Bucket> {
        let shown = shown_artifact(artifact_uri);
        let refused = |message: &str| Error::new(ErrorKind::UnsupportedUri, op, &shown, message);
        let url = Url::parse(artifact_uri)
            .map_err(|error| refused("it is not a URL").with_source(error))?;
        let (_, rest) = artifact_uri.split_once("://").unwrap_or_default();
        // As it is written: a key is not percent-encoded.
        let (place, key) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = Key::parse(key)
            .map_err(|error| refused("its path is no key of an object").with_source(error))?;
        let name = format!("{}://{place}", url.scheme());
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = stores.get(&name) {
            return Ok(Bucket { store: Arc::clone(store), prefix, root: shown });
        }
        let store = self.open(&url).map_err(|error| {
            refused("the object store cannot be used")
                .with_hint("check the variables AWS_…, GOOGLE_… or AZURE_…")
                .with_source(error)
        })?;
        stores.insert(name, Arc::clone(&store));
        Ok(Bucket { store, prefix, root: shown })
    }

    fn open(&self, url: &Url) -> object_store::Result<Arc<dyn ObjectStore>> {
        Ok(match url.scheme() {
            "s3" => Arc::new(self.s3(url).build()?),
            "gs" => Arc::new(self.google(url).build()?),
            _ => Arc::new(self.azure(url).build()?),
        })
    }

    fn s3(&self, url: &Url) -> AmazonS3Builder {
        let get = |name| self.options.get(name);
        let region = get("AWS_REGION").or_else(|| get("AWS_DEFAULT_REGION"));
        let endpoint = get("MLFLOW_S3_ENDPOINT_URL")
            .or_else(|| get("AWS_ENDPOINT_URL_S3"))
            .or_else(|| get("AWS_ENDPOINT_URL"));
        let ignores_tls = get("MLFLOW_S3_IGNORE_TLS").is_some_and(is_true);
        let is_virtual = get("MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE") == Some("virtual");
        let is_unsigned = get("MLFLOW_EXPERIMENTAL_S3_SIGNATURE_VERSION")
            .is_some_and(|version| version.eq_ignore_ascii_case("unsigned"));
        let client = object_store::ClientOptions::new()
            .with_allow_http(endpoint.is_some_and(|url| url.starts_with("http:")))
            .with_allow_invalid_certificates(ignores_tls);
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(url.host_str().unwrap_or_default())
            .with_region(region.unwrap_or("us-east-1"))
            .with_virtual_hosted_style_request(is_virtual)
            .with_skip_signature(is_unsigned)
            .with_client_options(client)
            .with_retry(self.retry.clone());
        if let Some(endpoint) = endpoint {
            builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
        }
        if let (Some(id), Some(secret)) = (get("AWS_ACCESS_KEY_ID"), get("AWS_SECRET_ACCESS_KEY")) {
            builder = builder.with_access_key_id(id).with_secret_access_key(secret);
        }
        if let Some(token) = get("AWS_SESSION_TOKEN") {
            builder = builder.with_token(token);
        }
        builder
    }

    fn google(&self, url: &Url) -> GoogleCloudStorageBuilder {
        let builder = GoogleCloudStorageBuilder::new()
            .with_bucket_name(url.host_str().unwrap_or_default())
            .with_retry(self.retry.clone());
        match self.options.get("GOOGLE_APPLICATION_CREDENTIALS") {
            Some(file) => builder.with_application_credentials(file),
            None => builder,
        }
    }

    fn azure(&self, url: &Url) -> MicrosoftAzureBuilder {
        let get = |name| self.options.get(name);
        let of_connection = |name: &str| {
            let parts = get("AZURE_STORAGE_CONNECTION_STRING")?.split(';');
            parts
                .filter_map(|part| part.split_once('='))
                .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
        };
        let account = url.host_str().unwrap_or_default().split('.').next().unwrap_or_default();
        let mut builder = MicrosoftAzureBuilder::new()
            .with_container_name(url.username())
            .with_account(account)
            .with_retry(self.retry.clone());
        if let Some(endpoint) = of_connection("BlobEndpoint") {
            builder = builder
                .with_endpoint(endpoint.trim_end_matches('/').to_owned())
                .with_allow_http(endpoint.starts_with("http:"));
        }
        let key = of_connection("AccountKey").or_else(|| get("AZURE_STORAGE_ACCESS_KEY"));
        if let Some(key) = key {
            return builder.with_access_key(key);
        }
        match (get("AZURE_TENANT_ID"), get("AZURE_CLIENT_ID"), get("AZURE_CLIENT_SECRET")) {
            (Some(tenant), Some(id), Some(secret)) => {
                builder.with_client_secret_authorization(id, secret, tenant)
            }
            _ => builder,
        }
    }

    /// Has a store that a test made stand for a bucket.
    #[cfg(test)]
    pub(super) fn insert(&self, name: &str, store: Arc<dyn ObjectStore>) {
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        stores.insert(name.to_owned(), store);
    }
}

fn is_true(text: &str) -> bool {
    text == "1" || text.eq_ignore_ascii_case("true")
}
