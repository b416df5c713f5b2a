use super::*;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[track_caller]
fn check(today: &str, sessions: &[&str], days: &[&str]) {
    let keys = TableKey::upcoming(&Calendar::b3(), date(today));
    let key = |counting| move |first: &&str| TableKey { counting, first: date(first) };
    let sessions = sessions.iter().map(key(Counting::Sessions));
    let expect: Vec<_> = sessions.chain(days.iter().map(key(Counting::Days))).collect();
    let from = [date(today), date(today).succ_opt().unwrap()].repeat(2);
    let expect: Vec<_> = from.into_iter().zip(expect).collect();
    assert_eq!(keys, expect, "{today}");
}

#[test]
fn today_counts_if_it_is_a_session_and_tomorrow_is_made_ready_too() {
    // Monday 5 January 2026.
    check("2026-01-05", &["2026-01-05", "2026-01-06"], &["2026-01-05", "2026-01-06"]);
    // Friday: tomorrow's forecast starts on Monday.
    check("2026-01-09", &["2026-01-09", "2026-01-12"], &["2026-01-09", "2026-01-10"]);
    // Saturday: so does today's.
    check("2026-01-10", &["2026-01-12", "2026-01-12"], &["2026-01-10", "2026-01-11"]);
    // New Year's Day, a holiday.
    check("2026-01-01", &["2026-01-02", "2026-01-02"], &["2026-01-01", "2026-01-02"]);
}

#[test]
fn the_digest_is_fnv_1a() {
    // The test vectors of the function's authors.
    assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
    assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
}
