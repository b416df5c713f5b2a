use std::time::UNIX_EPOCH;

use super::*;

fn at_s(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

#[test]
fn failures_of_one_entry_double_its_pause_up_to_the_bound() {
    let mut reload = None;
    for pause_s in [1, 2, 4, 8, 15, 15] {
        let failed = Reload::failed(reload, "v1", "no answer".to_owned(), at_s(100));
        let last_moment = at_s(100 + pause_s) - Duration::from_millis(1);
        assert_eq!(failed.too_soon(&"v1", last_moment), Some("no answer"));
        assert_eq!(failed.too_soon(&"v1", at_s(100 + pause_s)), None);
        reload = Some(failed);
    }
}

#[test]
fn another_entry_never_waits_and_begins_anew() {
    let failed = Reload::failed(None, "v1", String::new(), at_s(100));
    let failed = Reload::failed(Some(failed), "v1", String::new(), at_s(100));
    assert_eq!(failed.too_soon(&"v2", at_s(100)), None);
    let other = Reload::failed(Some(failed), "v2", String::new(), at_s(100));
    assert!(other.too_soon(&"v2", at_s(100)).is_some());
    assert_eq!(other.too_soon(&"v2", at_s(101)), None);
}

#[test]
fn a_clock_that_was_set_back_does_not_hold_a_version_up() {
    let failed = Reload::failed(None, "v1", String::new(), at_s(100));
    assert_eq!(failed.too_soon(&"v1", at_s(50)), None);
}
