//! Which commit of the code made a run.

use std::process::Command;

/// The commit of the working directory's repository, or `None` outside of one.
pub(super) fn commit() -> Option<String> {
    let output = Command::new("git").args(["rev-parse", "HEAD"]).output().ok()?;
    let commit = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !commit.is_empty()).then_some(commit)
}
