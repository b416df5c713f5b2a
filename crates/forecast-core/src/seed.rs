//! One seed for each of many forecasts, from one seed for all.

#[cfg(test)]
mod tests;

/// The seed of stream `stream` of `seed`: as good as drawn, and the same whatever
/// else is drawn, in whatever order and on whatever thread.
///
/// # Source
///
/// The finalizer of `SplitMix64` (Steele, Lea and Flood, 2014), once for each.
pub(crate) fn derive(seed: u64, stream: u64) -> u64 {
    const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
    mix(mix(seed.wrapping_add(GOLDEN_GAMMA)) ^ stream.wrapping_mul(GOLDEN_GAMMA))
}

fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
