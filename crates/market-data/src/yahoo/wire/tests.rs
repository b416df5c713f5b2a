use super::*;

#[test]
fn infinities_become_null_outside_strings_only() {
    let text = r#"{"a":[1,Infinity,-Infinity,NaN],"b":"NaN \" Infinity","c\\":NaN}"#;
    let (clean, count) = without_infinities(text);
    assert_eq!(clean, r#"{"a":[1,null,null,null],"b":"NaN \" Infinity","c\\":null}"#);
    assert_eq!(count, 4);
}

#[test]
fn text_without_infinities_is_not_copied() {
    let (clean, count) = without_infinities(r#"{"name":"São Paulo"}"#);
    assert!(matches!(clean, Cow::Borrowed(_)));
    assert_eq!(count, 0);
}

#[test]
fn broken_text_does_not_panic() {
    for text in ["NaN\\", "\"NaN", "\\", "{\"é\\é\":NaN", "Infinit"] {
        without_infinities(text);
    }
}

#[test]
fn a_null_currency_differs_from_an_absent_one() {
    let is_null = |text: &str| serde_json::from_str::<Meta>(text).unwrap().currency_is_null;
    assert!(is_null(r#"{"currency":null}"#));
    assert!(!is_null(r#"{"currency":"BRL"}"#));
    assert!(!is_null("{}"));
}
