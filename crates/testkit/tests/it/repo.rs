//! The files of the repository.

use std::path::{Path, PathBuf};

/// What is made and not written: build output, environments, what a run leaves behind.
const NOT_OURS: [&str; 8] =
    ["target", ".git", ".venv", ".petr4", "mlruns", "mlartifacts", "node_modules", "__pycache__"];

pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("the crate lies two folders below the root").to_path_buf()
}

/// A text file: its path from the root, with forward slashes, and its content.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    pub(crate) fn is_under(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }

    /// Whether it is compiled into a library or a program, and not only into tests.
    pub(crate) fn is_product(&self) -> bool {
        let is_test = self.path.contains("/tests/") || self.path.ends_with("/tests.rs");
        !is_test && !self.is_under("crates/testkit/") && !self.is_under("benches/")
    }
}

/// All files below the root whose name ends so, in order of their paths.
pub(crate) fn files(extension: &str) -> Vec<Source> {
    let mut found = Vec::new();
    walk(&root(), extension, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!found.is_empty(), "no file `*.{extension}` was found below {}", root().display());
    found
}

fn walk(folder: &Path, extension: &str, found: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).expect("the repository can be read").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            if !NOT_OURS.iter().any(|n| name.to_string_lossy() == *n) {
                walk(&path, extension, found);
            }
        } else if path.extension().is_some_and(|e| e == extension) {
            let relative = path.strip_prefix(root()).expect("the walk stays below the root");
            let text = std::fs::read_to_string(&path).expect("sources are UTF-8");
            found.push(Source { path: relative.to_string_lossy().replace('\\', "/"), text });
        }
    }
}

/// Fails with one line for each offender, after the rule that they break.
pub(crate) fn assert_none(rule: &str, offenders: &[String]) {
    assert!(offenders.is_empty(), "{rule}:\n  {}", offenders.join("\n  "));
}
