use super::*;

const BODY: &str =
    r#"{"entity":"model_version_alias","action":"created","data":{"alias":"champion"}}"#;
const NOW_MS: i64 = 1_700_000_010_000;

/// Signatures that Python's `hmac` made, of a short key and of one longer than a block.
const SIGNED: [(&str, &str); 2] = [
    ("segredo", "v1,JE8uAux6K06eDeYUgdojP2M3wXydgIwfr42eUTr8okM="),
    (
        "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",
        "v1,dJhQ6zawCfiEW++54JymoPd9wc28yA6z+4K/f4P/0R0=",
    ),
];

fn verify(secret: &str, headers: &WebhookHeaders<'_>, body: &str, now_ms: i64) -> Result<()> {
    let age_max = Duration::from_mins(5);
    verify_webhook(&Secret::new(secret), headers, body.as_bytes(), now_ms, age_max)
}

#[test]
fn what_python_signed_is_accepted() {
    for (secret, signature) in SIGNED {
        let headers = WebhookHeaders { delivery_id: "8d5c", timestamp: "1700000000", signature };
        verify(secret, &headers, BODY, NOW_MS).unwrap();
    }
}

#[test]
fn whatever_was_changed_is_refused_by_what_is_wrong_with_it() {
    let (secret, signature) = SIGNED[0];
    let headers = WebhookHeaders { delivery_id: "8d5c", timestamp: "1700000000", signature };
    let minutes = 60_000;
    for (headers, body, now_ms, fragment) in [
        (headers, "{}", NOW_MS, "not ours"),
        (WebhookHeaders { delivery_id: "8d5d", ..headers }, BODY, NOW_MS, "not ours"),
        (WebhookHeaders { timestamp: "1700000001", ..headers }, BODY, NOW_MS, "not ours"),
        (WebhookHeaders { signature: "v1,", ..headers }, BODY, NOW_MS, "not ours"),
        (WebhookHeaders { signature: "v1,JE8uAux6", ..headers }, BODY, NOW_MS, "not ours"),
        (WebhookHeaders { signature: "v2,JE8u", ..headers }, BODY, NOW_MS, "version v1"),
        (WebhookHeaders { signature: "", ..headers }, BODY, NOW_MS, "version v1"),
        (WebhookHeaders { timestamp: "soon", ..headers }, BODY, NOW_MS, "seconds"),
        (headers, BODY, NOW_MS + 5 * minutes, "too long ago"),
        (headers, BODY, NOW_MS - 6 * minutes, "too long ago"),
    ] {
        let error = verify(secret, &headers, body, now_ms).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        let text = format!("{error:?}");
        assert!(text.contains(fragment) && !text.contains(secret), "{headers:?}: {text}");
    }
    let other = verify("outro", &headers, BODY, NOW_MS).unwrap_err();
    assert!(other.to_string().contains("is the secret the webhook's"), "{other}");
}
