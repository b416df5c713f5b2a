use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;

use super::*;

/// Longer than a thread takes to start or end on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_prediction_counts_until_it_ends_though_its_client_hung_up() {
    let computing = Computing::default();
    let (started, starts) = mpsc::channel();
    let mut releases = Vec::new();
    for _ in 0..COMPUTING_MAX {
        let (release, released) = mpsc::channel::<()>();
        releases.push(release);
        let started = started.clone();
        let work = move || {
            started.send(()).expect("the test listens");
            released.recv().ok();
        };
        // Polled until it waits for its thread, then dropped: the client is gone.
        let mut request = Box::pin(computing.run(work));
        assert!(
            std::future::poll_fn(|cx| Poll::Ready(request.as_mut().poll(cx).is_pending())).await
        );
        starts.recv_timeout(PATIENCE).expect("the prediction starts");
    }
    assert_eq!(computing.n_running(), COMPUTING_MAX);

    let mut next = Box::pin(computing.run(|| "done"));
    let waits = std::future::poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx).is_pending())).await;
    assert!(waits, "no third prediction begins");
    releases.pop();
    let done = tokio::time::timeout(PATIENCE, next).await.expect("its turn comes");
    assert_eq!(done, Ok("done"));
}

#[tokio::test]
async fn beyond_the_queue_requests_are_told_to_come_back() {
    let computing = Computing::default();
    let queued = computing.queue.try_acquire_many(u32::try_from(QUEUE_MAX).unwrap()).unwrap();
    assert_eq!(computing.run(|| ()).await, Err(ComputingError::Busy));
    drop(queued);
    assert_eq!(computing.run(|| ()).await, Ok(()));
}

#[tokio::test]
async fn a_prediction_that_panics_gives_its_place_back() {
    let computing = Computing::default();
    assert_eq!(computing.run(|| panic!("as told")).await, Err::<(), _>(ComputingError::Gone));
    assert_eq!(computing.n_running(), 0);
}
