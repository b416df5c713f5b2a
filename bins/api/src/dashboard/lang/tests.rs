use super::*;

#[track_caller]
fn check(query: &str, accept: &str, expect: Lang) {
    assert_eq!(Lang::choose(query, Some(accept)), expect, "{query:?}, {accept:?}");
}

#[test]
fn the_highest_weight_decides_and_of_equal_ones_the_first() {
    check("", "pt-BR,pt;q=0.9,en-US;q=0.8", Lang::Pt);
    check("", "en-US,en;q=0.9,pt;q=0.8", Lang::En);
    check("", "en;q=0.3, pt;q=0.7", Lang::Pt);
    check("", "pt-PT;q=0.5,en;q=0.5", Lang::Pt);
    check("", "de, fr;q=0.9, PT;q=0.1", Lang::Pt);
    check("", "*;q=0.4, pt;q=0.5", Lang::Pt);
}

#[test]
fn a_weight_of_nothing_refuses_and_one_that_is_none_is_not_heeded() {
    check("", "pt;q=0, en;q=0.1", Lang::En);
    check("", "pt;q=0", Lang::En);
    check("", "pt;q=2, en;q=0.5", Lang::Pt);
    check("", "pt;q=NaN", Lang::Pt);
}

#[test]
fn who_asks_for_neither_reads_english() {
    for accept in ["", "de-DE", "ptolemy", ",;q=1,", "\u{fffd}"] {
        check("", accept, Lang::En);
    }
    assert_eq!(Lang::choose("", None), Lang::En);
}

#[test]
fn the_parameter_beats_the_header_if_it_names_a_language() {
    check("lang=pt", "en", Lang::Pt);
    check("x=1&lang=en-GB", "pt", Lang::En);
    check("lang=de", "pt", Lang::Pt);
    check("lang=", "pt", Lang::Pt);
}
