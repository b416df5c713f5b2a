use std::collections::BTreeSet;

use super::derive;

#[test]
fn seeds_and_streams_tell_seeds_apart() {
    let neighbours = || [0, 1, 2, 3, u64::MAX].into_iter();
    let seeds: BTreeSet<u64> = neighbours()
        .flat_map(|seed| neighbours().map(move |stream| derive(seed, stream)))
        .collect();
    assert_eq!(seeds.len(), 25);
    // A day's step in a cutoff moves about half of the bits.
    let day_us = 86_400_000_000;
    let moved = (derive(7, 100 * day_us) ^ derive(7, 101 * day_us)).count_ones();
    assert!((16..=48).contains(&moved), "{moved} bits");
}
