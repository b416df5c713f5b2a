use super::*;

#[test]
fn a_symbol_is_trimmed_and_put_in_capitals() {
    assert_eq!(Symbol::parse(" petr4.sa ").unwrap().as_str(), "PETR4.SA");
    assert_eq!("btc-usd".parse::<Symbol>().unwrap().to_string(), "BTC-USD");
}

#[test]
fn what_is_no_symbol_is_refused_with_the_reason() {
    for (text, reason) in [
        ("", "is empty"),
        ("..", "no letter or digit"),
        ("../etc", "'/'"),
        ("PETR4 SA", "' '"),
        ("PETR4\u{301}", "which no symbol has"),
    ] {
        let message = Symbol::parse(text).unwrap_err().to_string();
        assert!(message.contains(reason), "{text:?}: {message}");
    }
    assert!(Symbol::parse(&"A".repeat(33)).unwrap_err().to_string().contains("at most 32"));
}

#[test]
fn the_encoded_form_is_one_segment_of_a_path() {
    assert_eq!(Symbol::parse("^BVSP").unwrap().encoded(), "%5EBVSP");
    assert_eq!(Symbol::parse("MES=F").unwrap().encoded(), "MES%3DF");
    assert_eq!(Symbol::parse("PETR4.SA").unwrap().encoded(), "PETR4.SA");
}
