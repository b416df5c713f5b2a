//! The file around a kept answer.

use serde::{Deserialize, Serialize};

/// The version of the file; others are ignored.
pub(super) const FORMAT: u32 = 2;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub format: u32,
    pub base_url: String,
    pub symbol: String,
    pub start: String,
    pub end: String,
    pub fetched_at: String,
    pub as_of: String,
    pub sha256: String,
    pub body: String,
}

impl Entry {
    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("invariant: strings and a number are always JSON")
    }

    pub(super) fn from_json(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}
