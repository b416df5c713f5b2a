use super::*;

#[track_caller]
fn check(text: &str, expect: &str) {
    assert_eq!(text.parse::<Selector>().unwrap().to_string(), expect);
}

#[test]
fn a_selector_reads_back_as_it_is_written() {
    check("stage:Production", "stage:Production");
    check("stage:production", "stage:Production");
    check("alias:champion", "alias:champion");
    check("version:3", "version:3");
    check("latest", "latest");
    check(" stage: Staging ", "stage:Staging");
}

#[test]
fn what_is_not_a_selector_is_named_with_the_choices() {
    for text in ["", "Production", "stage:", "stage:Live", "alias:", "alias:a b", "version:x"] {
        let error = text.parse::<Selector>().unwrap_err().to_string();
        assert!(error.contains(&format!("`{text}`")), "{error}");
        assert!(error.contains("`alias:NAME`"), "{error}");
    }
}
