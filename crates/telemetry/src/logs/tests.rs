use super::*;

#[test]
fn flags_move_the_level_and_stop_at_the_ends() {
    assert_eq!(Verbosity::from_flags(Verbosity::Info, 0, 0), Verbosity::Info);
    assert_eq!(Verbosity::from_flags(Verbosity::Info, 1, 0), Verbosity::Debug);
    assert_eq!(Verbosity::from_flags(Verbosity::Info, 9, 0), Verbosity::Trace);
    assert_eq!(Verbosity::from_flags(Verbosity::Warnings, 0, 1), Verbosity::Errors);
    assert_eq!(Verbosity::from_flags(Verbosity::Warnings, 0, 255), Verbosity::Errors);
}

#[test]
fn libraries_stay_one_level_quieter_than_the_program() {
    let directives = directives(Verbosity::Info);
    assert!(directives.starts_with("warn,api=info,"), "{directives}");
}

#[test]
fn a_filter_that_does_not_parse_is_named() {
    let logs = Logs {
        verbosity: Verbosity::Info,
        format: Format::Text,
        filter: Some("api=loudly".to_owned()),
    };
    let error = filter(&logs).unwrap_err();
    assert!(error.to_string().contains("`api=loudly`"), "{error}");
}
