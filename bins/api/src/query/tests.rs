use super::*;

fn limits() -> Limits {
    Limits { days_max: 365, today: NaiveDate::from_ymd_opt(2026, 1, 2).unwrap() }
}

#[track_caller]
fn refused(query: &str, code: &str) {
    assert_eq!(Ask::parse(query, limits()).unwrap_err().code(), code, "{query}");
}

#[test]
fn nothing_asked_means_thirty_sessions_from_today_of_the_served_version() {
    let ask = Ask::parse("", limits()).unwrap();
    assert_eq!((ask.days.rows(), ask.from, ask.version), (30, None, None));
    assert_eq!(ask.counting, Counting::Sessions);
}

#[test]
fn every_parameter_is_read() {
    let query = "days=5&from=2026-02-01&calendar=days&version=3&utm_source=x";
    let ask = Ask::parse(query, limits()).unwrap();
    assert_eq!(ask.days.rows(), 5);
    assert_eq!(ask.from, NaiveDate::from_ymd_opt(2026, 2, 1));
    assert_eq!(ask.counting, Counting::Days);
    assert_eq!(ask.version, Some(Version::new(3)));
}

#[test]
fn what_cannot_be_meant_is_refused_by_name() {
    refused("days=30&days=5", "days_repeated");
    refused("days=", "days_not_a_number");
    refused("from=tomorrow", "from_not_a_date");
    refused("from=2026-02-30", "from_not_a_date");
    refused("from=2026-01-05&from=2026-01-06", "from_repeated");
    refused("from=1990-01-02", "from_out_of_range");
    refused("from=2126-01-02", "from_out_of_range");
    refused("calendar=weeks", "calendar_unknown");
    refused("version=latest", "version_not_a_number");
    refused("version=-1", "version_not_a_number");
}

#[test]
fn a_long_text_is_not_repeated_whole() {
    let query = format!("from={}", "x".repeat(5000));
    let problem = Ask::parse(&query, limits()).unwrap_err();
    assert!(problem.detail().len() < 200, "{}", problem.detail());
}

#[test]
fn names_and_values_are_decoded_as_forms_are() {
    for query in [
        "days=7",
        "&&days=7&",
        "d%61ys=%37",
        "days=+7",
        "days=7&from",
        "from=2026-02-01&days=7",
        "=days&x=%zz&days=7",
    ] {
        let ask = Ask::parse(query, limits());
        if query.ends_with("from") {
            assert_eq!(ask.unwrap_err().code(), "from_not_a_date", "{query}");
        } else {
            assert_eq!(ask.unwrap().days.rows(), 7, "{query}");
        }
    }
    refused("days=7=", "days_not_a_number");
    refused("d%61ys=7&days=7", "days_repeated");
    refused("days=%FF", "days_not_a_number");
}

#[test]
fn a_pair_is_read_as_the_standard_says() {
    for pair in ["", "=", "a", "a=", "=b", "a=b=c", "a+b=c+d", "%61=%62", "a%3Db=%26", "é=ü", "%"]
    {
        let read = decode(pair);
        let standard = form_urlencoded::parse(pair.as_bytes()).next().unwrap_or_default();
        assert_eq!(read, standard, "{pair}");
    }
}
