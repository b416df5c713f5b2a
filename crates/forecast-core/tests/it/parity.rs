//! The table of what Prophet has and which test shows it.

use std::{fs, path::Path};

#[test]
fn every_test_that_the_parity_table_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(root.join("../../docs/prophet-parity.md")).unwrap();
    let mut named = 0;
    for row in table.lines().filter(|line| line.starts_with('|')) {
        // Code spans of the last cell: `file::function`.
        let Some(shown_by) = row.trim_end_matches('|').rsplit('|').next() else { continue };
        for span in shown_by.split('`').skip(1).step_by(2) {
            let Some((file, function)) = span.split_once("::") else { continue };
            let path = root.join(format!("tests/it/{file}.rs"));
            let text = fs::read_to_string(&path).unwrap_or_default();
            assert!(text.contains(&format!("fn {function}()")), "no test `{span}`");
            named += 1;
        }
    }
    assert!(30 < named, "{named} tests are named");
}
