//! What a source file may hold (A5, A7, and the habits of CONTRIBUTING.md).

use crate::repo::{Source, assert_none, files};

/// A file is one idea; at this many lines it is two.
const LINES_MAX: usize = 500;

/// Files, or folders of files, that mirror somebody's JSON: ours, and the tables of pandas that
/// lie within Prophet's.
const WIRE: [&str; 2] = ["wire", "pandas"];

fn rust() -> Vec<Source> {
    files("rs")
}

fn lines_with<'a>(
    source: &'a Source,
    is_wrong: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = String> + 'a {
    let numbered = source.text.lines().enumerate();
    numbered
        .filter(move |(_, line)| is_wrong(line))
        .map(|(i, line)| format!("{}:{}: {}", source.path, i + 1, line.trim()))
}

#[test]
fn files_are_short() {
    let wrong: Vec<String> = rust()
        .iter()
        .map(|f| (f, f.text.lines().count()))
        .filter(|(_, n_lines)| LINES_MAX < *n_lines)
        .map(|(f, n_lines)| format!("{} has {n_lines} lines", f.path))
        .collect();
    assert_none("a file of more than 500 lines is split", &wrong);
}

#[test]
fn only_wire_files_derive_serialize() {
    let is_wire =
        |f: &Source| f.path.trim_end_matches(".rs").split('/').any(|part| WIRE.contains(&part));
    let wrong: Vec<String> = rust()
        .iter()
        .filter(|f| f.is_product() && !is_wire(f))
        .flat_map(|f| lines_with(f, |l| l.contains("derive(") && l.contains("Serialize")))
        .collect();
    assert_none("A7: Serialize is derived in files named `wire.rs` only", &wrong);
}

#[test]
fn libraries_neither_print_nor_exit() {
    let words = ["println!", "eprintln!", "print!(", "eprint!(", "dbg!(", "process::exit"];
    let is_doc = |line: &str| line.trim_start().starts_with("//");
    let wrong: Vec<String> = rust()
        .iter()
        .filter(|f| f.is_under("crates/") && f.is_product())
        .flat_map(|f| lines_with(f, |l| !is_doc(l) && words.iter().any(|w| l.contains(w))))
        .collect();
    assert_none("A5: printing and exiting is for programs", &wrong);
}

#[test]
fn nothing_is_left_for_later_and_no_test_is_skipped() {
    // Written in halves, or this file would offend.
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
        concat!("#[ig", "nore"),
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("``", "`ignore"),
    ];
    let mut wrong = Vec::new();
    for extension in ["rs", "md", "toml", "py"] {
        for f in files(extension) {
            wrong.extend(lines_with(&f, |l| words.iter().any(|w| l.contains(w))));
        }
    }
    assert_none("work left for later belongs to an issue, a skipped test to nobody", &wrong);
}

#[test]
fn every_member_takes_its_lints_and_versions_from_the_workspace() {
    let mut wrong = Vec::new();
    // Fuzzing wants a workspace of its own.
    let is_member = |f: &&Source| f.name() == "Cargo.toml" && !f.is_under("fuzz/");
    for f in files("toml").iter().filter(is_member).filter(|f| f.path != "Cargo.toml") {
        if !f.text.contains("[lints]\nworkspace = true") {
            wrong.push(format!("{}: no `[lints] workspace = true`", f.path));
        }
        let mut is_dependency = false;
        for line in f.text.lines() {
            if line.starts_with('[') {
                is_dependency = line.contains("dependencies");
            } else if is_dependency
                && line.contains('=')
                && !line.contains("workspace = true")
                && !line.contains("path = \".\"")
            {
                wrong.push(format!("{}: {line}", f.path));
            }
        }
    }
    assert_none("a version is written once, in the root", &wrong);
}
