//! What is written beside the code, and whether it still holds.

use std::collections::BTreeSet;
use std::path::Path;

use crate::repo::{Source, assert_none, files, root};

/// What a visitor, a packager and a build server look for.
const EXPECTED: [&str; 10] = [
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "Makefile",
    ".ci/run",
    "docs/mlflow.md",
    "deploy/compose.yaml",
];

#[test]
fn the_files_that_people_look_for_are_there() {
    let wrong: Vec<String> =
        EXPECTED.iter().filter(|p| !root().join(p).is_file()).map(|p| (*p).to_owned()).collect();
    assert_none("missing", &wrong);
}

#[test]
fn every_readme_is_the_documentation_of_its_crate() {
    let mut wrong = Vec::new();
    for name in crates() {
        let folder = root().join("crates").join(&name);
        let lib = std::fs::read_to_string(folder.join("src/lib.rs")).unwrap_or_default();
        if !lib.contains("#![doc = include_str!(\"../README.md\")]") {
            wrong.push(format!("crates/{name}/src/lib.rs does not include its README"));
        }
        let readme = std::fs::read_to_string(folder.join("README.md")).unwrap_or_default();
        if !readme.starts_with(&format!("# {name}\n")) {
            wrong.push(format!("crates/{name}/README.md does not begin with `# {name}`"));
        }
        if !readme.contains("```") {
            wrong.push(format!("crates/{name}/README.md has no example"));
        }
    }
    assert_none("a crate's README is its rustdoc", &wrong);
}

#[test]
fn the_architecture_names_every_crate() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap_or_default();
    let wrong: Vec<String> = crates().into_iter().filter(|c| !text.contains(c.as_str())).collect();
    assert_none("ARCHITECTURE.md does not name", &wrong);
}

#[test]
fn every_link_leads_somewhere() {
    let pages = files("md");
    let mut wrong = Vec::new();
    for page in &pages {
        for target in links(&page.text) {
            let is_elsewhere =
                ["http://", "https://", "mailto:"].iter().any(|s| target.starts_with(s));
            if !is_elsewhere && let Some(reason) = broken(page, &target, &pages) {
                wrong.push(format!("{}: ({target}) {reason}", page.path));
            }
        }
    }
    assert_none("broken links", &wrong);
}

#[test]
fn make_help_lists_every_target() {
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap_or_default();
    let phony: BTreeSet<&str> = makefile
        .lines()
        .filter_map(|l| l.strip_prefix(".PHONY:"))
        .flat_map(str::split_whitespace)
        .collect();
    let wrong: Vec<String> = phony
        .into_iter()
        .filter(|target| {
            let head = format!("{target}:");
            !makefile.lines().any(|l| l.starts_with(&head) && l.contains("## "))
        })
        .map(str::to_owned)
        .collect();
    assert_none("targets without a `##` for `make help`", &wrong);
}

fn crates() -> Vec<String> {
    let folders = std::fs::read_dir(root().join("crates")).expect("there are crates");
    let mut names: Vec<String> = folders
        .flatten()
        .filter(|e| e.path().join("Cargo.toml").is_file())
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The targets of Markdown links, code left out.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        if is_code {
            continue;
        }
        // What stands between backticks is code too: every second piece.
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for piece in prose.split("](").skip(1) {
            if let Some((target, _)) = piece.split_once(')') {
                found.push(target.to_owned());
            }
        }
    }
    found
}

/// Why a link of `page` leads nowhere, if it does.
fn broken(page: &Source, target: &str, pages: &[Source]) -> Option<String> {
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let folder = Path::new(&page.path).parent().unwrap_or(Path::new(""));
    let path =
        if file.is_empty() { Path::new(&page.path).to_path_buf() } else { folder.join(file) };
    if !root().join(&path).exists() {
        // Inside rustdoc a link may name an item instead of a file.
        let is_item = page.is_under("crates/") && !file.contains('/') && !file.contains('.');
        return if is_item { None } else { Some("is not there".to_owned()) };
    }
    if heading.is_empty() {
        return None;
    }
    let real = root().join(&path).canonicalize().ok()?;
    let linked =
        pages.iter().find(|p| root().join(&p.path).canonicalize().ok() == Some(real.clone()))?;
    let has_heading = linked
        .text
        .lines()
        .filter(|l| l.starts_with('#'))
        .any(|l| slug(l.trim_start_matches('#').trim()) == heading);
    (!has_heading).then(|| "names no heading".to_owned())
}

/// The anchor that a heading gets: lower case, hyphens for spaces, no other signs.
fn slug(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}
