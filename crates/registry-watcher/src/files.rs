//! The files of a version, in memory.

use std::collections::BTreeMap;
use std::fmt;

/// The bytes of a version's files, by path.
///
/// What [`Load::fetch`](crate::Load::fetch) brings, [`Load::make`](crate::Load::make) makes a
/// model of, and [`LastGood`](crate::LastGood) keeps on disk.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Files {
    by_path: BTreeMap<String, Vec<u8>>,
}

impl Files {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file; one of the same path is replaced.
    #[must_use]
    pub fn with(mut self, path: impl Into<String>, bytes: Vec<u8>) -> Self {
        self.by_path.insert(path.into(), bytes);
        self
    }

    /// The bytes of a file.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.by_path.get(path).map(Vec::as_slice)
    }

    /// The files in order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.by_path.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// How many bytes they have together.
    pub fn n_bytes(&self) -> usize {
        self.by_path.values().map(Vec::len).sum()
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes = self.by_path.iter().map(|(path, bytes)| (path, bytes.len()));
        f.debug_map().entries(sizes).finish()
    }
}
