use std::error::Error as _;

use chrono::{Days, NaiveDate, NaiveDateTime, TimeDelta};

use super::*;
use crate::{Series, Spec, ds::midnight, fit};

fn fitted() -> Fitted {
    let first = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
    let ds = (0..60).map(|i| midnight(first + Days::new(i))).collect();
    let y = (0..60_u32).map(|i| f64::from(i % 7) + 0.1 * f64::from(i)).collect();
    fit(&Spec::default(), &Series::new(ds, y).unwrap()).unwrap()
}

/// A way to spoil a model.
type Spoil = fn(&mut Fitted);

/// What reading says of a model that was spoilt before it was written.
fn said(spoil: Spoil) -> String {
    let mut model = fitted();
    spoil(&mut model);
    let error = read(&write(&model)).unwrap_err();
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

#[test]
fn wrong_parts_are_named_with_value_and_bound() {
    let cases: [(Spoil, &str); 8] = [
        (|m| m.mean.beta.truncate(2), "`params.beta` has 2 values, the model has 6"),
        (|m| m.samples[0].delta.push(0.0), "`params.delta` has 26 values, the model has 25"),
        (|m| m.samples.clear(), "`params` is 0 draws, it must be 1 to 20000"),
        (|m| m.mean.k = f64::NAN, "`params.k` is NaN, it must be a finite number"),
        (|m| m.scales.t_scale_s = 0.0, "`t_scale` is 0, it must be a number above 0"),
        (|m| m.spec.interval_width = 1.0, "`interval_width` is 1, it must be between 0 and 1"),
        (
            |m| m.design.seasonalities[0].fourier_order = u32::MAX,
            "`params.beta` has 6 values, the model has 8589934590",
        ),
        (|m| m.history.y.truncate(59), "`history.y` has 59 values, the model has 60"),
    ];
    for (spoil, expected) in cases {
        assert_eq!(said(spoil), expected);
    }
}

#[test]
fn only_whole_models_of_this_version_are_read() {
    let bytes = write(&fitted());
    for len in 0..bytes.len() {
        assert!(read(&bytes[..len]).is_err(), "cut after {len} bytes");
    }
    for i in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[i] ^= 1;
        assert!(read(&changed).is_err(), "changed at {i}");
    }
    let mut later = bytes;
    later[MAGIC.len()] = VERSION + 1;
    let said = read(&later).unwrap_err().to_string();
    assert_eq!(said, "compact model: version 2, this program reads version 1");
    let said = read(b"{}").unwrap_err().to_string();
    assert_eq!(said, "the 2 bytes are no compact model: they do not begin with `FCPM`");
}

#[test]
fn time_stamps_are_kept_to_the_nanosecond_in_any_order() {
    let day = midnight(NaiveDate::from_ymd_opt(2024, 2, 29).unwrap());
    let odd = day + TimeDelta::nanoseconds(1);
    let cases = [
        vec![],
        vec![day],
        vec![day, day],
        vec![odd, day, odd],
        vec![NaiveDateTime::MIN, NaiveDateTime::MAX],
    ];
    for ds in cases {
        assert_eq!(wire::Times::of(&ds).read("ds").unwrap(), ds);
    }
}
