use super::*;

async fn read(mut body: Outgoing) -> Vec<Bytes> {
    let mut pieces = Vec::new();
    let mut pinned = Pin::new(&mut body);
    while let Some(Ok(piece)) = std::future::poll_fn(|cx| pinned.as_mut().poll_next(cx)).await {
        pieces.push(piece);
    }
    pieces
}

#[tokio::test]
async fn an_answer_goes_out_whole_and_in_pieces() {
    let sending = Sending::default();
    let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(2 * PIECE_BYTES + 1).collect();
    let body = sending.body(bytes.clone()).unwrap();
    assert_eq!(body.size(), BodySize::Sized(bytes.len() as u64));
    let pieces = read(body).await;
    assert_eq!(pieces.iter().map(Bytes::len).max(), Some(PIECE_BYTES));
    assert_eq!(pieces.concat(), bytes);
}

#[test]
fn there_is_room_again_once_an_answer_is_gone() {
    let sending = Sending { room: Arc::new(Semaphore::new(3)) };
    let held = sending.body(vec![0; 2 * PERMIT_BYTES]).unwrap();
    assert!(sending.body(vec![0; PERMIT_BYTES + 1]).is_none());
    let small = sending.body(vec![0; 1]);
    assert!(small.is_some());
    drop((held, small));
    assert!(sending.body(vec![0; 3 * PERMIT_BYTES]).is_some());
}
