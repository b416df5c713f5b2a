use super::*;

#[test]
fn bands_follow_each_other_and_their_names_say_where_they_end() {
    let mut next = 1;
    for band in BANDS {
        assert_eq!(band.from(), next);
        assert_eq!(band.key(), format!("h{:02}", band.to()));
        assert_eq!(Band::by_key(band.key()), Some(band));
        for horizon in band.from()..=band.to() {
            assert_eq!(Band::of(horizon), Some(band));
        }
        next = band.to() + 1;
    }
    assert_eq!((Band::of(0), Band::of(31), Band::by_key("h5")), (None, None, None));
    // Halves are exact.
    let twice = BANDS.map(|band| format!("{}", 2.0 * band.mean_horizon()));
    assert_eq!(twice, ["2", "7", "16", "31", "51"]);
}
