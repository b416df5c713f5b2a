use mlflow_client::{MemoryStore, conformance};

#[tokio::test]
async fn the_memory_store_conforms() {
    conformance::all(&MemoryStore::default(), "memory").await;
}
