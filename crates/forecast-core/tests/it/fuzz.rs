//! The fuzzer's targets on seeded bytes.

mod targets;

use testkit::draw::Draw;

/// Gives `target` inputs of up to `len_max` random bytes.
fn feed(target: fn(&[u8]), count: u64, len_max: u64) {
    for seed in 0..count {
        let mut draw = Draw::new(seed);
        let len = draw.next() % len_max;
        let bytes: Vec<u8> = (0..len).map(|_| draw.next().to_le_bytes()[0]).collect();
        let outcome = std::panic::catch_unwind(|| target(&bytes));
        assert!(outcome.is_ok(), "seed {seed}: {bytes:?}");
    }
}

#[test]
fn any_fit_fails_or_forecasts_finite_numbers() {
    feed(targets::any_fit, 500, 400);
}

#[test]
fn any_prophet_json_is_refused_or_forecasts_finite_numbers() {
    feed(targets::any_prophet_json, 2_000, 60);
}

#[test]
fn any_compact_model_is_refused_or_forecasts_finite_numbers() {
    feed(targets::any_compact, 3_000, 30);
}
