//! The tags that MLflow's own client gives every run.

/// Who runs what: the tags that the UI shows as *Created by* and *Source*.
///
/// The values come from the caller: this crate looks neither at the environment nor at a
/// repository.
///
/// ```
/// use mlflow_client::RunContext;
///
/// let context = RunContext::new("ana", "trainer").with_git_commit("1f3a5b7");
/// assert_eq!(context.tags()[0], ("mlflow.user".to_owned(), "ana".to_owned()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunContext {
    tags: Vec<(String, String)>,
}

impl RunContext {
    /// A run of `source_name`, such as the program's name, by `user`.
    pub fn new(user: impl Into<String>, source_name: impl Into<String>) -> Self {
        Self::default()
            .with_tag("mlflow.user", user)
            .with_tag("mlflow.source.name", source_name)
            .with_tag("mlflow.source.type", "LOCAL")
    }

    /// Sets the commit of the code that runs.
    #[must_use]
    pub fn with_git_commit(self, commit: impl Into<String>) -> Self {
        self.with_tag("mlflow.source.git.commit", commit)
    }

    /// Sets the branch of the code that runs.
    #[must_use]
    pub fn with_git_branch(self, branch: impl Into<String>) -> Self {
        self.with_tag("mlflow.source.git.branch", branch)
    }

    /// Sets the address of the repository of the code that runs.
    #[must_use]
    pub fn with_git_repo_url(self, url: impl Into<String>) -> Self {
        self.with_tag("mlflow.source.git.repoURL", url)
    }

    /// Sets any tag; the last value wins.
    #[must_use]
    pub fn with_tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let key = key.into();
        self.tags.retain(|(other, _)| *other != key);
        self.tags.push((key, value.into()));
        self
    }

    /// Returns the tags that a logged model has too, as Python sets them.
    pub(crate) fn model_tags(&self) -> Vec<(String, String)> {
        const KEYS: [&str; 3] = ["mlflow.user", "mlflow.source.name", "mlflow.source.type"];
        self.tags.iter().filter(|(key, _)| KEYS.contains(&key.as_str())).cloned().collect()
    }

    /// Returns the tags, in the order in which they were set.
    pub fn tags(&self) -> &[(String, String)] {
        &self.tags
    }
}
