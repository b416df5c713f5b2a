use super::*;
use crate::artifact::READ;

#[test]
fn roots_in_object_stores_are_known_by_their_schemes() {
    for uri in ["s3://b/k", "gs://b", "abfss://c@a.dfs.core.windows.net/k", "wasbs://c@a.x/k"] {
        assert!(is_cloud(uri), "{uri}");
    }
    for uri in ["/s3://", "file:///s3", "mlflow-artifacts:/1", "http://s3/b", "s3:b"] {
        assert!(!is_cloud(uri), "{uri}");
    }
}

#[test]
fn no_value_of_a_variable_is_shown() {
    let options = CloudOptions::from_vars(|name| Some(format!("hunter2 of {name}")));
    let shown = format!("{options:?}");
    assert!(shown.contains("AWS_SECRET_ACCESS_KEY") && !shown.contains("hunter2"), "{shown}");
    assert_eq!(CloudOptions::from_vars(|_| Some(String::new())), CloudOptions::default());
}

#[cfg(not(feature = "cloud"))]
#[test]
fn without_the_feature_the_error_names_it() {
    let error = Cloud::default().keeper(READ, "s3://bucket/key").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedUri);
    assert!(error.hint().unwrap().contains("feature `cloud`"), "{error:?}");
}

#[cfg(feature = "cloud")]
mod opened {
    use std::sync::Arc;

    use object_store::memory::InMemory;

    use super::*;
    use crate::error::ErrorKind;
    use crate::memory::MemoryStore;

    fn options(pairs: &'static [(&str, &str)]) -> ClientOptions {
        let vars = move |name: &str| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        ClientOptions { cloud: CloudOptions::from_vars(vars), ..ClientOptions::new() }
    }

    #[tokio::test]
    async fn a_root_in_an_object_store_is_kept_as_any_other() {
        let cloud = Cloud::default();
        cloud.opened.insert("s3://bucket", Arc::new(InMemory::new()));
        let store = MemoryStore::default().with_cloud_of_a_test(cloud);
        crate::conformance::artifacts_at(&store, "s3://bucket/1/r/artifacts").await;
        let error = store.delete_artifacts("s3://bucket", "").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "a bucket stays: {error}");
    }

    #[test]
    fn every_kind_of_root_is_opened_once() {
        let cloud = Cloud::new(&options(&[
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "hunter2"),
            ("AZURE_STORAGE_CONNECTION_STRING", "AccountName=a;AccountKey=aHVudGVyMg==;x=y"),
        ]));
        for uri in [
            "s3://bucket/a b/ç",
            "gs://bucket/k",
            "abfss://box@a.dfs.core.windows.net/k",
            "wasbs://box@a.blob.core.windows.net/k",
        ] {
            cloud.keeper(READ, uri).unwrap();
            cloud.keeper(READ, uri).unwrap();
        }
        let shown = format!("{:?}", cloud.opened.bucket(READ, "s3://bucket/k").unwrap().prefix);
        assert!(shown.contains('k'), "{shown}");
        let bad = cloud.keeper(READ, "s3://bucket/a//../b").unwrap_err();
        assert_eq!(bad.kind(), ErrorKind::UnsupportedUri);
    }
}
