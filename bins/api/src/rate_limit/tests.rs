use super::*;

fn limiter(per_second: f64, burst: u32, clients_max: usize) -> RateLimiter {
    RateLimiter::for_so_many(RateLimit { per_second, burst }, clients_max)
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// How many of `n` requests at once are let through.
fn n_admitted(limiter: &RateLimiter, client: &str, n: usize, now: Instant) -> usize {
    (0..n).filter(|_| limiter.admit(ip(client), now).is_ok()).count()
}

#[test]
fn a_burst_goes_through_and_then_so_many_a_second() {
    let limiter = limiter(10.0, 5, 8);
    let start = Instant::now();
    assert_eq!(n_admitted(&limiter, "10.0.0.1", 20, start), 5);
    assert_eq!(limiter.admit(ip("10.0.0.1"), start), Err(Duration::from_millis(100)));
    let mut n = 0;
    for ms in 0..3000 {
        n += n_admitted(&limiter, "10.0.0.1", 1, start + Duration::from_millis(ms + 1));
    }
    assert_eq!(n, 30);
    assert_eq!(n_admitted(&limiter, "10.0.0.1", 20, start + Duration::from_mins(5)), 5);
}

#[test]
fn who_is_refused_may_come_at_the_moment_that_was_said() {
    let limiter = limiter(0.5, 1, 8);
    let start = Instant::now();
    assert_eq!(limiter.admit(ip("10.0.0.1"), start), Ok(()));
    let wait = limiter.admit(ip("10.0.0.1"), start + Duration::from_millis(500)).unwrap_err();
    assert_eq!(wait, Duration::from_millis(1500));
    let just_before = start + Duration::from_millis(1999);
    assert!(limiter.admit(ip("10.0.0.1"), just_before).is_err());
    assert_eq!(limiter.admit(ip("10.0.0.1"), start + Duration::from_secs(2)), Ok(()));
}

#[test]
fn clients_do_not_take_from_each_other_and_a_network_of_version_6_is_one() {
    let limiter = limiter(1.0, 2, 8);
    let start = Instant::now();
    for client in ["10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8:0:1::1"] {
        assert_eq!(n_admitted(&limiter, client, 5, start), 2, "{client}");
    }
    assert_eq!(n_admitted(&limiter, "2001:db8::ffff", 5, start), 0, "the network of another");
    assert_eq!(n_admitted(&limiter, "::ffff:10.0.0.1", 5, start), 0, "10.0.0.1 once more");
}

#[test]
fn clients_beyond_the_bound_share_one_allowance_until_there_is_room() {
    let limiter = limiter(1.0, 3, 2);
    let start = Instant::now();
    assert_eq!(n_admitted(&limiter, "10.0.0.1", 9, start), 3);
    assert_eq!(n_admitted(&limiter, "10.0.0.2", 1, start), 1);
    assert_eq!(n_admitted(&limiter, "10.0.0.3", 2, start), 2);
    assert_eq!(n_admitted(&limiter, "10.0.0.4", 2, start), 1, "the rest of what they share");
    assert_eq!(n_admitted(&limiter, "10.0.0.2", 9, start), 2, "who was known is not disturbed");
    assert_eq!(limiter.clients.lock().unwrap().due.len(), 2);
    // By then the first two have been quiet for long enough.
    let later = start + Duration::from_secs(4);
    assert_eq!(n_admitted(&limiter, "10.0.0.5", 9, later), 3);
    assert_eq!(limiter.clients.lock().unwrap().due.len(), 1);
}
