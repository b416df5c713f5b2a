use actix_web::http::Method;

use super::*;

fn asked(path: &str) -> Asked {
    Asked::of(path, &Method::POST)
}

#[test]
fn the_tallies_of_all_workers_are_added_also_of_one_that_is_gone() {
    let tallies = Tallies::default();
    let (one, other) = (tallies.add(), tallies.add());
    for _ in 0..3 {
        one.count(asked("/predict"), StatusCode::OK, Duration::from_micros(20));
    }
    other.count(asked("/predict"), StatusCode::OK, Duration::from_nanos(20_001));
    other.count(asked("/predict"), StatusCode::NOT_FOUND, Duration::from_secs(6));
    drop(other);
    let total = tallies.total();
    let Asked { route_idx, method_idx } = asked("/predict");
    assert_eq!(total.requests[route_idx][method_idx], [0, 4, 0, 1, 0]);
    let durations = &total.durations[route_idx];
    assert_eq!(durations.total_ns, 4 * 20_000 + 1 + 6_000_000_000);
    assert_eq!(durations.buckets[..3], [3, 1, 0], "the end of a bucket belongs to it");
    assert_eq!(durations.buckets[BOUNDS_NS.len()], 1, "beyond every end");
    assert_eq!(durations.buckets.iter().sum::<u64>(), 5);
}

#[test]
fn a_request_is_in_flight_until_its_guard_is_gone() {
    let tallies = Tallies::default();
    let (one, other) = (tallies.add(), tallies.add());
    let (first, second) = (one.begin(), other.begin());
    assert_eq!(tallies.total().n_in_flight, 2);
    drop(first);
    assert_eq!(tallies.total().n_in_flight, 1);
    drop(second);
    assert_eq!(tallies.total().n_in_flight, 0);
}
