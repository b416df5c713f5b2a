//! Artifacts in an object store that speaks S3, which Python's own client reads and fills.
//!
//! `make test-cloud` installs `moto`, the server, and says where it is.

use std::fs::File;
use std::time::Duration;

use mlflow_client::{ArtifactStore as _, CloudOptions, ErrorKind, MemoryStore, conformance};
use testkit::program::Program;

/// Reads what we wrote, and writes what we read.
const BOTO: &str = "
import sys, boto3
c = boto3.client('s3', endpoint_url=sys.argv[1], region_name='us-east-1',
                 aws_access_key_id='id', aws_secret_access_key='hunter2')
if sys.argv[2] == 'make':
    c.create_bucket(Bucket='bucket')
else:
    assert c.get_object(Bucket='bucket', Key='1/a [b]/ç.txt')['Body'].read() == b'ours'
    c.put_object(Bucket='bucket', Key='1/theirs.txt', Body=b'theirs')
    print(c.head_object(Bucket='bucket', Key='1/large.bin')['ContentLength'])
";

fn python() -> Program {
    let path = std::env::var_os("PETR4_MOTO");
    Program::new(path.expect("PETR4_MOTO names a Python that has moto: run `make test-cloud`"))
}

fn boto(endpoint: &str, what: &str) -> String {
    let out = python().args(["-c", BOTO, endpoint, what]).run().unwrap();
    assert_eq!(out.code, Some(0), "{}", out.report());
    out.stdout.trim().to_owned()
}

fn store(endpoint: &str) -> MemoryStore {
    let options = CloudOptions::from_vars(|name| {
        let value = match name {
            "AWS_ACCESS_KEY_ID" => "id",
            "AWS_SECRET_ACCESS_KEY" => "hunter2",
            "AWS_DEFAULT_REGION" => "us-east-1",
            "MLFLOW_S3_ENDPOINT_URL" => endpoint,
            _ => return None,
        };
        Some(value.to_owned())
    });
    MemoryStore::default().with_cloud(options)
}

#[tokio::test]
async fn artifacts_in_s3_are_kept_as_any_other_and_shared_with_python() {
    const LARGE: u64 = 20 * 1024 * 1024 + 1;

    let port = testkit::mlflow_server::free_port().unwrap();
    let args = ["-m".to_owned(), "moto.server".to_owned(), "-p".to_owned(), port.to_string()];
    let mut server = python().args(args).start().unwrap();
    server.wait_for_line(Duration::from_mins(1), |line| line.contains("Running on")).unwrap();
    let endpoint = format!("http://127.0.0.1:{port}");
    boto(&endpoint, "make");

    let store = store(&endpoint);
    conformance::artifacts_at(&store, "s3://bucket/conformance").await;
    store.put_artifact("s3://bucket/1", "a [b]/ç.txt", b"ours".to_vec()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large");
    File::create(&path).unwrap().set_len(LARGE).unwrap();
    store.upload_artifact("s3://bucket/1", "large.bin", &path).await.unwrap();
    assert_eq!(boto(&endpoint, "share"), LARGE.to_string(), "an upload in parts is one file");
    let read = store.get_artifact("s3://bucket/1", "theirs.txt").await;
    assert_eq!(read.unwrap(), b"theirs");
    let len = store.download_artifact("s3://bucket/1", "large.bin", &path).await;
    assert_eq!(len.unwrap(), LARGE);

    let error = store.get_artifact("s3://never/1", "a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert!(!format!("{error:?} {store:?}").contains("hunter2"));
}
