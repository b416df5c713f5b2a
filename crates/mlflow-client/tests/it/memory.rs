use mlflow_client::{
    Batch, ClientOptions, EmbeddedStore, ErrorKind, ExperimentId, MemoryStore, NewRun, Store,
    conformance,
};

#[tokio::test]
async fn the_memory_store_conforms() {
    conformance::all(&MemoryStore::default(), "memory").await;
}

#[tokio::test]
async fn long_values_are_refused_where_they_are_not_to_be_cut() {
    let folder = tempfile::tempdir().unwrap();
    let options = ClientOptions::new().with_truncate_long_values(false);
    let embedded = EmbeddedStore::open(&folder.path().join("mlflow.db"), &options).await.unwrap();
    let memory = MemoryStore::default().with_truncate_long_values(false);
    for store in [&memory as &dyn Store, &embedded] {
        refuses_long_values(store).await;
    }
}

async fn refuses_long_values(store: &dyn Store) {
    let long = |key: &str| vec![(key.to_owned(), "a".repeat(8001))];
    let experiment_id = ExperimentId::new("0");
    let new =
        NewRun { experiment_id, name: "x".to_owned(), start_time_ms: 1, user: None, tags: vec![] };
    let error = store.create_run(&NewRun { tags: long("t"), ..new.clone() }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    let run = store.create_run(&new).await.unwrap();
    for batch in [
        Batch { params: long("p"), ..Batch::default() },
        Batch { tags: long("t"), ..Batch::default() },
    ] {
        let error = store.log_batch(&run.id, &batch).await.unwrap_err();
        assert!(error.to_string().contains("8001 characters"), "{error}");
        assert!(error.hint().unwrap().contains("MLFLOW_TRUNCATE_LONG_VALUES"), "{error:?}");
    }
    let read = store.get_run(&run.id).await.unwrap();
    assert!(read.params.is_empty() && !read.tags.contains_key("t"), "nothing was stored");
}
