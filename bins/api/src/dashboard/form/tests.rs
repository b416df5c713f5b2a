use super::*;

#[test]
fn numbers_have_the_points_and_commas_of_the_language() {
    for (value, decimals, en, pt) in [
        (31.5, 2, "31.50", "31,50"),
        (1_234_567.891, 2, "1,234,567.89", "1.234.567,89"),
        (-0.125, 1, "−0.1", "−0,1"),
        (-0.001, 2, "0.00", "0,00"),
        (999.0, 0, "999", "999"),
        (1e300, 2, "1.000e300", "1,000e300"),
    ] {
        assert_eq!(Lang::En.number(value, decimals), en);
        assert_eq!(Lang::Pt.number(value, decimals), pt);
    }
    assert_eq!(Lang::En.price(0.0421), "0.0421");
    assert_eq!(Lang::En.error(0.254), "0.25");
    assert_eq!(Lang::En.error(0.0254), "0.0254");
    assert_eq!(Lang::Pt.signed(0.4, 1), "+0,4");
    assert_eq!(Lang::Pt.signed(0.04, 1), "0,0");
    assert_eq!(Lang::Pt.percent(0.834), "83%");
}

#[test]
fn dates_and_times_are_written_as_at_home() {
    let date = NaiveDate::from_ymd_opt(2026, 11, 3).unwrap();
    assert_eq!(Lang::Pt.date(date), "03/11/2026");
    assert_eq!(Lang::En.date(date), "3\u{a0}Nov\u{a0}2026");
    assert_eq!(Lang::Pt.day(date), "terça-feira, 03/11/2026");
    let at = DateTime::parse_from_rfc3339("2026-11-03T01:30:00Z").unwrap().to_utc();
    assert_eq!(Lang::Pt.instant(at, chrono_tz::America::Sao_Paulo), "02/11/2026, 22:30");
}
