//! Whether what arrives at a webhook is MLflow's.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::error::{Error, ErrorKind, Result};
use crate::options::Secret;

const OP: &str = "verify webhook delivery";

/// The block of SHA-256, in bytes: what HMAC pads its key to.
const BLOCK: usize = 64;

/// The version of the signature, before its comma.
const SIGNATURE_VERSION: &str = "v1";

/// The headers of a delivery that a signature is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookHeaders<'a> {
    /// `X-MLflow-Delivery-Id`.
    pub delivery_id: &'a str,
    /// `X-MLflow-Timestamp`: seconds since 1970.
    pub timestamp: &'a str,
    /// `X-MLflow-Signature`: `v1,` and the signature in base 64.
    pub signature: &'a str,
}

/// Checks that a delivery was signed with `secret`, and not longer than `age_max` ago.
///
/// `body` is what arrived, byte for byte; `now_ms` is the time in milliseconds since 1970. A
/// delivery that was recorded and is sent again within `age_max` passes: remember the ids if
/// that matters. MLflow tries a delivery again under its first timestamp, for a minute or so.
///
/// # Errors
///
/// [`ErrorKind::Unauthenticated`] if the signature is another one, the time is none, or lies
/// further from `now_ms` than `age_max`.
///
/// # Source
///
/// `_generate_hmac_signature` in `mlflow/webhooks/delivery.py` of 3.17.2.
pub fn verify_webhook(
    secret: &Secret,
    headers: &WebhookHeaders<'_>,
    body: &[u8],
    now_ms: i64,
    age_max: Duration,
) -> Result<()> {
    let WebhookHeaders { delivery_id, timestamp, signature } = *headers;
    let refuse =
        |message: &str| Err(Error::new(ErrorKind::Unauthenticated, OP, delivery_id, message));
    let Ok(sent_s) = timestamp.parse::<u32>() else {
        return refuse("its timestamp is no number of seconds");
    };
    let given = match signature.split_once(',') {
        Some((SIGNATURE_VERSION, text)) => STANDARD.decode(text).unwrap_or_default(),
        _ => return refuse("its signature is not of version v1"),
    };
    let signed = [delivery_id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
    // Before the time: who cannot sign learns nothing of our clock.
    if !is_same(&hmac_sha256(secret.expose().as_bytes(), &signed), &given) {
        return refuse("its signature is not ours; is the secret the webhook's?");
    }
    let age_ms = now_ms.abs_diff(i64::from(sent_s) * 1000);
    if u128::from(age_ms) > age_max.as_millis() {
        return refuse("it was sent too long ago, or the clocks differ");
    }
    Ok(())
}

/// HMAC of RFC 2104 with SHA-256, over the parts one after another.
fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut block = [0_u8; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = parts
        .iter()
        .fold(Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)), Sha256::chain_update);
    let outer = Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c));
    outer.chain_update(inner.finalize()).finalize().into()
}

/// Compares in a time that does not depend on where the first difference is.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    let differs = a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b));
    a.len() == b.len() && std::hint::black_box(differs) == 0
}

#[cfg(test)]
mod tests;
